#!/bin/bash
# Prints how often every fault and misbehaving client was tried, as a table, from the rows that tests wrote
# into a file. A loss fails its test, and then there is no table, so all losses here are zero.
#
#     resilience.sh ROWS
set -euo pipefail
echo "| what | tries | losses | test |"
echo "|---|---|---|---|"
# A row written by several tests or arguments is their sum.
awk -F'\t' '
    !($1 in tries) { order[++count] = $1 }
    { tries[$1] += $2; test[$1] = $3 }
    END { for (row = 1; row <= count; row++) printf "| %s | %d | 0 | %s |\n", order[row], tries[order[row]], test[order[row]] }
' "$1"
echo
echo "On $(date --iso-8601)."
