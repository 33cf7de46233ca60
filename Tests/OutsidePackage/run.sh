#!/bin/bash
# What a stranger gets who depends on this repository by URL and version: the package resolves with swift-system alone,
# builds every example of the documentation, and runs README's first program and one of its own against a real daemon.
# Nothing is left behind. Without network, swift-system comes from this checkout's own copy.
#
#     run.sh DIRECTORY-OF-PROGRAMS
set -euo pipefail
programs=$(cd "$1" && pwd)
cd "$(dirname "$0")/../.."
swift=$PWD/.ci/swift
here=$(mktemp -d /tmp/segmentd-outside.XXXXXX)
daemon=
finish() {
    status=$?
    trap - EXIT
    if [ -n "$daemon" ]; then
        for name in $("$programs/segmentctl" list --no-legend 2>/dev/null | cut -d' ' -f1); do
            "$programs/segmentctl" remove "$name" --when=now >/dev/null 2>&1 || true
        done
        kill "$daemon" 2>/dev/null || true
        wait "$daemon" 2>/dev/null || true
    fi
    rm -rf "$here"
    exit $status
}
trap finish EXIT
fail() { echo "outside package: $*" >&2; exit 1; }

# The working tree as a repository with a version.
mkdir "$here/segmentd"
git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$here/segmentd"
git -C "$here/segmentd" init -q
git -C "$here/segmentd" add -A
git -C "$here/segmentd" -c user.name=outside -c user.email=outside@localhost commit -q -m "Everything"
git -C "$here/segmentd" tag 1.0.0
export SEGMENTD_REPOSITORY=file://$here/segmentd

cp -r Tests/OutsidePackage "$here/outside"
cd "$here/outside"
mkdir -p Sources/Counter Sources/Examples
cp "$here/segmentd/Sources/Examples/Counter/Counter.swift" Sources/Counter/
./examples.py "$here/segmentd" > Sources/Examples/Examples.swift
copy=$(find "$OLDPWD/.build/repositories" -maxdepth 1 -name 'swift-system-*' 2>/dev/null | head -1)
if [ -n "$copy" ]; then
    ln -s "$copy" "$here/swift-system"
    "$swift" package config set-mirror --original https://github.com/apple/swift-system \
        --mirror "file://$here/swift-system" > /dev/null
fi
build=(--cache-path "$here/cache" --scratch-path "$here/build")
"$swift" package "${build[@]}" show-dependencies
fetched=$(cd "$here/build/checkouts" && echo *)
[ "$fetched" = "segmentd swift-system" ] || fail "it fetches $fetched"
"$swift" build "${build[@]}" > "$here/build.log" 2>&1 || { cat "$here/build.log"; fail "it does not build"; }

mkdir -p "$here/config/segments.d"
chmod -R go-w "$here/config"
for name in session telemetry weather; do echo 'size = "64 KiB"' > "$here/config/segments.d/$name.toml"; done
export SEGMENTD_SOCKET=$here/socket
install -d -m 0700 "$here/state"
"$programs/segmentd" --config "$here/config" --socket "$SEGMENTD_SOCKET" --state "$here/state" 2> "$here/log" &
daemon=$!
for _ in $(seq 200); do "$programs/segmentctl" status > /dev/null 2>&1 && break; sleep 0.05; done

for _ in 1 2 3; do "$here/build/debug/Counter"; done
count=$("$programs/segmentctl" read telemetry --length 1 | od -An -tu1 | tr -d ' ')
[ "$count" = 3 ] || fail "README's first program has counted to $count"
"$here/build/debug/Program"
