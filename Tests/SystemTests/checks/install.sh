# The package on a bare Debian: it brings everything that runs, and needs no library package.

package=$(ls "$packages"/segmentd_*.deb | grep -v +upgrade)
exits "installation" 0 apt-get install -y "$package"
exits "without the C library" 1 dpkg -s libsegmentd0
expect "starts the service" active systemctl is-active segmentd.service
expect "and the socket" active systemctl is-active segmentd.socket
expect "enables the service" enabled systemctl is-enabled segmentd.service
expect "and the socket" enabled systemctl is-enabled segmentd.socket
expect "an empty configuration serves" "Serving 0 segments" systemctl status segmentd.service
expect "the settings are the administrator's" "/etc/segmentd/segmentd.toml" \
    dpkg-query -W -f '${Conffiles}' segmentd
exits "nothing of it is missing or changed" 0 sh -c '[ -z "$(dpkg --verify segmentd)" ]'
exits "segmentd's group has no members" 0 grep -q '^segmentd:[^:]*:[^:]*:$' /etc/group
expect "the journal has its explanations" "Defined-By: segmentd" \
    journalctl --dump-catalog 8027649005014144ba3cf9e4347fd439
for page in 8/segmentd 1/segmentctl 5/segmentd.toml 5/segments.d; do
    expect "the manual has ${page#*/}(${page%/*})" "SEE ALSO" man -P cat "${page%/*}" "${page#*/}"
done
exits "the examples are a configuration" 0 segmentctl check /usr/share/doc/segmentd/examples

cp /usr/share/doc/segmentd/examples/segments.d/*.toml /etc/segmentd/segments.d/
exits "a reload makes what they declare" 0 systemctl reload segmentd.service
