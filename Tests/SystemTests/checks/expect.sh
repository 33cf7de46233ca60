# How a check says what it found.

failures=0

# expect NAME TEXT COMMAND...: the command's output, errors included, has the text.
expect() {
    local name=$1 text=$2 output tries=1
    shift 2
    # The journal takes in what it is sent when it comes to it.
    [ "$1" != journalctl ] || tries=20
    until output=$("$@" 2>&1); grep -qF -- "$text" <<< "$output" || [ $((tries -= 1)) -le 0 ]; do
        sleep 0.1
    done
    if grep -qF -- "$text" <<< "$output"; then
        echo "ok   $name"
    else
        echo "FAIL $name: \`$*\` says: $output"
        failures=$((failures + 1))
    fi
}
# exits NAME STATUS COMMAND...
exits() {
    local name=$1 wanted=$2 status
    shift 2
    "$@" > /tmp/output 2>&1
    status=$?
    if [ "$status" = "$wanted" ]; then
        echo "ok   $name"
    else
        echo "FAIL $name: \`$*\` exits with $status: $(cat /tmp/output)"
        failures=$((failures + 1))
    fi
}
# Says whether every check passed, and ends with 1 where one has not.
conclude() {
    [ $failures = 0 ] && echo "all checks passed" || { echo "$failures checks failed"; exit 1; }
}
