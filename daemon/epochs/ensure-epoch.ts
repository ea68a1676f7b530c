/**
 * The start check: is the log on this disk the one this gateway signed last, and the one HQ holds?
 * A log that is shorter than such a head, or differs from it, was rolled back, cloned or edited; it
 * is never extended again. A new epoch follows it here and now, so that sales go on; only the uplink
 * waits until HQ admits it.
 *
 * Runs before the ledger's threads start and before anything is appended, with the home lock held.
 * Reads O(log n) nodes. A stored head that cannot be read counts as absent, because whoever can
 * spoil the file could as well have removed it; it is reported.
 */
import type { KeyObject } from 'node:crypto';
import type { Clock } from '../../protocol/clock.ts';
import { isTillgateError } from '../../protocol/errors.ts';
import { hashesEqual, rootAt, type NodeReader } from '../../protocol/log/merkle.ts';
import { verifyNote } from '../../protocol/log/note.ts';
import { parseOrigin, sameGateway } from '../../protocol/log/origin.ts';
import { encodeVkey, KEY_TYPE_ED25519 } from '../../protocol/log/verifier-key.ts';
import type { FileSystem } from '../../platform/durable/file-system.ts';
import { ed25519PublicKeyBytes } from '../../platform/keys/ed25519-key-file.ts';
import { detectRollback, type EpochOpening, type KnownHead } from '../ledger/epoch.ts';
import type { LedgerAccess } from '../ledger/ledger-access.ts';
import { LedgerCore } from '../ledger/ledger-core.ts';
import type { LedgerReader } from '../ledger/reader.ts';
import { readStoredHead, type StoredHead } from '../signing/stored-head.ts';
import type { CarryList } from './carry-list.ts';
import { nextOpening, type EpochReason } from './next-opening.ts';

export type EnsureEpochOptions = {
  ledger: LedgerAccess;
  /** Learns what has to be carried over before the epoch that follows opens. */
  list: CarryList;
  signedHeadFile: string;
  hqHeadFile: string;
  /** Where those two files are; the machine's unless a simulation brings another. */
  disk?: FileSystem;
  /** `…/e1` of the gateway that the configuration names. */
  firstOrigin: string;
  privateKey: KeyObject;
  clock: Clock;
  /** The ledger comes from a backup: another copy of it may be selling, so it is never extended. */
  isRestored?: boolean;
  randomBytes: (count: number) => Uint8Array;
  /** Names this start of the process. */
  bootId: string;
};

export type EnsuredEpoch = {
  /** What to start the ledger with. */
  origin: string;
  /** The epoch that was opened, if one had to be. */
  opened: { origin: string; reason: EpochReason; prevOrigin: string; prevSize: number } | undefined;
  /** Sentences for the log: heads that were passed over. */
  problems: readonly string[];
};

/** Opens a new epoch where the log is not what the stored heads say, and tells which. */
export function ensureEpoch(options: EnsureEpochOptions): EnsuredEpoch {
  const problems: string[] = [];
  const heads = knownHeads(options, problems);
  options.ledger.settle();
  const reader = openIfPresent(options.ledger);
  if (reader === undefined) {
    const [latest] = heads.toSorted((a, b) => epochOf(b.origin) - epochOf(a.origin));
    if (latest === undefined) return { origin: options.firstOrigin, opened: undefined, problems };
    for (const { origin } of heads) options.list.addFetch(origin);
    const opening = nextOpening({ reason: 'ledgerLost', heads, previous: undefined, ...options });
    return { ...open(options, opening, { origin: latest.origin, size: 0 }), problems };
  }
  try {
    const found = findReason(heads, reader, options.privateKey);
    const reason = found ?? (options.isRestored === true ? 'restored' : undefined);
    if (reason === undefined) return { origin: reader.origin, opened: undefined, problems };
    const { origin } = reader;
    const previous = { origin, size: reader.size(), node: reader.node };
    const opening = nextOpening({ reason, heads, previous, ...options });
    const next = heldByHq(heads, previous);
    options.list.add({ origin, next });
    for (const head of unknownTo(reader, heads)) options.list.addFetch(head.origin);
    return { ...open(options, opening, previous), problems };
  } finally {
    reader.close();
  }
}

/** Undefined also for a ledger that a crash left without its first entry. */
function openIfPresent(ledger: LedgerAccess): LedgerReader | undefined {
  try {
    return ledger.openReader();
  } catch (error) {
    if (isTillgateError(error, 'LEDGER_MISSING')) return undefined;
    throw error;
  }
}

