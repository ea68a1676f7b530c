/** The part of the one table of error codes (error-codes.ts) about a gateway's ledger and its logs. */
export const LOG_CODES = {
  LEDGER_BUSY: {
    means: 'More sales arrived than the disk could take; this one was not recorded.',
    fix: 'Send it again after retryAfterMs.',
  },
  LEDGER_DISK_FULL: {
    means: 'The disk is full; nothing was recorded.',
    fix: 'Free space on the disk of the data folder; selling goes on by itself.',
  },
  DISK_SPACE_LOW: {
    means: 'At the pace of the last week the disk is full within a week.',
    fix: 'Make room or fit a larger disk; the alarm clears itself.',
  },
  DISK_SPACE_CRITICAL: {
    means: 'At the pace of the last week the disk is full within a day; sales are then put off.',
    fix: 'Make room now; `tillgate status` shows the days left. The alarm clears itself.',
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
    means: 'The ledger is not as it was written.',
    fix: 'Run `tillgate log doctor`; it names what is damaged, and `--repair` puts it right.',
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
  TAIL_AWAITED: {
    means: 'What the log lacks is not lost: headquarters is joined and gives back what it holds.',
    fix: 'Wait for it: `tillgate status` counts; `uplink.enabled` has to be true, and a headquarters that holds nothing says so.',
  },
  LOG_FORKED: {
    means: 'Two copies of this gateway are alive, or were: the log has two histories, both signed.',
    fix: 'Find the second copy and switch it off; no sale is lost. docs/operations.md has the steps.',
  },
  LOG_EPOCHS_CROWDED: {
    means:
      'Headquarters contradicted several logs of this gateway within an hour; sales go on here.',
    fix: 'Run tillgate log verify and tillgate hq log verify; the gateway tries again within the hour.',
  },
  LOG_RECOVERY_STOPPED: {
    means: 'What headquarters holds of an earlier log could not be brought back here; sales go on.',
    fix: 'It is tried again by itself, within the hour, and the alarm goes when it comes through. If it stays, keep the log output and report it.',
  },
  DEVICES_ROLLED_BACK: {
    means:
      'The list of devices had gone back with the disk; the message names one and what became of it.',
    fix: 'Do what the message says, then clear the alarm.',
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
  LOG_ENTRY_UNKNOWN: {
    means: 'The log has no such entry, or no entry that books such a transaction.',
    fix: 'Run `tillgate status` to see how long the log is.',
  },
} as const satisfies Record<string, { means: string; fix: string }>;
