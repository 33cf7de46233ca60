#!/bin/bash
# The whole life of a few segments, on this machine's own kernel. It leaves nothing behind.
#
#     demo.sh DIRECTORY-OF-PROGRAMS
set -euo pipefail
cd "$(dirname "$0")/../.."
here=$(mktemp -d /tmp/segmentd-demo.XXXXXX)
before=$(ipcs -m)

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
show() { printf '$ %s\n' "$*"; "$@"; }
fail() { printf 'demo: %s\n' "$*" >&2; exit 1; }

# As root, daemon and programs run as users of their own, as under systemd; otherwise they share the caller's.
group=$(awk -F'"' '/^group/ { print $2; exit }' config/segments.d/shmfile.toml)
if [ "$(id -u)" = 0 ]; then
    daemon_user=(setpriv --reuid=64001 --regid=64001 --clear-groups --)
    program_user=(setpriv --reuid=64002 --regid="$(getent group "$group" | cut -d: -f3)" --clear-groups --)
    install -d -o 64001 -m 0700 "$here/state"
else
    daemon_user=()
    program_user=()
    install -d -m 0700 "$here/state"
fi
chmod 0755 "$here"
# Whoever can write the configuration controls the daemon, so it runs on a copy that only this user can write.
cp -r config "$here/config"
chmod -R go-w "$here/config"
for program in segmentd segmentctl segment-writer segment-reader; do cp "$1/$program" "$here/"; done
# Swift's libraries, unless they are linked statically: other users may not be able to read their directory.
ldd "$here"/segment* | awk '$3 ~ /\/swift\// { print $3 }' | sort -u | xargs -r cp -t "$here"
for program in ftok-writer ftok-reader; do c++ -o "$here/$program" "Sources/Examples/Ftok/$program.cpp"; done
# Programs call ftok("shmfile", 65) in their own directory; a link has the inode of what it points to.
ln -s config/segments.d/shmfile.toml "$here/shmfile"
export SEGMENTD_SOCKET=$here/socket PATH=$here:$PATH
cd "$here"

perl "$OLDPWD/Sources/Examples/serve.pl" "$SEGMENTD_SOCKET" "${daemon_user[@]}" \
    "$here/segmentd" --config "$here/config" --socket "$SEGMENTD_SOCKET" --state "$here/state" &
server=$!
finish() {
    status=$?
    trap - EXIT
    for name in $(segmentctl list --no-legend 2>/dev/null | cut -d' ' -f1); do
        segmentctl remove "$name" --when=now >/dev/null 2>&1 || true
    done
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
    rm -rf "$here"
    exit $status
}
trap finish EXIT

say "The daemon has made what config/ declares"
for _ in $(seq 100); do [ -S "$SEGMENTD_SOCKET" ] && break; sleep 0.05; done
show segmentctl list

say "A file goes into a segment and out again, by two programs on the library"
file=$here/segmentd
head -c 8000000 "$file" > "$here/file"
show "${program_user[@]}" segment-writer telemetry "$here/file"
"${program_user[@]}" segment-reader telemetry > "$here/copy"
cmp "$here/file" "$here/copy" || fail "the copy differs"
echo "the two files are equal: $(sha256sum < "$here/copy" | cut -c1-16)… ($(stat -c %s "$here/copy") bytes)"

say "A file larger than the segment streams through it, from one process to another"
"${program_user[@]}" segmentctl send session "$file" &
sender=$!
printf '$ %s\n' "segmentctl send session FILE" "segmentctl receive session > copy"
"${program_user[@]}" segmentctl receive session > "$here/copy"
wait "$sender"
cmp "$file" "$here/copy" || fail "the copy differs"
echo "$(stat -c %s "$here/copy") bytes through $(segmentctl list --no-legend | awk '$1 == "session" { print $5, $6 }')"

say "Bytes between two C++ programs that call ftok and shmget themselves and know nothing of segmentd"
echo "Hello from a program of 1990" | show "${program_user[@]}" ftok-writer
key=$(segmentctl key shmfile) identifier=$(segmentctl id shmfile)
read_back=$("${program_user[@]}" ftok-reader 2>&1)
echo "$read_back"
grep -q "read: Hello from a program of 1990" <<< "$read_back" || fail "the reader did not get the bytes"
if [ "$(id -u)" = 0 ]; then
    grep -q "IPC_RMID: Operation not permitted" <<< "$read_back" || fail "a stranger could remove the segment"
    [ "$(segmentctl id shmfile)" = "$identifier" ] || fail "the segment has changed"
    echo "its IPC_RMID was refused by the kernel: the segment is as before"
else
    [ "$(segmentctl id shmfile)" != "$identifier" ] || fail "the removal was not noticed"
    [ "$(segmentctl key shmfile)" = "$key" ] || fail "the segment was not made again under its key"
    echo "its IPC_RMID succeeded, because here it runs as the daemon's own user: noticed, and made again under its key"
fi

say "Who holds what"
"${program_user[@]}" segmentctl run telemetry shmfile -- sleep 30 &
holder=$!
for _ in $(seq 100); do [ "$(segmentctl status | grep -c '2 leases')" = 1 ] && break; sleep 0.05; done
show segmentctl list
show segmentctl status telemetry || true

say "The daemon is killed with -9 and started again; nobody notices, and not a byte is lost"
daemon=$(segmentctl status | sed -n 's/.*process \([0-9]*\).*/\1/p')
show kill -9 "$daemon"
"${program_user[@]}" segment-reader telemetry > "$here/copy"
cmp "$here/file" "$here/copy" || fail "the bytes are not the same after the restart"
for _ in $(seq 100); do [ "$(segmentctl status | grep -c '2 leases')" = 1 ] && break; sleep 0.05; done
segmentctl status
[ "$(segmentctl status | grep -c '2 leases')" = 1 ] || fail "the leases did not come back"
kill "$holder"
wait "$holder" 2>/dev/null || true

say "It stops, and the kernel holds nothing of ours"
for name in $(segmentctl list --no-legend | cut -d' ' -f1); do show segmentctl remove "$name"; done
show kill -TERM "$server"
wait "$server"
show ipcs -m
[ "$before" = "$(ipcs -m)" ] || fail "something is left in the kernel"
say "Done."
