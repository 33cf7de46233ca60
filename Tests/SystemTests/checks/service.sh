# The service and its segments under this systemd: sandbox, restarts, kills, conditions of the world, Varlink.

expect "the segments are the service's own" "segmentd" ipcs -m
expect "the status has real numbers" "Serving 4 segments, 0 leases" systemctl status segmentd.service
expect "list" "telemetry ready" segmentctl list --no-legend

echo hello > /tmp/hello
exits "a member writes" 0 as bob sh -c 'segmentctl write session < /tmp/hello'
exits "another does not" 5 as ada sh -c 'segmentctl write session < /tmp/hello'
expect "and learns why" "is not in group users (100), and mode 0660" as ada segmentctl read session
expect "what a member wrote is there" hello as bob segmentctl read session --length 5
exits "nobody else administers" 5 as ada segmentctl remove telemetry

before=$(segmentctl id session)
exits "restart" 0 systemctl restart segmentd.service
expect "a restart keeps until-stop" "$before" segmentctl id session
expect "and its bytes" hello segmentctl read session --length 5
kill -9 "$(pid)"
await 5 segmentctl id session
expect "kill -9 keeps it" "$before" segmentctl id session
expect "and its bytes" hello segmentctl read session --length 5

setsid segmentctl run telemetry -- sleep 60 &
await 5 sh -c 'segmentctl status | grep -q "1 lease,"'
systemctl restart segmentd.service
await 5 sh -c 'segmentctl status | grep -q "1 lease,"'
expect "a lease is taken again after a restart" "1 lease," segmentctl status
pkill -x sleep

echo 'size = 0' > /etc/segmentd/segments.d/bad.toml
exits "a reload of a bad file fails" 1 systemctl reload segmentd.service
expect "with the reason" "bad.toml:1: size 0 is not a size" journalctl -u segmentd.service -n 20 --no-pager
expect "and the old one stays in force" "configuration refused (1 problem), the old one stays in force" \
    systemctl status segmentd.service
expect "once" "1" sh -c 'journalctl -u segmentd.service -o cat --no-pager | grep -c "bad.toml:1: size 0 is not a size"'
exits "a start with it fails" 1 systemctl restart segmentd.service
expect "with 8, and the reason in STATUS" "Configuration refused" systemctl show -P StatusText segmentd.service
expect "once" "8" systemctl show -P ExecMainStatus segmentd.service
rm /etc/segmentd/segments.d/bad.toml
exits "it starts again" 0 systemctl start segmentd.service
expect "and has lost nothing" "$before" segmentctl id session

chmod 0700 /etc/segmentd/segments.d
exits "a reload of what cannot be listed fails" 1 systemctl reload segmentd.service
expect "and removes nothing" "$before" segmentctl id session
exits "root's check judges with the service's rights" 8 segmentctl check
exits "a start fails, too" 1 systemctl restart segmentd.service
chmod 0755 /etc/segmentd/segments.d
systemctl reset-failed segmentd.service segmentd.socket
exits "it starts again when it can" 0 systemctl start segmentd.service
expect "and has lost nothing" "$before" segmentctl id session

systemctl stop segmentd.service segmentd.socket
exits "a stop removes until-stop" 1 sh -c 'ipcs -m | grep -q 0x53454753'
expect "and keeps the rest" "segmentd" ipcs -m
exits "the socket is gone" 1 test -e $broker
systemctl start segmentd.socket
expect "the socket starts the service" "0x" segmentctl key telemetry
expect "it answers as root's socket" "user 0" perl -MSocket -e '
    socket(my $s, AF_UNIX, SOCK_STREAM, 0); connect($s, pack_sockaddr_un($ARGV[0])) or die $!;
    my (undef, $uid) = unpack "iii", getsockopt($s, SOL_SOCKET, SO_PEERCRED); print "user $uid\n"' $broker

