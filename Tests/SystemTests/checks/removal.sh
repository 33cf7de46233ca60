# Removing the package keeps the segments; purging it removes them, says so, and touches no others.

telemetry=$(segmentctl id telemetry)
shmfile=$(segmentctl id shmfile)
theirs=$(ipcmk -M 4096 | grep -o '[0-9]*$')
# bob had a session, at the end of which logind removes his segments
adas=$(as ada ipcmk -M 4096 | grep -o '[0-9]*$')
lives() { ipcs -m -i "$1"; }
expect "another's segment" "shmid=$adas" lives "$adas"

exits "removal" 0 apt-get remove -y segmentd
expect "stops the service" inactive systemctl is-active segmentd.service
expect "and the socket" inactive systemctl is-active segmentd.socket
exits "whose path is gone" 1 test -e $broker
exits "and the programs" 1 test -e /usr/sbin/segmentd -o -e /usr/bin/segmentctl
exits "it is a stop: until-stop is gone" 1 sh -c 'ipcs -m | grep -q 0x53454753'
expect "the rest is in the kernel" "shmid=$telemetry" lives "$telemetry"
exits "settings stay" 0 test -e /etc/segmentd/segmentd.toml

# /run without systemd's mark is what a chroot shows.
exits "a purge in a chroot" 0 unshare --mount sh -c '
    mount -t tmpfs tmpfs /run && sh /var/lib/dpkg/info/segmentd.postrm purge'
expect "leaves the kernel alone" "shmid=$telemetry" lives "$telemetry"

exits "installed again" 0 apt-get install -y "$package" --allow-downgrades
expect "it takes them over" "$telemetry" segmentctl id telemetry

# shmat(2) has no name in Perl.
case $(uname -m) in x86_64) shmat=30 ;; *) shmat=196 ;; esac
setpriv --reuid=bob --regid=bob --init-groups -- \
    perl -e "syscall($shmat, $telemetry, 0, 010000) >= 0 or die; sleep 600" &
client=$!
disown
await 5 sh -c "ipcs -m -i $telemetry | grep -q nattch=2"
exits "purge" 0 apt-get purge -y segmentd
cp /tmp/output /tmp/purge
expect "names what it removes" "removing shared memory segment shmfile (key 0x" cat /tmp/purge
expect "and what is still attached" "segment telemetry (key 0x" grep "attached 1 times" /tmp/purge
exits "it is gone" 1 sh -c "ipcs -m -i $shmfile | grep -q shmid=$shmfile"
expect "the attached one is marked" "dest" sh -c "ipcs -m | grep ' $telemetry '"
kill $client
await 5 sh -c "! ipcs -m | grep -q segmentd"
exits "and gone with its last attachment" 1 sh -c 'ipcs -m | grep -q segmentd'
expect "another's segment is not touched" "shmid=$adas" lives "$adas"
expect "nor root's" "shmid=$theirs" lives "$theirs"
exits "its records are gone" 1 test -e /run/segmentd
exits "so are its settings" 1 test -e /etc/segmentd/segmentd.toml
expect "what the administrator declared stays" "telemetry.toml" ls /etc/segmentd/segments.d
expect "and is named" "leaving in /etc/segmentd/segments.d what was declared there" cat /tmp/purge
exits "no unit is enabled" 1 sh -c 'ls -R /etc/systemd/system /var/lib/systemd | grep segmentd'

exits "installed once more" 0 apt-get install -y "$package"
expect "it makes what is declared" "telemetry ready" segmentctl list --no-legend
rm /etc/segmentd/segments.d/*
exits "purged with nothing declared" 0 apt-get purge -y segmentd
exits "nothing is left in /etc" 1 test -e /etc/segmentd
exits "nor in the kernel" 1 sh -c 'ipcs -m | grep -q segmentd'
ipcrm -m "$theirs" -m "$adas"
