/**
 * Takes entries back that HQ sent, and rebuilds from them what this ledger knew once: the ids that
 * are claimed, the answers that were given, the sequence numbers of devices. All of one slice is in
 * the transaction given, so a crash leaves either all of it or nothing, and the place says how far
 * it came.
 *
 * Rights that those entries moved are counted, each sale once; of two sales under one id what either
 * spent is gone, so that nothing is promised twice.
 *
 * What happened here meanwhile stands. A sale that was submitted or carried over again before its
 * first entry came back keeps its claim; the two are named together, as a `duplicateOf` entry where
 * they are the same content and as a conflict where they are not.
 */
import type { Json, JsonObject } from '../../protocol/json/json-value.ts';
import { foundMembers } from '../../protocol/conflicts/conflict-entry.ts';
import { firstInCustody } from '../../protocol/conflicts/first-in-custody.ts';
import { must, assert } from '../../protocol/must.ts';
import { RightsDraft } from '../../protocol/rights/rights-draft.ts';
import { countingOf, foldEntry } from './apply-rights.ts';
import { conflictMark } from './conflict-mark.ts';
import { claimedProblem } from './claimed-problem.ts';
import { newDeviceState } from './device-state.ts';
import { draftEntry, type EntryContext } from './entry-draft.ts';
import type { DeviceState, EntryDraft, EntryRef, LedgerTransaction } from './ledger-port.ts';
import { base64, originOf, readHeader } from './reply.ts';
import { toldBy, type ReturnedEntry, type ReturnedSlice, type Told } from './returned-entry.ts';

export interface ReturnedOutcome {
  /** Entries of that log that are here now. */
  readonly size: number;
  /** Sales that stand here twice: with the same content, and with other. */
  readonly duplicates: number;
  readonly conflicts: number;
}

type Place = { origin: string; index: number; leafHash: string };

type ToldTransaction = Extract<Told, { kind: 'transaction' }>;

/** An entry that holds an id which another entry that comes back holds too. */
interface Meeting {
  readonly told: ToldTransaction;
  readonly returned: EntryRef;
  readonly claimed: EntryRef;
}

export function applyReturned(
  slice: ReturnedSlice,
  transaction: LedgerTransaction,
  context: EntryContext,
): ReturnedOutcome {
  const { origin, start } = slice;
  const known = transaction.returned().find((place) => place.origin === origin);
  const place = known ?? transaction.openReturned(origin, start);
  assert(start <= place.size, 'what is sent back follows what is here');
  const entries = slice.entries.slice(place.size - start);
  const reading = new SliceReading(transaction, context);
  const drafts = entries.map((entry, at) =>
    reading.read(entry, { epoch: place.epoch, index: place.size + at }),
  );
  transaction.writeReturned(place.epoch, drafts);
  const written = reading.meetings.map((meeting) => noteMeeting(meeting, transaction, context));
  const devices = [...reading.devices].map(([deviceId, state]) => ({ deviceId, state }));
  transaction.write({ entries: [], devices, rights: reading.rights.writes() });
  const count = (wanted: string): number => written.filter((kind) => kind === wanted).length;
  const size = place.size + entries.length;
  return { size, duplicates: count('duplicate'), conflicts: count('conflict') };
}

/** Goes through a slice in order; later entries of it see what earlier ones claimed. */
class SliceReading {
  readonly meetings: Meeting[] = [];
  readonly devices = new Map<string, DeviceState>();
  readonly rights: RightsDraft;
  readonly #claims = new Set<string>();
  readonly #transaction: LedgerTransaction;
  readonly #context: EntryContext;

  constructor(transaction: LedgerTransaction, context: EntryContext) {
    this.#transaction = transaction;
    this.#context = context;
    this.rights = new RightsDraft(transaction.rights);
  }

  read(entry: ReturnedEntry, ref: EntryRef): EntryDraft {
    const { leaf, leafHash, blob } = entry;
    const draft = { leaf, leafHash, ...(blob !== undefined && { blob }), ...conflictMark(leaf) };
    const told = toldBy(entry);
    if (told.kind !== 'transaction' && told.rights) foldEntry(told.rights, this.rights, 'past');
    if (told.kind === 'answer') return { ...draft, answers: told.key };
    if (told.kind === 'nothing') return draft;
    this.#sequence(told);
    const claims = told.transactionId;
    const claimed = this.#transaction.claim(claims);
    if (claimed === undefined && !this.#claims.has(claims)) {
      this.#claims.add(claims);
      if (told.rights) foldEntry(told.rights, this.rights, 'past');
      return { ...draft, claims };
    }
    const counting = claimed && countingOf(told.contentHash, claimed, this.#transaction);
    if (told.rights && counting) foldEntry(told.rights, this.rights, counting);
    // One that was carried over names its first entry itself.
    if (claimed !== undefined && !told.isCarried) {
      this.meetings.push({ told, returned: ref, claimed });
    }
    return draft;
  }

  /** The larger of both: a device that sold on meanwhile is further than what comes back. */
  #sequence({ deviceId, sequenceNumber }: ToldTransaction): void {
    if (deviceId === undefined || sequenceNumber === undefined) return;
    const state =
      this.devices.get(deviceId) ??
      this.#transaction.device(deviceId) ??
      newDeviceState(this.#context.recordedAt);
    if (state.sequenceNumber !== null && state.sequenceNumber >= sequenceNumber) return;
    this.devices.set(deviceId, { ...state, sequenceNumber });
  }
}

function noteMeeting(
  { told, returned, claimed }: Meeting,
  transaction: LedgerTransaction,
  context: EntryContext,
): 'duplicate' | 'conflict' | 'known' {
  const { transactionId } = told;
  const header = readHeader(must(transaction.leaf(claimed), 'what claims an id is kept'));
  const first = placeOf(returned, transaction);
  // The local entry is a copy of the very one that comes back, and says so itself.
  if (isCopyOf(header, first)) return 'known';
  const own = placeOf(claimed, transaction);
  const { size: index } = must(transaction.current(), 'an epoch is open');
  const isSame = header['contentHash'] === told.contentHash;
  const draft = isSame
    ? { kind: 'audit' as const, members: duplicateMembers(transactionId, first, own) }
    : { kind: 'conflict' as const, members: conflictMembers(transactionId, first, own) };
  transaction.write({ entries: [draftEntry({ index, ...draft }, context)] });
  return isSame ? 'duplicate' : 'conflict';
}

function duplicateMembers(
  transactionId: string,
  duplicateOf: Place,
  entry: Place,
): Record<string, Json> {
  return { event: 'duplicateOf', transactionId, duplicateOf, entry };
}

/** Headquarters counts what it took into custody first, and that is what it sends back. */
function conflictMembers(
  transactionId: string,
  returned: Place,
  claimedBy: Place,
): Record<string, Json> {
  const errors = [claimedProblem(transactionId)];
  const found = foundMembers(firstInCustody({ transactionId, returned, claimedBy }));
  return { ...found, transactionId, claimedBy, returned, errors };
}

function isCopyOf(header: JsonObject, first: Place): boolean {
  const from = header['carriedFrom'] as Partial<Place> | undefined;
  return from?.origin === first.origin && from.leafHash === first.leafHash;
}

function placeOf(ref: EntryRef, transaction: LedgerTransaction): Place {
  const leafHash = must(transaction.leafHash(ref), 'each entry has its leaf hash');
  return { origin: originOf(ref, transaction), index: ref.index, leafHash: base64(leafHash) };
}
