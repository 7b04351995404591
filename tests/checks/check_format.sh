#!/bin/sh
# Every C file is formatted as .clang-format says.
# Usage: check_format.sh CLANG_FORMAT PROJECT_DIRECTORY
set -eu
cd "$2"
find include src tests \( -name '*.c' -o -name '*.h' \) -exec "$1" --dry-run -Werror {} +
