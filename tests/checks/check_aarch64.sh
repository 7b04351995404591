#!/bin/sh
# The inner loops on another processor: built for 64-bit Arm and run by an emulator, their NEON row
# keeps what every row promises. Exit status 77, "skipped", where the tools are not installed.
# Usage: check_aarch64.sh PROJECT_DIRECTORY COMPILE_OPTION...
set -eu
cc=aarch64-linux-gnu-gcc emulator=qemu-aarch64
for tool in $cc $emulator; do
    command -v $tool >/dev/null || { echo "skipped: there is no $tool"; exit 77; }
done
project=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Nothing but the loops and what their cases need, as no other library is there for that processor.
$cc -std=c11 -O2 -Werror "$@" -static -I "$project/src" -I "$project/include" -I "$project/tests" \
    "$project"/src/core/kernels/*.c "$project/src/core/memory.c" "$project/src/core/random.c" \
    "$project/tests/kernel_cases.c" "$project/tests/kernel_cases_bits.c" "$project/tests/kernel_cases_entries.c" \
    "$project/tests/checks/run_kernel_cases.c" \
    -o "$work/run_kernel_cases" -lm
$emulator "$work/run_kernel_cases" neon
