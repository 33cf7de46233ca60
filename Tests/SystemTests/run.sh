#!/bin/bash
# segmentd under a real systemd: boots bare Debians in containers and runs checks.sh inside, which installs the packages,
# upgrades them to newer ones (+upgrade in the version), removes and purges them; and, in a Debian without systemd,
# library.sh, which installs libsegmentd alone. Needs root, debootstrap and systemd-nspawn. Roots are kept in .build/roots
# for the next run.
#
#     run.sh DIRECTORY-OF-PACKAGES [SUITE...]
set -euo pipefail
packages=$(cd "$1" && pwd)
shift
here=$(cd "$(dirname "$0")" && pwd)
roots=$here/../../.build/roots
mkdir -p "$roots"
roots=$(cd "$roots" && pwd)
suites=("$@")
[ ${#suites[@]} -gt 0 ] || suites=(bookworm trixie slim)

# A container has no network: what the package needs from others, and what the checks are made with.
contents=systemd,systemd-sysv,dbus,dbus-user-session,libpam-systemd,libstdc++6,libsystemd0,perl-base,procps,man-db,fish,zsh

# A root of its own for the suite; `slim` is Debian 13 with what the C library needs, and no more.
root_for() {
    local base=$roots/$1.base release=$1
    if [ "$1" = slim ]; then
        release=trixie
        local contents=libstdc++6,libgcc-s1
    fi
    if [ "$(cat "$base/.contents" 2> /dev/null)" != "$contents" ]; then
        rm -rf "$base"
        debootstrap --variant=minbase --include="$contents" "$release" "$base" http://deb.debian.org/debian > "$roots/$1.log"
        echo "$contents" > "$base/.contents"
    fi
    rm -rf "${roots:?}/$1"
    cp -a "$base" "$roots/$1"
    mkdir "$roots/$1/root/packages"
    cp -r "$packages"/*.deb "$roots/$1/root/packages/"
    cp -r "$here/checks.sh" "$here/checks" "$here/library.sh" "$roots/$1/root/"
}

boot() {
    local root=$roots/$1
    systemd-machine-id-setup --root="$root" > /dev/null
    setsid systemd-nspawn --register=no --keep-unit --private-network --machine="$1" -D "$root" -b --console=pipe \
        > "$roots/$1.boot" 2>&1 < /dev/null &
    nspawn=$!
    leader=
    for _ in $(seq 300); do
        sleep 0.1
        leader=$(pgrep -P "$nspawn" | head -1) || continue
        inside systemctl is-system-running 2> /dev/null | grep -qE '^(running|degraded)' && return
    done
    echo "$1 does not boot:" >&2
    tail -20 "$roots/$1.boot" >&2
    return 1
}

inside() { nsenter --target "$leader" --all -- "$@"; }

# systemd-nspawn makes the container's cgroup in the one that it is started in, which must be another's for each.
own_cgroup() {
    local controllers path mount
    while IFS=: read -r _ controllers path; do
        case $controllers in
            '') mount=$(findmnt -n -o TARGET -t cgroup2 | head -1) || continue ;;
            name=systemd) mount=/sys/fs/cgroup/systemd ;;
            *) continue ;;
        esac
        mkdir -p "$mount$path/segmentd-$1"
        echo $BASHPID > "$mount$path/segmentd-$1/cgroup.procs"
    # Read before the first move: the file changes with it.
    done <<< "$(< /proc/self/cgroup)"
}

# What the checks say of one suite, or why it does not boot.
check() {
    own_cgroup "$1"
    root_for "$1"
    if [ "$1" = slim ]; then
        echo "== Debian 13 without systemd"
        unshare --mount --net --pid --fork --root="$roots/$1" --mount-proc bash /root/library.sh
        return
    fi
    trap 'kill -9 $nspawn 2> /dev/null || true' EXIT
    boot "$1"
    echo "== $1: $(inside systemctl --version | head -1)"
    local status=0
    inside bash /root/checks.sh || status=1
    kill "$nspawn" 2> /dev/null || true
    wait "$nspawn" 2> /dev/null || true
    return $status
}

# The suites side by side: each mostly waits.
checks=()
trap 'kill "${checks[@]}" 2> /dev/null || true' EXIT
for suite in "${suites[@]}"; do
    check "$suite" > "$roots/$suite.checks" 2>&1 &
    checks+=($!)
done
status=0
for number in "${!suites[@]}"; do
    suite=${suites[$number]}
    wait "${checks[$number]}" || status=1
    cat "$roots/$suite.checks"
    [ -z "${RESILIENCE-}" ] || [ "$suite" = slim ] || printf 'a check under systemd as process 1, on %s\t%d\tmake test-system\n' \
        "$suite" "$(grep -c '^ok ' "$roots/$suite.checks")" >> "$RESILIENCE"
done
exit $status
