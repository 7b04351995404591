#!/bin/sh
# Configures, builds and runs the unit tests under one of the sanitizer presets, asan or tsan.
# Usage: sanitize.sh CMAKE PROJECT_DIRECTORY PRESET
set -eu
cd "$2"
# Where the kernel randomises addresses with more bits than this ThreadSanitizer knows, it refuses to
# start ("unexpected memory mapping"). So it runs without randomisation if that is allowed.
if [ "$3" = tsan ] && setarch --addr-no-randomize true 2>/dev/null; then
    exec setarch --addr-no-randomize "$1" --workflow --preset "$3"
fi
exec "$1" --workflow --preset "$3"
