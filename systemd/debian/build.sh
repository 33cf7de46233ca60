#!/bin/bash
# Makes a Debian package of an installed tree: whatever `make install` has put there is in it. Needs dpkg-dev.
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

package=$work/package
cp -a "$tree" "$package"
mkdir -p "$package/DEBIAN"
# Made at the first installation: dpkg would make it anew, and empty, at each upgrade.
rmdir "$package/etc/segmentd/segments.d"
documents=$package/usr/share/doc/segmentd
install -D -m 0644 -t "$documents" "$here/copyright"
awk -v version="$version" -v date="$(date -u -R -d "@$SOURCE_DATE_EPOCH")" -f "$here/changelog.awk" "$news" \
    > "$documents/changelog"
find "$documents/changelog" "$package/usr/share/man" -type f -exec gzip -9n {} +

# Programs and libraries, as they are needed from other packages. The units need systemd 252.
mapfile -d '' binaries < <(
    find "$package/usr" -type f -exec sh -c 'head -c 4 "$1" | grep -q ELF' _ {} \; -print0)
mapfile -t libraries < <(cd "$package" && find usr/lib -name 'lib*.so.*' -type f)
mkdir "$work/debian"
printf 'Source: segmentd\n\nPackage: segmentd\nArchitecture: any\n' > "$work/debian/control"
needed=$(cd "$work" && dpkg-shlibdeps -O --warnings=0 -xsegmentd ${libraries:+-l"$package/$(dirname "${libraries[0]}")"} \
    "${binaries[@]}" | sed -n 's/^shlibs:Depends=//p' | sed 's/libsystemd0 ([^)]*)/libsystemd0 (>= 252)/')
for library in "${libraries[@]}"; do
    name=$(objdump -p "$package/$library" | awk '$1 == "SONAME" { print $2 }')
    echo "${name%%.so.*} ${name##*.so.} segmentd (>= $version)" >> "$package/DEBIAN/shlibs"
    echo "activate-noawait ldconfig" > "$package/DEBIAN/triggers"
done

sed -e "s/@VERSION@/$version/" -e "s/@ARCHITECTURE@/$architecture/" -e "s/@LIBRARIES@/$needed/" \
    -e "s/@SIZE@/$(du -sk --apparent-size "$package" | cut -f1)/" "$here/control" > "$package/DEBIAN/control"
install -m 0755 -t "$package/DEBIAN" "$here"/{postinst,prerm,postrm}
(cd "$package" && find etc -type f -printf '/%p\n' | sort > DEBIAN/conffiles)
(cd "$package" && find . -type f ! -path './DEBIAN/*' -printf '%P\0' | sort -z | xargs -0 md5sum > DEBIAN/md5sums)
dpkg-deb --root-owner-group -Zxz --build "$package" "$target/segmentd_${version}_$architecture.deb"
