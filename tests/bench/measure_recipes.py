#!/usr/bin/python3
"""What a recipe of `separate`, and `render` after it, cost on a long recording.

    tests/bench/measure_recipes.py --build BUILD --song FOLDER --loop FOLDER
                                   [--seconds 240] [--repeat 3] [--only NAME...]

FOLDER is a mixture as for measure_music.py: mix.flac, a FLAC file a stem, and meta.json. The song of
four stems is for all recipes but `drums`, which gets the loop. They are repeated to --seconds as
16-bit WAV; clips are the loudest 3 s of the stems. One thread; CPU seconds are user and system time of
the whole process, medians of --repeat runs with their range; memory is its peak.
"""

import argparse
import multiprocessing
import os
import pathlib
import tempfile
import time

import material

material.one_thread()

# CPU seconds on four minutes of stereo that a recipe is to stay within.
BARS = {"by example": 60, "blind": 20, "drums": 10}
RENDER_BAR = 3.0  # s


def prepare(arguments, scratch):
    """Writes the sounds and clips; what of each recipe it takes: name, sound, options."""
    import measure_music  # which loads more than the programs that are measured need

    song, loop = (os.path.join(scratch, name) for name in ("song.wav", "loop.wav"))
    material.write_repeated(arguments.song / "mix.flac", arguments.seconds, song)
    material.write_repeated(arguments.loop / "mix.flac", arguments.seconds, loop)
    mixture = measure_music.Mixture(arguments.song)
    clips = measure_music.clip_options(mixture, mixture.stems, scratch)
    lead = clips[1].partition("=")[2]
    return [
        ("by example", song, clips),
        ("blind", song, []),
        ("drums", loop, ["--preset", "drums"]),
        ("percussive", song, ["--preset", "percussive"]),
        ("percussive --fast", song, ["--preset", "percussive", "--fast"]),
        ("voice", song, ["--preset", "voice"]),
        ("voice, with a clip", song, ["--preset", "voice", "--learn", "voice=" + lead]),
    ]


def render(program, stems):
    """Seconds by the clock, for the atoms put together to two other stems."""
    start = time.monotonic()
    material.run_measured([program, "render", "-q", "--force", "--threads", "1", stems, "--group",
                           "lead=1", "--group", "rest=others"])
    return time.monotonic() - start


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True, help="folder that holds unmingle")
    parser.add_argument("--song", type=pathlib.Path, required=True)
    parser.add_argument("--loop", type=pathlib.Path, required=True)
    parser.add_argument("--seconds", type=float, default=240)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--only", nargs="*")
    arguments = parser.parse_args()
    program = os.path.join(arguments.build, "unmingle")
    print(material.cpu_model())
    with tempfile.TemporaryDirectory() as scratch:
        with multiprocessing.Pool(1) as pool:  # whose peak would count as that of what runs here
            recipes = pool.apply(prepare, (arguments, scratch))
        for name, sound, options in recipes:
            if arguments.only and name not in arguments.only:
                continue
            stems = os.path.join(scratch, "stems")
            command = [program, "separate", "-q", "--force", "--threads", "1", sound, "-o", stems,
                       *options]
            runs = [material.run_measured(command) for _ in range(arguments.repeat)]
            seconds = material.spread([run[0] for run in runs], "{:.1f}")
            bar = f" (bar {BARS[name]})" if name in BARS else ""
            line = f"{name:18} {seconds:>20} s CPU{bar:9} {max(run[1] for run in runs):5.0f} MiB"
            if "--fast" not in options:  # which keeps no atoms
                again = [render(program, stems) for _ in range(arguments.repeat)]
                line += f"; render {material.spread(again)} s (bar {RENDER_BAR:g})"
            print(line, flush=True)


if __name__ == "__main__":
    main()
