#!/bin/sh
# Every option that the program takes stands in the man page, in each shell's completion and, with
# its line of help, in README.md; and the man page tells of no other.
# Usage: check_docs.sh UNMINGLE PROJECT_DIRECTORY
set -eu
unmingle=$1 project=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

for command in separate render denoise live learn factor plot info score devices presets; do
    # A row that is too long for a line goes on in the next one, far to the right.
    "$unmingle" $command --help=all |
        awk '/^          / { sub(/^ +/, " "); row = row $0; next }
             { if (NR > 1) print row; row = $0 } END { print row }' | grep -E '^  (-[a-z], )?--[a-z]' | sed "s/\$/  $command/"
done >"$work/help"
grep -oE -- '^  (-[a-z], )?--[a-zA-Z0-9-]+' "$work/help" | sed 's/.*--/--/' | sort -u >"$work/options"
[ "$(wc -l <"$work/options")" -ge 30 ] || { echo "--help=all names hardly an option"; exit 1; }

"$unmingle" --print-man <"$project/src/cli/unmingle.1.scd" >"$work/man"
for shell in bash zsh fish; do
    "$unmingle" --print-completion $shell >"$work/$shell"
done
# fish writes "-l name"; make it look like the others.
sed -i 's/ -l \([a-zA-Z0-9-]*\)/ --\1/' "$work/fish"

for document in man bash zsh fish; do
    grep -oE -- '--[a-z]+(-[a-zA-Z0-9]+)*' "$work/$document" | sort -u >"$work/named"
    comm -23 "$work/options" "$work/named" | while read -r option; do
        echo "$document: does not tell of $option"
        false
    done || failed=1
done

# README.md has a table with the same words, defaults and commands:
# "| `--seed N` | seed of ... [1] | separate, learn |".
# A loop's status is that of its last round, so what is missing is gathered first.
sed -E 's/^  (.*[^ ])  +(.*[^ ])  ([a-z]+)$/| `\1` | \2 |\t\3/' "$work/help" |
    awk -F '\t' '{ commands[$1] = commands[$1] (commands[$1] == "" ? "" : ", ") $2 }
                 END { for (row in commands) print row " " commands[row] " |" }' | sort |
while read -r row; do
    grep -qxF -- "$row" "$project/README.md" || printf '%s\n' "$row"
done >"$work/missing"
sed 's/^/README.md: has no row /' "$work/missing"
[ ! -s "$work/missing" ] || failed=1

# The man page tells of nothing but unmingle, so what it names has to be there.
printf '%s\n' --help --version >"$work/others"
grep -oE -- '--[a-z]+(-[a-zA-Z0-9]+)*' "$work/man" | sort -u >"$work/named"
sort -u "$work/options" "$work/others" | comm -13 - "$work/named" | while read -r option; do
    echo "man: tells of $option, which is none"
    false
done || failed=1

if command -v scdoc >/dev/null; then
    scdoc <"$work/man" >"$work/unmingle.1" || failed=1
fi
exit $failed
