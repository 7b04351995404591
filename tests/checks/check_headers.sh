#!/bin/sh
# Every public header compiles alone, as C11 and as C++17, without a warning.
# Usage: check_headers.sh CC CXX INCLUDE_DIRECTORY
set -eu
warnings="-Wall -Wextra -pedantic -Werror"
for header in "$3"/unmingle/*.h; do
    name=unmingle/$(basename "$header")
    # The declaration is there because a header of macros alone makes an empty, invalid unit.
    source="#include \"$name\"
extern int declaration;"
    # $warnings is a list of words.
    printf '%s\n' "$source" | "$1" -std=c11 $warnings -fsyntax-only -I "$3" -x c -
    printf '%s\n' "$source" | "$2" -std=c++17 $warnings -fsyntax-only -I "$3" -x c++ -
done
