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
  HOME_LOCKED: {
    means: 'Another process works on the same home.',
    fix: 'Stop the other process first, or use another --home.',
  },
  HOME_EXISTS: {
    means: 'The home holds a gateway or a headquarters already.',
    fix: 'Use another --home, or remove the old one if it is really not needed.',
  },
  HOME_MISSING: {
    means: 'There is nothing set up under this home.',
    fix: 'Run `tillgate init` (or `tillgate hq init`) first, or name the right --home.',
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
  LEDGER_BUSY: {
    means: 'More sales arrived than the disk could take; this one was not recorded.',
    fix: 'Send it again after retryAfterMs.',
  },
  LEDGER_DISK_FULL: {
    means: 'The disk is full; nothing was recorded.',
    fix: 'Free space on the disk of the data folder; selling goes on by itself.',
  },
  LEDGER_IO: {
    means: 'The disk failed while the ledger was read or written.',
    fix: 'Look at the kernel log and the disk; restore from headquarters if it is worn out.',
  },
  LEDGER_MISSING: {
    means: 'There is no ledger in the data folder.',
    fix: 'Start the gateway once with `tillgate run`, or name the right --home.',
  },
  LEDGER_DAMAGED: {
    means: 'The end of the ledger is not as it was written.',
    fix: 'Run `tillgate log verify`; it names what is damaged.',
  },
  LEDGER_VERSION: {
    means: 'The ledger was written by a newer release.',
    fix: 'Install that release or an even newer one.',
  },
  LEDGER_ORIGIN_MISMATCH: {
    means: 'The ledger belongs to another gateway than the configuration names.',
    fix: 'Use the home of that gateway, or correct chain, store, gateway and domain.',
  },
  LOG_ROLLED_BACK: {
    means: 'A device or a signed head knows entries that this log does not contain.',
    fix: 'The gateway opens a new epoch by itself; find out whether the disk was restored or cloned.',
  },
  LOG_EPOCH_OPENED: {
    means: 'The log could not go on, for the reason told, and a new one follows it; sales go on.',
    fix: 'Find out why: a disk restored from a copy, a cloned machine, or a lost key.',
  },
  LEDGER_WORKER_LOST: {
    means: 'The worker that owns the ledger ended unexpectedly.',
    fix: 'The daemon restarts by itself; look at the log and the disk.',
  },
  UPLINK_WORKER_LOST: {
    means: 'The worker that signs the log and sends it to headquarters ended unexpectedly.',
    fix: 'The daemon restarts by itself; look at the log above this line.',
  },
  LOG_ADMISSION_INVALID: {
    means: 'The admission of a log is not one that headquarters issues.',
    fix: 'Ask headquarters for a new enrolment document: tillgate hq store add.',
  },
  STORED_HEAD_INVALID: {
    means: 'A file that keeps a head of the log (signed-head, hq-head) holds something else.',
    fix: 'Nothing: it is passed over and written anew; find out who changed the file.',
  },
  LOG_ORIGIN_INVALID: {
    means: 'The name of a log is not of the form DOMAIN/CHAIN/STORE/GATEWAY/eN.',
    fix: 'Copy the origin as `tillgate log key` or `tillgate status` prints it.',
  },
  LOG_KEY_INVALID: {
    means: 'A verifier key cannot be read, or is of a type that is not used here.',
    fix: 'Copy the whole key, NAME+KEYID+BASE64, as `tillgate log key` prints it.',
  },
  LOG_NOTE_INVALID: {
    means: 'A signed note (a checkpoint or a head) is malformed.',
    fix: 'Fetch it again; if it stays so, its sender writes wrong notes.',
  },
  LOG_NOTE_SIGNATURE: {
    means: 'A signed note was changed after it was signed, or no known key signed it.',
    fix: 'Compare the key with the one that `tillgate log key` prints at the signer.',
  },
  LOG_CHECKPOINT_INVALID: {
    means: 'The text of a checkpoint is not origin, size and root.',
    fix: 'Fetch it again; if it stays so, its sender writes wrong checkpoints.',
  },
  LOG_PROOF_INVALID: {
    means: 'A proof file is not a c2sp.org/tlog-proof@v1.',
    fix: 'Copy the whole output of `tillgate log prove`, to its last line.',
  },
  LOG_ENTRY_INVALID: {
    means: 'An entry is not one line of canonical JSON, LF and the body that line describes.',
    fix: 'Run `tillgate log verify`; it names every entry that is not as it was written.',
  },
  HQ_CUSTODY_MISSING: {
    means: 'Headquarters has not kept anything under this home yet.',
    fix: 'Start it once with `tillgate hq run`, or name the right --home.',
  },
  HQ_CUSTODY_DAMAGED: {
    means: 'What headquarters keeps was changed, cut off or cannot be read any more.',
    fix: 'Run `tillgate hq log verify`, then restore the custody folder from a backup, or move it away: the gateways send everything again.',
  },
  HQ_CUSTODY_FAILED: {
    means: 'The disk or the database of the custody failed, so what is durable is unknown.',
    fix: 'Look at the disk; headquarters starts again by itself and reads what is there.',
  },
  HQ_CUSTODY_FULL: {
    means: 'The disk of the custody is full; nothing is acknowledged until there is room.',
    fix: 'Make room on the disk; the gateways send again by themselves.',
  },
  HQ_TOPIC_REFUSED: {
    means: "A client of headquarters' broker used a topic that is not its own.",
    fix: 'Enrol each gateway by itself: `tillgate hq store add`, then `tillgate hq join`.',
  },
  HQ_CREDENTIALS: {
    means: "User name or password is not one of headquarters' broker.",
    fix: 'Install the enrolment document again: `tillgate hq store add`, then `tillgate hq join`.',
  },
  HQ_BROKER_URL: {
    means: 'The address of the broker is not a URL.',
    fix: 'Use a form like mqtts://user:password@broker.example.com:8883.',
  },
  HQ_PROJECTION_BUSY: {
    means: "Headquarters' tables cannot answer right now; custody is not affected.",
    fix: 'Try again in a moment; `tillgate hq status` shows what the tables are doing.',
  },
  HQ_NO_ANSWER: {
    means: 'The running headquarters did not answer, or answered with an error.',
    fix: 'Try again; look at the log of headquarters.',
  },
  HQ_NOT_FOUND: {
    means: 'Headquarters has nothing of that name or id.',
    fix: 'Check the name or id; `tillgate hq store list` shows what headquarters keeps.',
  },
  HQ_URL_UNKNOWN: {
    means: 'Nobody knows under which address stores reach headquarters.',
    fix: 'Start `tillgate hq run` first, set publicUrl in hq.yaml, or give --hq-url.',
  },
  HQ_STOPPED: {
    means: 'Headquarters is not running, and this needs it.',
    fix: 'Start it with `tillgate hq run`.',
  },
  HQ_ADMISSION_CONFLICT: {
    means: 'A log of that name was admitted with another key.',
    fix: 'Compare the verifier keys; a gateway that lost its key gets a new name.',
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
  LOG_ENTRY_UNKNOWN: {
    means: 'The log has no such entry, or no entry that books such a transaction.',
    fix: 'Run `tillgate status` to see how long the log is.',
  },
  ...TRANSACTION_CODES,
} as const satisfies Record<string, { means: string; fix: string }>;
