#!/bin/sh
# Runs inside the container, as root, once systemd is up: installs the service as docs/operations.md
# says, starts it, kills it, stops its heart, breaks its configuration. Prints `LAB name=value` lines
# for service-in-container.test.ts and switches the container off.
say() { echo "LAB $1=$2"; }
unit=tillgate.service
property() { systemctl show "$unit" --property="$1" --value; }
# Waits up to a minute for a property to have a value.
await() {
  tries=0
  while [ "$(property "$1")" != "$2" ] && [ "$tries" -lt 300 ]; do
    sleep 0.2
    tries=$((tries + 1))
  done
}

systemd-sysusers
systemd-tmpfiles --create tillgate.conf
runuser -u tillgate -- tillgate init --chain acme --store s1 --gateway g1 >/dev/null
say init $?

systemctl start tillgate.service
say start $?
say state "$(property ActiveState)"
say status "$(property StatusText)"
say user "$(stat -c %U "/proc/$(property MainPID)")"
say keymode "$(stat -c %a /var/lib/tillgate/keys/log.pem)"
tillgate status --json >/dev/null
say answers $?
tillgate config set log.level debug >/dev/null
say configset $?

kill -KILL "$(property MainPID)"
await NRestarts 1
await ActiveState active
say restarts "$(property NRestarts)"
say afterkill "$(property ActiveState)"

kill -STOP "$(property MainPID)"
await NRestarts 2
await ActiveState active
say afterwatchdog "$(property NRestarts) $(property ActiveState)"

systemctl stop tillgate.service
say stop "$(property Result)"

echo 'no-such-key: 1' >>/etc/tillgate/config.yaml
systemctl start tillgate.service
say badconfig $?
sleep 3
say badconfigstate "$(property ActiveState) $(property ExecMainStatus)"

unit=tillgate-hq.service
runuser -u tillgate-hq -- tillgate hq init >/dev/null
say hqinit $?
systemctl start tillgate-hq.service
say hqstart $?
tillgate hq status --json >/dev/null
say hqanswers $?
kill -KILL "$(property MainPID)"
await NRestarts 1
await ActiveState active
say hqafterkill "$(property NRestarts) $(property ActiveState)"

journalctl --unit='tillgate*' --no-pager --lines=60 | sed 's/^/JOURNAL /'
systemctl poweroff --force
