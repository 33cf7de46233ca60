#!/bin/bash
# Runs as root in a Debian without systemd: the C library comes alone.
here=$(cd "$(dirname "$0")" && pwd)
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
source "$here/checks/expect.sh"

exits "there is no systemd" 1 dpkg -s systemd
dpkg-query -W -f '${Package}\n' > /tmp/before
exits "libsegmentd-dev is installed" 0 sh -c "
    apt-get install -y \$(ls '$here'/packages/libsegmentd*.deb | grep -v +upgrade)"
exits "without the daemon" 1 dpkg -s segmentd
exits "and without systemd" 1 dpkg -s systemd
exits "nor any other package" 0 sh -c '[ "$(dpkg-query -W | wc -l)" = $(($(wc -l < /tmp/before) + 2)) ]'
exits "the library lacks nothing" 1 sh -c 'ldd /usr/lib/*/libsegmentd.so.0 | grep "not found"'
exits "the header is there" 0 test -r /usr/include/segmentd.h
exits "and what pkg-config reads" 0 sh -c 'test -r /usr/lib/*/pkgconfig/segmentd.pc'
exits "both can be purged" 0 apt-get purge -y libsegmentd-dev libsegmentd0
exits "and leave nothing" 1 sh -c 'find / -xdev -path /proc -prune -o -path /root -prune -o -path /var -prune -o -name "*segmentd*" -print | grep .'
conclude
