#!/bin/bash
# Runs as root inside a booted Debian where segmentd has never been: installs the package beside this file, checks each
# subject in turn, and ends with the machine as it was.
here=$(cd "$(dirname "$0")" && pwd)
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
failures=0
broker=/run/segmentd/io.segmentd.Broker
version=$(systemctl --version | sed -n 's/^systemd \([0-9]*\).*/\1/p')

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
as() { setpriv --reuid="$1" --regid="$1" --init-groups -- "${@:2}"; }
pid() { systemctl show -P MainPID segmentd.service; }
# Waits until a command succeeds, at most so many seconds.
await() {
    for _ in $(seq $((10 * $1))); do "${@:2}" > /dev/null 2>&1 && return; sleep 0.1; done
    return 1
}

useradd -m ada
useradd -m -G users bob
for subject in install service completion order user upgrade removal; do
    # Each subject may start the service as often as the unit allows.
    systemctl reset-failed
    echo "-- $subject"
    source "$here/checks/$subject.sh"
done

[ $failures = 0 ] && echo "all checks passed" || { echo "$failures checks failed"; exit 1; }
