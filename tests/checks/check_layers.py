"""The tree keeps the order of its layers, one home for each third-party header, and its size rules.

Usage: check_layers.py PROJECT_DIRECTORY
"""

import pathlib
import re
import sys

# A file includes its own layer and those before it.
LAYERS = ["core", "format", "io", "job", "cli"]

# Each header that is neither C, POSIX nor the compiler's, and the only files that may include it.
HOMES = {
    "fftw3.h": {"core/fft.c"},
    "cblas.h": {"core/blas.c"},
    "lapacke.h": {"core/blas.c"},
    "jansson.h": {"format/json.c"},
    "sndfile.h": {"io/audio_file.c"},
    "soxr.h": {"io/resample.c"},
    "portaudio.h": {"io/audio_device.c"},
    "pa_jack.h": {"io/audio_device.c"},
    "confuse.h": {"cli/presets.c"},
    "xxhash.h": {"io/file_hash.c"},
    "microhttpd.h": {"io/page_server.c"},
    "cairo.h": {"io/picture.c"},
    "cairo-svg.h": {"io/picture.c"},
    # Not third-party, but threads and locks stay in few hands: the pool, the lock round FFTW's
    # planner, the one-time choice of kernels, who cleans up when the work does not hear a signal, and a server's own.
    "pthread.h": {"job/thread_pool.c", "job/thread.c", "core/fft.c", "core/kernels/kernels.c", "cli/signals.c",
                  "io/temporary.c", "io/page_server.c"},
    "semaphore.h": {"cli/signals.c"},
}

SYSTEM = set(
    # C11
    "assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal "
    "stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string tgmath time "
    "uchar wchar wctype "
    # POSIX, GNU
    "arpa/inet dirent fcntl fnmatch ftw getopt glob langinfo libgen netinet/in poll regex sched spawn strings termios "
    "unistd "
    # the compiler
    "arm_neon cpuid emmintrin immintrin"
    .split())

MOST_LINES = 500
MOST_LINES_OF_A_FUNCTION = 100
# Files that are one table may be longer.
TABLES = {"src/cli/params_table.c"}

INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')


def includes(path):
    """(line number, '<' or '"', name) of every include."""
    for number, text in enumerate(path.read_text().splitlines(), 1):
        if match := INCLUDE.match(text):
            yield number, *match.groups()


def check_quoted(root, path, layer, name):
    """What is wrong with #include "name" in a file of that layer; "" for nothing.

    The public headers, which have no layer (None), include one another only.
    """
    first = name.split("/")[0]
    if first == "unmingle":
        return "" if (root / "include" / name).is_file() else "no such public header"
    if layer is None:
        return "a public header includes public headers only"
    if first not in LAYERS or not (root / "src" / name).is_file():
        return "includes are written from src/ or include/"
    if LAYERS.index(first) > LAYERS.index(layer):
        return f"{layer} lies below {first}"
    return ""


def check_angled(path_in_src, name):
    if name in HOMES:
        homes = HOMES[name]
        return "" if path_in_src in homes else f"at home in {', '.join(sorted(homes))} only"
    if name.startswith("sys/") or name.removesuffix(".h") in SYSTEM:
        return ""
    return "unknown header: give it a home in tests/checks/check_layers.py"


def check_includes(root):
    for path in sorted([*root.glob("src/**/*.[ch]"), *root.glob("include/**/*.h")]):
        public = path.is_relative_to(root / "include")
        path_in_src = "" if public else path.relative_to(root / "src").as_posix()
        layer = None if public else path_in_src.split("/")[0]
        found = list(includes(path))
        for number, kind, name in found:
            if kind == '"':
                problem = check_quoted(root, path, layer, name)
            else:
                problem = check_angled(path_in_src, name)
            if problem:
                yield f"{path}:{number}: {name}: {problem}"
        if path.suffix == ".c":
            own = [f"{path_in_src[:-2]}.h", f"unmingle/{path.stem}.h"]
            own = [n for n in own if (root / "src" / n).exists() or (root / "include" / n).exists()]
            if own and (not found or found[0][2] not in own):
                yield f"{path}: includes its own header, {own[0]}, first"


def check_sizes(root):
    folders = ["src", "include", "tests", "samples"]
    paths = [p for f in folders for s in ("c", "h", "py", "sh") for p in root.glob(f"{f}/**/*.{s}")]
    for path in sorted(paths):
        lines = path.read_text().splitlines()
        if len(lines) > MOST_LINES and path.relative_to(root).as_posix() not in TABLES:
            yield f"{path}: {len(lines)} lines, at most {MOST_LINES}"
        if path.suffix != ".c":
            continue
        # In the tree's format a function's body starts and ends with a brace in the first column.
        start = None
        for number, text in enumerate(lines, 1):
            if text == "{":
                start = number
            elif text == "}" and start is not None:
                if number - start > MOST_LINES_OF_A_FUNCTION:
                    yield f"{path}:{start}: a function of {number - start} lines"
                start = None


def check_tests_exist(root):
    for layer in ("core", "format"):
        for path in sorted((root / "src" / layer).glob("*.c")):
            if not (root / "tests" / f"test_{path.stem}.c").is_file():
                yield f"{path}: has no tests/test_{path.stem}.c"


def main():
    root = pathlib.Path(sys.argv[1])
    problems = [*check_includes(root), *check_sizes(root), *check_tests_exist(root)]
    print(*problems, sep="\n")
    sys.exit(1 if problems else 0)


main()
