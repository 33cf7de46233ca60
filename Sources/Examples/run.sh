#!/bin/bash
# Runs segmentd in the foreground on a copy of config/, and shows what to type next. It leaves nothing behind.
#
#     run.sh DIRECTORY-OF-PROGRAMS
set -euo pipefail
programs=$(cd "$1" && pwd)
cd "$(dirname "$0")/../.."
here=$(mktemp -d /tmp/segmentd-run.XXXXXX)
# Whoever can write the configuration controls the daemon, so it runs on a copy that only this user can write.
cp -r config "$here/config"
chmod -R go-w "$here/config"
export SEGMENTD_SOCKET=$here/socket

# In a session of its own, so that Ctrl-C reaches only this script, which removes the segments before the daemon stops.
setsid "$programs/segmentd" --config "$here/config" --socket "$SEGMENTD_SOCKET" --state "$here/state" &
daemon=$!
stop() {
    trap - INT TERM EXIT
    for name in $("$programs/segmentctl" list --no-legend 2>/dev/null | cut -d' ' -f1); do
        "$programs/segmentctl" remove "$name" --when=now || true
    done
    kill "$daemon" 2>/dev/null || true
    wait "$daemon" || true
    rm -rf "$here"
}
trap stop INT TERM EXIT

cat <<TEXT
segmentd runs on a copy of config/ in $here/config. In another terminal:

    export SEGMENTD_SOCKET=$SEGMENTD_SOCKET PATH=$programs:\$PATH
    segmentctl                                 # all segments
    echo hello | segmentctl write telemetry    # bytes in …
    segmentctl read telemetry --length 6       # … and out
    segmentctl status telemetry                # everything about one
    segmentctl monitor                         # what happens
    segmentctl reload                          # after a change in $here/config/segments.d

Ctrl-C stops it and removes its segments.

TEXT
wait "$daemon" || true