type StoredKnownHead = KnownHead & StoredHead;

type HeadPlaces = Pick<
  EnsureEpochOptions,
  'signedHeadFile' | 'hqHeadFile' | 'firstOrigin' | 'disk'
>;

/** Why a start would not go on with this log; undefined where it would. Changes nothing. */
export function reasonToEnd(
  options: HeadPlaces & { reader: LedgerReader; privateKey: KeyObject | undefined },
): EpochReason | undefined {
  return findReason(knownHeads(options, []), options.reader, options.privateKey);
}

function knownHeads(options: HeadPlaces, problems: string[]): StoredKnownHead[] {
  const { signedHeadFile, hqHeadFile, firstOrigin, disk } = options;
  const files = [
    ['signedHead', signedHeadFile],
    ['hqHead', hqHeadFile],
  ] as const;
  const heads: StoredKnownHead[] = [];
  for (const [from, path] of files) {
    try {
      const head = readStoredHead(path, disk);
      if (head === undefined) continue;
      if (sameGateway(parseOrigin(head.origin), parseOrigin(firstOrigin))) {
        heads.push({ ...head, from });
      } else {
        problems.push(`${path} is of another gateway, ${head.origin}, and was passed over.`);
      }
    } catch (error) {
      if (!isTillgateError(error) || error.code === 'INTERNAL') throw error;
      problems.push(`${error.message} It was passed over.`);
    }
  }
  return heads;
}

function findReason(
  heads: readonly StoredKnownHead[],
  reader: LedgerReader,
  privateKey: KeyObject | undefined,
): EpochReason | undefined {
  const known = reader.epochs().map(({ origin }) => origin);
  // An epoch counts above all that was known when it began, so it has answered earlier heads.
  const judged = heads.filter(
    ({ origin }) =>
      origin === reader.origin ||
      (!known.includes(origin) && epochOf(origin) >= epochOf(reader.origin)),
  );
  const finding = detectRollback(judged, reader);
  if (finding.verdict === 'consistent') {
    const signed = judged.find(({ from }) => from === 'signedHead');
    if (signed === undefined || privateKey === undefined) return undefined;
    return isSignedBy(signed, privateKey) ? undefined : 'keyChanged';
  }
  if (finding.verdict === 'different') return 'fork';
  return finding.head.from === 'hqHead' ? 'behindHq' : 'rolledBack';
}

/** Heads of logs that this ledger never had, because it is older than they are. */
function unknownTo(
  reader: LedgerReader,
  heads: readonly StoredKnownHead[],
): readonly StoredKnownHead[] {
  const known = reader.epochs().map(({ origin }) => origin);
  return heads.filter(({ origin }) => !known.includes(origin));
}

/** Entries of the log being left that HQ is known to hold: nothing of them has to be carried over. */
function heldByHq(
  heads: readonly StoredKnownHead[],
  previous: { origin: string; size: number; node: NodeReader },
): number {
  const head = heads.find(({ from }) => from === 'hqHead');
  if (head?.origin !== previous.origin) return 0;
  // A shorter log is what is left of the one HQ holds.
  if (head.size >= previous.size) return previous.size;
  return hashesEqual(rootAt(head.size, previous.node), head.root) ? head.size : 0;
}

function isSignedBy(head: StoredHead, privateKey: KeyObject): boolean {
  const key = encodeVkey(head.origin, KEY_TYPE_ED25519, ed25519PublicKeyBytes(privateKey));
  try {
    verifyNote(head.note, [key]);
    return true;
  } catch (error) {
    if (isTillgateError(error, 'LOG_NOTE_SIGNATURE')) return false;
    throw error;
  }
}

function open(
  options: EnsureEpochOptions,
  opening: EpochOpening & { reason: EpochReason },
  previous: { origin: string; size: number },
): Pick<EnsuredEpoch, 'origin' | 'opened'> {
  const { origin, reason, members } = opening;
  const isNew = previous.size === 0;
  const { ledger, clock, bootId, randomBytes } = options;
  const core = new LedgerCore(ledger.openStore(), {
    ...{ clock, bootId, clockSource: 'system', randomBytes },
    origin,
    firstEpoch: { reason, members },
  });
  try {
    if (!isNew) core.openEpoch(opening);
  } finally {
    core.close();
  }
  const opened = { origin, reason, prevOrigin: previous.origin, prevSize: previous.size };
  return { origin, opened };
}

function epochOf(origin: string): number {
  return parseOrigin(origin).epoch;
}