printf 'size = 1\ngroup = "ghosts"\n' > /etc/segmentd/segments.d/nogroup.toml
printf 'size = 1\n[key]\npath = "/srv/missing"\n' > /etc/segmentd/segments.d/nofile.toml
printf 'size = 1\n[key]\npath = "/tmp/hidden"\n' > /etc/segmentd/segments.d/hidden.toml
touch /tmp/hidden
exits "conditions of the world do not refuse a reload" 0 systemctl reload segmentd.service
expect "they block alone" "Serving 4 segments, 0 leases, 3 blocked" systemctl status segmentd.service
expect "a group" "there is no group ghosts" segmentctl status nogroup
expect "a file" "/srv/missing, from which ftok makes the key, does not exist" segmentctl status nofile
expect "a hidden file" "hidden from the service by its sandbox" segmentctl status hidden
expect "check prints the number" "value = 0x" segmentctl check
rm /etc/segmentd/segments.d/{nogroup,nofile,hidden}.toml
systemctl reload segmentd.service

old=$(segmentctl id telemetry)
ipcrm -m "$old"
await 20 sh -c "[ \$(segmentctl id telemetry) != $old ]"
expect "a removal is noticed, with its field" telemetry \
    journalctl SEGMENTD_SEGMENT=telemetry MESSAGE_ID=8027649005014144ba3cf9e4347fd439 --no-pager
expect "and explained" "was removed by ipcrm(1), or by a program with" \
    journalctl -x MESSAGE_ID=8027649005014144ba3cf9e4347fd439 --no-pager

groupadd --gid 4241 readers
printf 'size = 1\ngroup = "readers"\n' > /etc/segmentd/segments.d/renumbered.toml
systemctl reload segmentd.service
renumbered=$(segmentctl id renumbered)
expect "a segment has its group" gid=4241 ipcs -m -i "$renumbered"
groupmod --gid 4242 readers
await 20 sh -c "ipcs -m -i $renumbered | grep -q gid=4242"
expect "and follows it to another number" gid=4242 ipcs -m -i "$renumbered"
expect "which is said" "group 4241, mode 0660: set as declared" \
    journalctl SEGMENTD_SEGMENT=renumbered MESSAGE_ID=50dbb89b238e474caeed7e224e64086e --no-pager
groupdel readers
sleep 16
expect "without its group it stays as it is" gid=4242 ipcs -m -i "$renumbered"
rm /etc/segmentd/segments.d/renumbered.toml
systemctl reload segmentd.service

cat > /etc/systemd/system/sweeper.service <<'UNIT'
[Service]
Type=oneshot
User=bob
Group=users
RemoveIPC=yes
ExecStart=/bin/true
UNIT
systemctl daemon-reload
old=$(segmentctl id telemetry)
systemctl start sweeper.service
expect "RemoveIPC of a unit with the segment's group removes nothing" "$old" segmentctl id telemetry

expect "from another IPC namespace a clear refusal" "IPC namespace" unshare --ipc segmentctl read telemetry
mkdir -p /etc/systemd/system/segmentd.service.d
printf '[Service]\nPrivateIPC=yes\n' > /etc/systemd/system/segmentd.service.d/private.conf
systemctl daemon-reload
exits "a private IPC namespace does not start" 1 systemctl restart segmentd.service
expect "and says why" "private IPC namespace: remove PrivateIPC=" journalctl -u segmentd.service -n 20 --no-pager
rm -r /etc/systemd/system/segmentd.service.d
systemctl daemon-reload
systemctl reset-failed segmentd.service segmentd.socket
exits "without it it does" 0 systemctl restart segmentd.service

kept=$(segmentctl id telemetry)
for setting in RemoveIPC DynamicUser PrivateUsers; do
    mkdir -p /etc/systemd/system/segmentd.service.d
    printf '[Service]\n%s=yes\n' $setting > /etc/systemd/system/segmentd.service.d/dropin.conf
    systemctl daemon-reload
    exits "with $setting=yes it does not start" 1 systemctl restart segmentd.service
    expect "says why" "remove $setting=" journalctl -u segmentd.service -n 20 --no-pager
    rm -r /etc/systemd/system/segmentd.service.d
    systemctl daemon-reload
    systemctl stop segmentd.service
    systemctl reset-failed segmentd.service segmentd.socket
    exits "without it it does" 0 systemctl restart segmentd.service
    expect "and has lost nothing" "$kept" segmentctl id telemetry
