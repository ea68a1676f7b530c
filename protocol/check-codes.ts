/** The part of the one table of error codes (error-codes.ts) about what only `tillgate doctor` finds. */
export const CHECK_CODES = {
  CHECK_UNFINISHED: {
    means: 'A check of `tillgate doctor` got no answer in its time.',
    fix: 'Run it again; if it stays, what the check looks at hangs: a disk, the daemon, a name server.',
  },
  DAEMON_STOPPED: {
    means: 'The gateway is not running; no till can sell through it.',
    fix: 'Start it: `systemctl start tillgate`, or `tillgate run`. Its last log lines say why it ended.',
  },
  DAEMON_OUTDATED: {
    means: 'The gateway still runs the release that was installed before.',
    fix: 'Restart it when the store can spare some seconds: `systemctl restart tillgate`.',
  },
  HEALTH_FAILING: {
    means: 'The running gateway says that it cannot do its work, or does not answer.',
    fix: 'Look at its log (`journalctl -u tillgate`); what it names is what to mend.',
  },
  SERVICE_DISABLED: {
    means: 'The service does not start with the machine.',
    fix: 'Run `systemctl enable tillgate`.',
  },
  SERVICE_RESTARTING: {
    means: 'The service ended by itself and was started again, or is not started again any more.',
    fix: 'Read why in `journalctl -u tillgate`; after exit code 78 mend what it names, then `systemctl restart tillgate`.',
  },
  CONFIG_RESTART_NEEDED: {
    means:
      'The configuration was changed, and the running gateway works with what stood there before.',
    fix: 'See `tillgate config diff`, and restart the gateway when it suits.',
  },
  DISK_UNFIT: {
    means: 'The data folder lies on a file system that may lose what was acknowledged.',
    fix: 'Put it on a local disk (ext4, XFS, Btrfs): in a container on a volume, never in its own layer.',
  },
  CLOCK_UNSYNCHRONISED: {
    means: 'Nothing keeps the clock of this machine right.',
    fix: 'Run `timedatectl set-ntp true`, and see that the machine reaches a time server. Sales go on.',
  },
  CLOCK_WRONG: {
    means: 'The clock of this machine is far from the time that the log or headquarters knows.',
    fix: 'Set it (`timedatectl`) when it suits; nothing has to be restarted, and no sale is refused.',
  },
  MQTT_UNENCRYPTED: {
    means:
      'Devices reach the broker over the network without TLS: passwords can be read on the way.',
    fix: 'Set mqtt.host to 127.0.0.1 and use mqtt.tls for devices in the network.',
  },
  TLS_CERTIFICATE_INVALID: {
    means: 'The certificate or key for TLS cannot be used, or they do not belong together.',
    fix: 'Put certificate (with its chain) and key in place as PEM files, and restart the gateway.',
  },
  TLS_CERTIFICATE_EXPIRED: {
    means: 'The certificate for TLS is outside its dates, or will be soon.',
    fix: 'Put a new certificate in its place, and restart the gateway.',
  },
  MEMORY_SHORT: {
    means: 'The gateway may use less memory than it needs on a busy day.',
    fix: 'Raise MemoryMax= of the unit or the limit of the container to 1 GiB, or use a larger machine.',
  },
  HQ_NOT_JOINED: {
    means: 'The gateway has not joined headquarters: every sale exists on this disk alone.',
    fix: 'Ask headquarters for an enrolment (`tillgate hq store add`) and install it: `tillgate hq join FILE`.',
  },
  HQ_UNREACHABLE: {
    means: 'Headquarters cannot be reached from here. Sales go on and wait in the log.',
    fix: 'Look at the network, the name server and the firewall; the gateway goes on by itself.',
  },
  HQ_BEHIND: {
    means: 'Headquarters has acknowledged nothing for a long time while entries wait here.',
    fix: 'Look at `tillgate status` here and `tillgate hq status` there; nothing is lost while this disk lives.',
  },
  FEED_STALE: {
    means: 'Headquarters has not confirmed for a long time that its feed is the newest.',
    fix: 'Look at the way to headquarters; until then devices get the prices that came last.',
  },
  DEVICES_NONE: {
    means: 'No device is enrolled, so nobody can connect.',
    fix: 'Add each till: `tillgate device add ID --role till`.',
  },
  DEVICE_UNSIGNED: {
    means: 'A device that had keys has none that counts, so what it submits need not be signed.',
    fix: 'Give it a new key with `tillgate device key add`, or revoke the device.',
  },
  PERIPHERAL_SHARED_PORT: {
    means: 'Two peripherals are configured at one port; only one of them can have it.',
    fix: 'Remove the one that is not plugged in there: `tillgate peripheral remove`.',
  },
} as const satisfies Record<string, { means: string; fix: string }>;
