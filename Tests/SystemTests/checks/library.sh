# The C library beside the daemon, and the way there from version 0.1.0, whose one package had everything.

libraries=$(ls "$packages"/libsegmentd*.deb | grep -v +upgrade)
single=/tmp/single
mkdir $single
for file in $package $libraries; do dpkg-deb -x "$file" $single; done
dpkg-deb -e "$package" $single/DEBIAN
sed -i -e 's/^Version: .*/Version: 0.1.0/' -e '/^Suggests:/d' $single/DEBIAN/control
rm -r $single/usr/share/doc/libsegmentd* $single/DEBIAN/md5sums
dpkg-deb --root-owner-group -Znone -b $single /tmp/segmentd_0.1.0.deb > /dev/null
exits "the single package" 0 apt-get install -y --allow-downgrades /tmp/segmentd_0.1.0.deb
expect "has the C library" "segmentd: /usr/include/segmentd.h" dpkg-query -S /usr/include/segmentd.h
segment=$(segmentctl id session)

exits "an upgrade to the packages it was split into" 0 apt-get install -y "$package" $libraries
expect "gives the header to libsegmentd-dev" "libsegmentd-dev:" dpkg-query -S /usr/include/segmentd.h
expect "and the library to libsegmentd0" "libsegmentd0:" sh -c 'dpkg-query -S /usr/lib/*/libsegmentd.so.0'
exits "nothing of them is missing or changed" 0 sh -c '[ -z "$(dpkg --verify libsegmentd0 libsegmentd-dev)" ]'
exits "the service runs" 0 systemctl -q is-active segmentd.service
expect "and has kept every segment" "$segment" segmentctl id session
expect "the manual has segmentd_attach(3)" "SEGMENTD_ERROR_ACCESS_DENIED" man -P cat 3 segmentd_attach

exits "the library packages go" 0 apt-get purge -y libsegmentd0 libsegmentd-dev
exits "and the service stays" 0 systemctl -q is-active segmentd.service
exits "an upgrade of the single package without the library" 0 sh -c "
    apt-get install -y --allow-downgrades /tmp/segmentd_0.1.0.deb && apt-get install -y '$package'"
exits "leaves none of it" 1 sh -c 'ls /usr/include/segmentd.h /usr/lib/*/libsegmentd.so* /usr/share/man/man3/segmentd* | grep .'
expect "and every segment" "$segment" segmentctl id session
rm -r $single /tmp/segmentd_0.1.0.deb