done

mkdir -p /etc/systemd/system/segmentd.socket.d
# of the abstract namespace: with Symlinks= systemd itself refuses a second path
printf '[Socket]\nListenStream=@segmentd-second\n' > /etc/systemd/system/segmentd.socket.d/second.conf
systemctl daemon-reload
systemctl stop segmentd.service segmentd.socket
exits "with a second ListenStream= it does not start" 1 systemctl start segmentd.socket segmentd.service
await 5 sh -c 'journalctl -u segmentd.service -n 40 --no-pager | grep -q @segmentd-second'
expect "and names both" "/run/segmentd/io.segmentd.Broker and @segmentd-second" \
    journalctl -u segmentd.service -n 40 --no-pager
rm -r /etc/systemd/system/segmentd.socket.d
systemctl daemon-reload
systemctl stop segmentd.service segmentd.socket
systemctl reset-failed segmentd.service segmentd.socket
exits "with one it does" 0 systemctl start segmentd.socket segmentd.service

rm $broker
# looked for every fourth check, once a minute
await 80 sh -c 'systemctl show -P StatusText segmentd.service | grep -q "is gone"'
expect "a socket that somebody removed is noticed" "its socket $broker is gone" \
    systemctl show -P StatusText segmentd.service
expect "with the remedy" "systemctl restart segmentd.socket" \
    journalctl -u segmentd.service MESSAGE_ID=6e4d362c442a485e8a2e21618ff9671b --no-pager
exits "which works" 0 systemctl restart segmentd.socket
await 5 segmentctl id telemetry
expect "and keeps the segments" "$kept" segmentctl id telemetry

exits "the unit's exposure is at most 0.8" 0 \
    systemd-analyze security --offline=true --threshold=8 --no-pager /usr/lib/systemd/system/segmentd.service
if [ "$version" -ge 257 ]; then
    exits "and 0.5 here" 0 \
        systemd-analyze security --offline=true --threshold=5 --no-pager /usr/lib/systemd/system/segmentd.service
fi

if command -v varlinkctl > /dev/null; then
    idl=/usr/share/varlink/interfaces/io.segmentd.Broker.varlink
    expect "varlinkctl info" "Product: segmentd" varlinkctl info $broker
    exits "varlinkctl introspect" 0 varlinkctl introspect $broker io.segmentd.Broker
    exits "varlinkctl validate-idl" 0 varlinkctl validate-idl $idl
    expect "varlinkctl call" '"name":"telemetry"' varlinkctl call $broker io.segmentd.Broker.Acquire '{"name":"telemetry"}'
    expect "varlinkctl call --more" '"name":"shmfile"' varlinkctl call -j --more $broker io.segmentd.Broker.List '{}'
    expect "an error of ours" "failed: io.segmentd.Broker.NoSuchSegment" \
        varlinkctl call $broker io.segmentd.Broker.Acquire '{"name":"x"}'
    expect "an error of Varlink's" '{"parameter":"access"}' \
        varlinkctl call $broker io.segmentd.Broker.Acquire '{"name":"telemetry","access":"x"}'
    expect "a reload" "{}" varlinkctl call $broker io.systemd.service.Reload '{}'
fi

kill -STOP "$(pid)"
old=$(pid)
await 45 sh -c "[ \$(systemctl show -P MainPID segmentd.service) != $old ] && systemctl -q is-active segmentd.service"
expect "a daemon that hangs is restarted by the watchdog" watchdog journalctl -u segmentd.service -n 20 --no-pager
expect "and has lost nothing" "telemetry ready" segmentctl list --no-legend
