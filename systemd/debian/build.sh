#!/bin/bash
# Makes the Debian packages of an installed tree. Each library package takes what its .install file lists; segmentd
# takes the rest. Needs dpkg-dev.
#
#     build.sh INSTALLED-TREE VERSION DIRECTORY
set -euo pipefail
tree=$(cd "$1" && pwd)
version=$2
mkdir -p "$3"
target=$(cd "$3" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
news=$here/../../NEWS.md
architecture=$(dpkg --print-architecture)
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$here" log -1 --format=%ct 2> /dev/null || date +%s)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
umask 022

# dpkg-shlibdeps looks for debian/control, and for the shlibs of sibling packages in debian/*/DEBIAN.
cd "$work"
mkdir debian
printf 'Source: segmentd\n\nPackage: segmentd\nArchitecture: any\n' > debian/control
cp -a "$tree" debian/segmentd
awk -v version="$version" -v date="$(date -u -R -d "@$SOURCE_DATE_EPOCH")" -f "$here/changelog.awk" "$news" > changelog

# Moves what NAME.install lists from segmentd to NAME.
move_to() {
    (
        shopt -s failglob
        cd debian/segmentd
        for path in $(< "$here/$1.install"); do
            mkdir -p "../$1/$(dirname "$path")"
            mv "$path" "../$1/$path"
        done
    )
}

# Shared libraries that the package's programs and libraries need. The units need systemd 252.
dependencies() {
    local binaries
    mapfile -d '' binaries < <(
        find "debian/$1/usr" -type f -exec sh -c 'head -c 4 "$1" | grep -q ELF' _ {} \; -print0)
    [ ${#binaries[@]} = 0 ] || dpkg-shlibdeps -O --warnings=0 "-x$1" "${binaries[@]}" |
        sed -n 's/^shlibs:Depends=//p' | sed 's/libsystemd0 ([^)]*)/libsystemd0 (>= 252)/'
}

build() {
    local package=$1 root=debian/$1 libraries library soname
    local documents=$root/usr/share/doc/$package control=$root/DEBIAN
    mkdir -p "$control"
    install -D -m 0644 -t "$documents" "$here/copyright" changelog
    find "$root/usr/share" -type f \( -path '*/changelog' -o -path '*/man/*' \) -exec gzip -9n {} +
    libraries=$(dependencies "$package")
    for library in "$root"/usr/lib/*/lib*.so.*; do
        [ -f "$library" ] && [ ! -L "$library" ] || continue
        soname=$(objdump -p "$library" | awk '$1 == "SONAME" { print $2 }')
        echo "${soname%%.so.*} ${soname##*.so.} $package (>= $version)" > "$control/shlibs"
        echo "activate-noawait ldconfig" > "$control/triggers"
    done
    awk -v RS= -v package="$package" '$0 ~ "^Package: " package "\n"' "$here/control" |
        sed -e "s/@VERSION@/$version/" -e "s/@ARCHITECTURE@/$architecture/" -e "s/@LIBRARIES@/$libraries/" \
            -e "s/@SIZE@/$(du -sk --apparent-size --exclude=DEBIAN "$root" | cut -f1)/" > "$control/control"
    if [ "$package" = segmentd ]; then install -m 0755 -t "$control" "$here"/{postinst,prerm,postrm}; fi
    (
        cd "$root"
        [ ! -d etc ] || find etc -type f -printf '/%p\n' | sort > DEBIAN/conffiles
        find . -type f ! -path './DEBIAN/*' -printf '%P\0' | sort -z | xargs -0 md5sum > DEBIAN/md5sums
    )
    dpkg-deb --root-owner-group -Zxz --build "$root" "$target/${package}_${version}_$architecture.deb"
}

move_to libsegmentd0
move_to libsegmentd-dev
# segments.d among them: it is made at the first installation, since dpkg would make it anew, and empty, at each upgrade.
find debian/segmentd -type d -empty -delete
# The library first, for its shlibs.
for package in libsegmentd0 libsegmentd-dev segmentd; do build "$package"; done
