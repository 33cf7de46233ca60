# A newer package takes over while clients go on.

sed -i 's/^#log_level.*/log_level = "debug"/' /etc/segmentd/segmentd.toml
echo kept > /tmp/kept
segmentctl write session < /tmp/kept
segment=$(segmentctl id session)
old=$(pid)
setsid segmentctl run session -- sleep 600 &
await 5 sh -c 'segmentctl status | grep -q "1 lease,"'
client=$(pgrep -x sleep)

echo 'size = 0' > /etc/segmentd/segments.d/broken.toml
exits "an upgrade beside a broken file" 0 apt-get install -y "$packages"/segmentd_*+upgrade_*.deb
expect "says so" "the configuration is refused: the running daemon is left as it is" cat /tmp/output
expect "and why" "broken.toml:1: size 0 is not a size" cat /tmp/output
exits "the old daemon runs on" 0 sh -c "[ $(pid) = $old ]"
expect "and serves" "$segment" segmentctl id session
rm /etc/segmentd/segments.d/broken.toml
apt-get install -y --allow-downgrades "$package" > /dev/null 2>&1
old=$(pid)

mv /etc/segmentd/segments.d /etc/segmentd/away
exits "an upgrade while segments.d is gone" 0 apt-get install -y "$packages"/segmentd_*+upgrade_*.deb
expect "says so" "segments.d is not there" cat /tmp/output
exits "the old daemon runs on, and no empty one is made" 0 \
    sh -c "[ $(pid) = $old ] && [ ! -e /etc/segmentd/segments.d ]"
expect "every segment is there" "$segment" segmentctl id session
mv /etc/segmentd/away /etc/segmentd/segments.d
apt-get install -y --allow-downgrades "$package" > /dev/null 2>&1
old=$(pid)

exits "upgrade" 0 apt-get install -y "$packages"/segmentd_*+upgrade_*.deb
expect "the newer version is there" +upgrade dpkg-query -W segmentd
exits "and runs" 0 sh -c "[ $(pid) != 0 ] && [ $(pid) != $old ] && systemctl -q is-active segmentd.service"
expect "the old one ended to be restarted" "every segment is kept" \
    journalctl -u segmentd.service _PID="$old" --no-pager
expect "even what a stop removes is kept" "$segment" segmentctl id session
expect "with its bytes" kept segmentctl read session --length 4
await 5 sh -c 'segmentctl status | grep -q "1 lease,"'
expect "the client has its lease again" "1 lease," segmentctl status
exits "and never noticed" 0 kill -0 "$client"
kill "$client"
expect "what the administrator wrote stays" 'log_level = "debug"' cat /etc/segmentd/segmentd.toml
