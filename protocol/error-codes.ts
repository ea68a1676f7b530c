import { CHECK_CODES } from './check-codes.ts';
import { CONFLICT_CODES } from './conflicts/conflict-codes.ts';
import { FEED_CODES } from './feed/feed-codes.ts';
import { HQ_CODES } from './hq-codes.ts';
import { LOG_CODES } from './log-codes.ts';
import { PERIPHERAL_CODES } from './peripheral-codes.ts';
import { PRICE_CODES } from './price-codes.ts';
import { POOL_CODES } from './rights/pool-codes.ts';
import { RECEIPT_CODES } from './receipt/receipt-codes.ts';
import { RIGHT_CODES } from './rights/right-codes.ts';
import { STOCK_CODES } from './stock/stock-codes.ts';
import { TRANSACTION_CODES } from './transaction/transaction-codes.ts';

/**
 * Every error code of the product, once: what it means and what to do about it. Codes are stable:
 * they may be added, never renamed or reused. docs/errors.md is generated from this table.
 */
export const ERROR_CODES = {
  INTERNAL: {
    means: 'The program found its own state to be wrong.',
    fix: 'Keep the log output and report it; the daemon restarts by itself.',
  },
  USAGE: {
    means: 'A command was called with words it does not take.',
    fix: 'Run the command with --help to see what it takes.',
  },
  MQTT_REFUSED: {
    means: 'A device asked the broker for something that its role does not allow.',
    fix: "See the device's role with `tillgate device list`, and what roles allow in the config.",
  },
  MQTT_LISTEN_FAILED: {
    means: 'The MQTT broker could not open one of its ports.',
    fix: 'See that no other program uses the port, and that host and port in the config are right.',
  },
  BROKER_STATE_DAMAGED: {
    means: 'The sessions, queued and retained messages of the broker could not be read.',
    fix: 'Nothing: they were set aside and begin anew; sales are not affected. Look at the disk.',
  },
  BROKER_STATE_FULL: {
    means: 'The disk has no room for sessions and queued messages of devices.',
    fix: 'Free space on the disk of the data folder; it goes on by itself.',
  },
  BROKER_STATE_IO: {
    means: 'The disk failed while sessions and queued messages were written.',
    fix: 'The daemon restarts by itself and reads them again; look at the kernel log and the disk.',
  },
  HOME_LOCKED: {
    means: 'Another process works on the same home.',
    fix: 'Stop the other process first, or use another --home.',
  },
  HOME_EXISTS: {
    means: 'The home holds a gateway or a headquarters already.',
    fix: 'Use another --home, or remove the old one if it is really not needed.',
  },
  BACKUP_EXISTS: {
    means: 'The folder that a backup was to be written to exists already.',
    fix: 'Name a folder that does not exist yet; a backup is never written over another.',
  },
  BACKUP_FAILED: {
    means: 'A backup could not be written.',
    fix: 'See that the target has room and may be written to, and try again; nothing was left there.',
  },
  BACKUP_INVALID: {
    means: 'A folder is not a whole backup of a gateway, or has changed since it was made.',
    fix: 'Restore another backup; `tillgate backup` checks each one by restoring it on trial.',
  },
  DISK_FULL: {
    means: 'A file could not be written because its disk has no room left.',
    fix: 'Make room on that disk; what was acknowledged is safe.',
  },
  DISK_READ_ONLY: {
    means: 'A file could not be written because its disk is mounted read-only.',
    fix: 'Look at the kernel log: the system does this to a disk with errors. Check it, mount it for writing, and start again.',
  },
  DISK_IO: {
    means: 'The disk reported an error.',
    fix: 'Look at the kernel log and at the health of the disk (smartctl); back up before anything else.',
  },
  FILE_PERMISSIONS: {
    means: 'The user that Tillgate runs as may not use a file or folder.',
    fix: 'Run the command as that user (`runuser -u tillgate -- tillgate …`), or give the file back to it with chown.',
  },
  FILE_MISSING: {
    means: 'A file or folder that was named is not there.',
    fix: 'See that the path is right, and that what it lies on is mounted.',
  },
  FILES_EXHAUSTED: {
    means: 'The process may not open more files or connections.',
    fix: 'Raise the limit (LimitNOFILE= in the unit, or ulimit -n) and start again.',
  },
  HOME_MISSING: {
    means: 'There is nothing set up under this home.',
    fix: 'Run `tillgate init` (or `tillgate hq init`) first, or name the right --home.',
  },
  ALARM_UNKNOWN: {
    means: 'No alarm has that id or code.',
    fix: 'Run `tillgate alarm list`; an alarm that was cleared comes back when it is raised again.',
  },
  REGISTRY_UNREADABLE: {
    means: 'A small state file is damaged.',
    fix: 'Restore the file from a backup.',
  },
  KEY_FILE_EXISTS: {
    means: 'A private key is there already; keys are never overwritten.',
    fix: 'Use another --home, or move the old key away if it is really not needed.',
  },
  KEY_FILE_MISSING: {
    means: 'A private key file is not there.',
    fix: 'Restore it from a backup, or run `init` for a new home.',
  },
  KEY_FILE_PERMISSIONS: {
    means: 'Others than the owner could read a private key.',
    fix: 'Run `chmod 600` on the file, and consider the key as read by others.',
  },
  KEY_FILE_INVALID: {
    means: 'A file does not hold the key it should hold.',
    fix: 'Restore it from a backup.',
  },
  CONFIG_MISSING: {
    means: 'The configuration file is not there.',
    fix: 'Run `tillgate init` first, or name the right --home.',
  },
  CONFIG_INVALID: {
    means: 'The configuration has problems; all of them are listed.',
    fix: 'Edit the file where it says, then run `tillgate config check`.',
  },
  CONFIG_SYNTAX: {
    means: 'The configuration file is not readable YAML.',
    fix: 'Correct the line named.',
  },
  CONFIG_UNKNOWN_KEY: {
    means: 'The configuration has a key that does not exist.',
    fix: 'Correct its spelling or remove it; `tillgate config get` lists all keys.',
  },
  CONFIG_REQUIRED: {
    means: 'A key without a default is missing in the configuration.',
    fix: 'Add the key.',
  },
  CONFIG_VALUE: {
    means: 'A value of the configuration is not allowed.',
    fix: 'Use one of the values named.',
  },
  CONFIG_LOCKED: {
    means: 'Headquarters has locked a key of the configuration.',
    fix: 'Ask headquarters to change it or to take the lock away; `tillgate config diff` shows what it said.',
  },
  CONFIG_LOCAL: {
    means: 'Headquarters said a key of the configuration that belongs to the machine alone.',
    fix: 'Take the document back at headquarters; a technician sets that key with `tillgate config set`.',
  },
  CONFIG_NO_HISTORY: {
    means: 'The log has no change of that key to go back to.',
    fix: 'See `tillgate config history KEY`, and name an entry of it with --to.',
  },
  CONFIG_VERSION: {
    means: 'The configuration was written for a newer release.',
    fix: 'Install that release or an even newer one.',
  },
  CONTROL_PROTOCOL: {
    means: 'The control socket spoke something this release does not understand.',
    fix: 'Use the same release for the command and the daemon; restart the daemon.',
  },
  CONTROL_TIMEOUT: {
    means: 'The daemon did not answer on its control socket in time.',
    fix: 'Try again; look at the log of the daemon.',
  },
  DEVICE_FROM_HEADQUARTERS: {
    means:
      'A device was named by headquarters, which alone changes it; here it can only be revoked.',
    fix: 'Publish its document with `tillgate hq feed publish`, or revoke it with `tillgate device revoke`.',
  },
  DEVICE_CREDENTIAL_INVALID: {
    means: 'The credential in the document of a device is no hash of a password.',
    fix: 'Make one with `tillgate hq device credential` and publish the document again.',
  },
  DEVICE_EXISTS: {
    means: 'A device of that id is enrolled already.',
    fix: 'Choose another id, or revoke the device first.',
  },
  DEVICE_UNKNOWN: {
    means: 'There is no device of that id.',
    fix: 'Run `tillgate device list` to see all.',
  },
  DEVICE_KEY_INVALID: {
    means: 'The key is not a public Ed25519 or P-256 key as PEM (SPKI) or JWK.',
    fix: 'Give a file made with `openssl pkey -pubout`, or a public JWK.',
  },
  DEVICE_KEY_EXISTS: {
    means: 'The device has that key already.',
    fix: 'Nothing to do; `tillgate device key list` shows the keys.',
  },
  DEVICE_KEY_UNKNOWN: {
    means: 'The device has no live key of that id.',
    fix: 'Run `tillgate device key list` to see the keys.',
  },
  ROLE_UNKNOWN: {
    means: 'The configuration has no such role.',
    fix: 'Run `tillgate config get roles` to see all, or add the role.',
  },
  ENROLMENT_INVALID: {
    means: 'The enrolment document is not one, or is not for this gateway.',
    fix: 'Ask headquarters for a new one: `tillgate hq store add`.',
  },
  PORT_IN_USE: {
    means: 'Another process listens on a port that the configuration names.',
    fix: 'Stop it, or set another port (0 means any) with `tillgate config set`.',
  },
  DEMO_DATA: {
    means: 'A sales file for the demonstration cannot be read, or lacks what an invoice needs.',
    fix: 'Give a .csv or .csv.gz file with the columns that demo/data/README.md names.',
  },
  DEMO_FAILED: {
    means: 'A part of the demonstration did not do what it was started for.',
    fix: 'Run it again with --keep DIR and read the logs that it leaves there.',
  },
  CANCELED: {
    means: 'The work was interrupted before it was done.',
    fix: 'Run the command again; nothing was changed.',
  },
  FILE_UNREADABLE: {
    means: 'A file named on the command line cannot be read.',
    fix: 'Check its name and its permissions.',
  },
  FILE_UNWRITABLE: {
    means: 'A small state file cannot be written, so the change would not last.',
    fix: 'Look for a full disk or wrong permissions in the data folder, and repeat the command.',
  },
  ...CHECK_CODES,
  ...LOG_CODES,
  ...CONFLICT_CODES,
  ...FEED_CODES,
  ...HQ_CODES,
  ...PERIPHERAL_CODES,
  ...PRICE_CODES,
  ...POOL_CODES,
  ...RECEIPT_CODES,
  ...STOCK_CODES,
  ...TRANSACTION_CODES,
  ...RIGHT_CODES,
} as const satisfies Record<string, { means: string; fix: string }>;
