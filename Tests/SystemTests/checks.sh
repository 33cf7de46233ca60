#!/bin/bash
# Runs as root inside a booted Debian where segmentd has never been: installs the packages beside this file, checks each
# subject in turn, and ends with the machine as it was.
here=$(cd "$(dirname "$0")" && pwd)
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
source "$here/checks/expect.sh"
packages=$here/packages
broker=/run/segmentd/io.segmentd.Broker
version=$(systemctl --version | sed -n 's/^systemd \([0-9]*\).*/\1/p')

as() { setpriv --reuid="$1" --regid="$1" --init-groups -- "${@:2}"; }
pid() { systemctl show -P MainPID segmentd.service; }
# Waits until a command succeeds, at most so many seconds.
await() {
    for _ in $(seq $((10 * $1))); do "${@:2}" > /dev/null 2>&1 && return; sleep 0.1; done
    return 1
}

useradd -m ada
useradd -m -G users bob
for subject in install service completion order user upgrade library removal; do
    # Each subject may start the service as often as the unit allows.
    systemctl reset-failed
    echo "-- $subject"
    source "$here/checks/$subject.sh"
done

conclude
