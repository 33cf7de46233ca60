# A user's own daemon, started by the user's service manager, with files as a login creates them on Debian 13.

loginctl enable-linger bob
home=$(getent passwd bob | cut -d: -f6)
runtime=/run/user/$(id -u bob)
await 10 test -S "$runtime/systemd/private"
personal() { setpriv --reuid=bob --regid=bob --init-groups -- env HOME="$home" XDG_RUNTIME_DIR="$runtime" "$@"; }

exits "the user's units are sound" 0 personal systemd-analyze verify --user \
    /usr/lib/systemd/user/segmentd.socket /usr/lib/systemd/user/segmentd.service
personal sh -c 'umask 0002; mkdir -p ~/.config/segmentd/segments.d; echo "size = 4096" > ~/.config/segmentd/segments.d/mine.toml'
exits "the socket is enabled" 0 personal systemctl --user enable --now segmentd.socket
expect "and starts the daemon" "0x" personal segmentctl key mine
expect "with the user's own segment" bob ipcs -m
expect "private groups are the user's" "no errors" personal segmentctl check
id=$(personal segmentctl id mine)
exits "a restart" 0 personal systemctl --user restart segmentd.service
expect "keeps the segment" "$id" personal segmentctl id mine
exits "a reload" 0 personal systemctl --user reload segmentd.service
usermod -a -G bob ada
exits "a group with another member is not the user's" 1 personal systemctl --user restart segmentd.service
expect "which is said" "is writable by users other than its owner" journalctl _UID="$(id -u bob)" --no-pager
gpasswd -d ada bob > /dev/null
exits "without the member it starts" 0 personal systemctl --user restart segmentd.service
exits "its segment goes" 0 personal segmentctl remove mine
personal systemctl --user disable --now segmentd.socket segmentd.service
loginctl disable-linger bob
