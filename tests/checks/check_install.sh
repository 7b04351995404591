#!/bin/sh
# What is installed is enough for somebody else's program: by pkg-config and by CMake, against the
# shared and the static library. The prefix is one that nothing was configured for.
# Usage: check_install.sh CMAKE CC BUILD_DIRECTORY PROJECT_DIRECTORY
set -eu
cmake=$1 cc=$2 build=$3 project=$4
consumer=$project/tests/checks/consumer.c
unset DESTDIR
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix="$work/a prefix"

"$cmake" --install "$build" --prefix "$prefix" >"$work/log" || { cat "$work/log"; exit 1; }

echo "Every public header is there"
diff -r "$project/include/unmingle" "$prefix/include/unmingle"

echo "The program runs"
"$prefix/bin/unmingle" --version

pc=$(find "$prefix" -name unmingle.pc)
export PKG_CONFIG_PATH="${pc%/*}"
eval "libdir=$(pkg-config --variable=libdir unmingle)" # escaped for a shell, too

echo "pkg-config, shared"
# pkg-config escapes the space in the prefix for a shell, so a shell reads its words.
eval "\"$cc\" -std=c11 \"$consumer\" $(pkg-config --cflags --libs unmingle) -o \"$work/shared\""
LD_LIBRARY_PATH="$libdir" "$work/shared"
LD_LIBRARY_PATH="$libdir" ldd "$work/shared" | grep -q libunmingle.so

echo "pkg-config, static"
# Our archive with the shared libraries of others: `pkg-config --static` would ask for static ones
# all the way down, and Debian's OpenBLAS then wants a Fortran compiler's library.
requires=$(pkg-config --print-requires-private unmingle | sed 's/ .*//')
# $requires is a list of words.
libs="-L\"$libdir\" -l:libunmingle.a $(pkg-config --libs $requires) -lm"
eval "\"$cc\" -std=c11 \"$consumer\" $(pkg-config --cflags unmingle) $libs -o \"$work/static\""
"$work/static"

mkdir "$work/project"
cat >"$work/project/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.25)
project(consumer LANGUAGES C)
find_package(unmingle REQUIRED)
foreach(kind unmingle unmingle_static)
  add_executable(with_\${kind} "$consumer")
  target_link_libraries(with_\${kind} PRIVATE unmingle::\${kind})
endforeach()
END
echo "CMake"
"$cmake" -S "$work/project" -B "$work/project/build" -DCMAKE_C_COMPILER="$cc" \
    -DCMAKE_PREFIX_PATH="$prefix"
"$cmake" --build "$work/project/build"
"$work/project/build/with_unmingle"
"$work/project/build/with_unmingle_static"

echo "The example in README.md"
sed -n '/^```c$/,/^```$/{/^```/!p;}' "$project/README.md" >"$work/example.c"
test -s "$work/example.c"
eval "\"$cc\" -std=c11 -Wall -Wextra -Werror \"$work/example.c\" \
    $(pkg-config --cflags --libs unmingle) -o \"$work/example\""
