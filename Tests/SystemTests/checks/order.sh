# A unit ordered after the service always finds its segments, although each stop removes this one.

cat > /etc/systemd/system/client.service <<'UNIT'
[Unit]
Requires=segmentd.service
After=segmentd.service

[Service]
Type=oneshot
User=bob
ExecStart=/usr/bin/perl -e 'shmget(0x53454753, 0, 0) // die $!'
UNIT
systemctl daemon-reload
for turn in 1 2 3 4 5; do
    systemctl stop segmentd.service segmentd.socket
    exits "it is gone" 1 sh -c 'ipcs -m | grep -q 0x53454753'
    exits "a client unit finds its segment, time $turn" 0 systemctl start client.service
done
rm /etc/systemd/system/client.service
systemctl daemon-reload
