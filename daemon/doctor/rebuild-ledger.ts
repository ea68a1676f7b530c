/**
 * Makes a fresh ledger from what is left of a damaged one: every leaf that is proven to be as it was
 * written, what HQ sends back for the others, and all rows beside them derived from the leaves anew.
 *
 * A leaf counts as it is below a head that the leaves lead to (the gateway's own or HQ's), and above
 * that where the hash stored with it agrees. A log ends before the first entry that neither is here
 * nor comes back; sales that can be read behind such a gap are handed to the caller, because they
 * were accepted and have to be written again. Nothing here touches the damaged file.
 */
import { Frontier } from '../../protocol/log/merkle.ts';
import { RightsDraft } from '../../protocol/rights/rights-draft.ts';
import { countingOfTold, foldEntry } from '../ledger/apply-rights.ts';
import type { RightsTold } from '../ledger/apply-rights.ts';
import { conflictMark } from '../ledger/conflict-mark.ts';
import { entryId, entryRef } from '../ledger/entry-id.ts';
import type { DeviceState, EntryDraft, EntryRef, LedgerStore } from '../ledger/ledger-port.ts';
import { newDeviceState } from '../ledger/device-state.ts';
import { toldBy, type ReturnedEntry } from '../ledger/returned-entry.ts';
import { readHeader } from '../ledger/reply.ts';
import { addTo, type EntryRange } from './entry-range.ts';
import { salvageJobs } from './salvaged-jobs.ts';
import { lacksBlob, provenBy, readGood, type KnownSize } from './good-entries.ts';
import type { FetchFromHq } from './hq-fetcher.ts';
import type { EpochRow, LedgerSalvage, ReturnedRow } from './ledger-salvage.ts';

export interface Rebuilt {
  entries: number;
  /** Came back from HQ. */
  fetched: EntryRange[];
  /** Neither here nor at HQ; the log ends before the first. */
  lost: EntryRange[];
  /** Entries that are here while the body beside them is lost. */
  bodiesLost: EntryRange[];
  /** Readable entries behind a gap: their sales have to be written again. */
  behind: (EntryRef & { origin: string })[];
}

export interface RebuildOptions {
  salvage: LedgerSalvage;
  store: LedgerStore;
  heads: readonly KnownSize[];
  fetch: FetchFromHq;
}

/** Memory stays flat, and a commit is quick. */
const TOGETHER = 512;

/** Undefined where HQ has to be asked and does not answer; the store is then of no use. */
export async function rebuildLedger(options: RebuildOptions): Promise<Rebuilt | undefined> {
  const rebuilt: Rebuilt = { entries: 0, fetched: [], lost: [], bodiesLost: [], behind: [] };
  for (const row of options.salvage.epochs()) {
    const isWhole = await new EpochRebuild(options, row, rebuilt).run();
    if (!isWhole) return undefined;
  }
  for (const row of options.salvage.returned()) takeReturned(options, row);
  keepSmallTables(options);
  keepJobs(options);
  return rebuilt;
}

class EpochRebuild {
  readonly #options: RebuildOptions;
  readonly #row: EpochRow;
  readonly #rebuilt: Rebuilt;
  readonly #frontier = new Frontier();
  readonly #fetched = new Map<number, ReturnedEntry>();
  readonly #devices = new Map<string, DeviceState>();
  #waiting: EntryDraft[] = [];
  #rights: RightsTold[] = [];

  constructor(options: RebuildOptions, row: EpochRow, rebuilt: Rebuilt) {
    this.#options = options;
    this.#row = row;
    this.#rebuilt = rebuilt;
  }

  /** False where HQ does not answer. */
  async run(): Promise<boolean> {
    const { salvage, store, heads } = this.#options;
    const { epoch, origin } = this.#row;
    const known = heads.filter((head) => head.origin === origin);
    const returned = salvage.returned().find((place) => place.of === epoch);
    const continues = returned?.epoch === epoch;
    const end = continues ? returned.base : salvage.end(epoch);
    const provenSize = provenBy(salvage, epoch, known);
    store.transact((transaction) => transaction.openEpoch(origin));
    for (let index = 0; index < end; index += 1) {
      const local = readGood(salvage, { epoch, index }, provenSize);
      const isWhole = local !== undefined && !lacksBlob(local);
      const entry = isWhole ? local : await this.#fromHq(index);
      if (entry === 'unreachable') return false;
      if (entry !== 'gone') {
        this.#take(entry, index);
      } else if (local !== undefined) {
        addTo(this.#rebuilt.bodiesLost, { origin, start: index, end: index + 1 });
        this.#take(local, index);
      } else {
        this.#leave(index, end);
        break;
      }
    }
    this.#write();
    return true;
  }

  async #fromHq(index: number): Promise<ReturnedEntry | 'gone' | 'unreachable'> {
    const kept = this.#fetched.get(index);
    if (kept !== undefined) return kept;
    const { origin } = this.#row;
    const frontier = this.#frontier.nodes;
    const answer = await this.#options.fetch({ origin, start: index, frontier });
    if (answer.type === 'unreachable') return 'unreachable';
    this.#fetched.clear();
    if (answer.type !== 'entries') return 'gone';
    for (const entry of answer.entries) this.#fetched.set(entry.index, entry);
    return this.#fetched.get(index) ?? 'gone';
  }

  #take(entry: ReturnedEntry, index: number): void {
    const { origin } = this.#row;
    if (this.#fetched.get(index) === entry) {
      addTo(this.#rebuilt.fetched, { origin, start: index, end: index + 1 });
    }
    this.#frontier.append(entry.leafHash);
    this.#waiting.push(this.#draft(entry));
    this.#rebuilt.entries += 1;
    if (this.#waiting.length >= TOGETHER) this.#write();
  }

  #draft(entry: ReturnedEntry): EntryDraft {
    const { leaf, leafHash: hash, blob } = entry;
    const mark = conflictMark(leaf);
    const draft: EntryDraft = {
      leaf,
      leafHash: hash,
      ...(blob !== undefined && { blob }),
      ...mark,
    };
    const told = toldBy(entry);
    if (told.kind !== 'transaction' && told.rights) this.#rights.push(told.rights);
    if (told.kind === 'answer') return { ...draft, answers: told.key };
    if (told.kind === 'nothing') return { ...draft, ...anchorOf(leaf) };
    const { deviceId, sequenceNumber, transactionId } = told;
    if (deviceId !== undefined && sequenceNumber !== undefined) {
      const before = this.#devices.get(deviceId) ?? newDeviceState(new Date(0).toISOString());
      this.#devices.set(deviceId, { ...before, sequenceNumber });
    }
    const isClaimed =
      this.#options.store.view.claim(transactionId) !== undefined ||
      this.#waiting.some((other) => other.claims === transactionId);
    if (!isClaimed && told.rights) this.#rights.push(told.rights);
    return isClaimed ? draft : { ...draft, claims: transactionId };
  }

  #write(): void {
    const { store } = this.#options;
    const devices = [...this.#devices].map(([deviceId, state]) => ({ deviceId, state }));
    const entries = this.#waiting;
    const rights = this.#rights;
    store.transact((transaction) => {
      const draft = new RightsDraft(transaction.rights);
      for (const told of rights) foldEntry(told, draft);
      transaction.write({ entries, devices, rights: draft.writes() });
    });
    this.#waiting = [];
    this.#rights = [];
    this.#devices.clear();
  }

  /** The log ends at `index`; what can be read behind it is not forgotten. */
  #leave(index: number, end: number): void {
    const { origin, epoch } = this.#row;
    for (let at = index; at < end; at += 1) {
      const entry = readGood(this.#options.salvage, { epoch, index: at }, 0);
      if (entry === undefined) addTo(this.#rebuilt.lost, { origin, start: at, end: at + 1 });
      else this.#rebuilt.behind.push({ origin, epoch, index: at });
    }
  }
}

/** What HQ sent back once; what of it is spoilt HQ sends again, when the gateway asks. */
function takeReturned({ salvage, store }: RebuildOptions, row: ReturnedRow): void {
  const own = store.view.epochByOrigin(row.origin);
  if (row.base > (own?.size ?? 0) || own?.epoch === store.view.current()?.epoch) return;
  const { epoch } = store.transact((transaction) => transaction.openReturned(row.origin, row.base));
  for (let index = row.base; ; index += 1) {
    const entry = readGood(salvage, { epoch: row.epoch, index }, 0);
    if (entry === undefined) return;
    const told = toldBy(entry);
    // A till that submitted a sale again before it came back claimed its id in the newer epoch.
    const claims =
      told.kind === 'transaction' && store.view.claim(told.transactionId) === undefined;
    const draft: EntryDraft = {
      ...entry,
      ...anchorOf(entry.leaf),
      ...conflictMark(entry.leaf),
      ...(told.kind === 'answer' && { answers: told.key }),
      ...(claims && { claims: told.transactionId }),
    };
    const counting = countingOfTold(told, store.view);
    store.transact((transaction) => {
      transaction.writeReturned(epoch, [draft]);
      if (told.rights === undefined || counting === undefined) return;
      const rows = new RightsDraft(transaction.rights);
      foldEntry(told.rights, rows, counting);
      transaction.write({ entries: [], rights: rows.writes() });
    });
  }
}

function anchorOf(leaf: Uint8Array): Pick<EntryDraft, 'anchor'> {
  const { kind, size, timeSeconds } = readHeader(leaf);
  if (kind !== 'anchor' || typeof size !== 'number' || typeof timeSeconds !== 'number') return {};
  return { anchor: { size, timeSeconds } };
}

/** What no entry tells exactly: counters of refusals, and what was audited. */
function keepSmallTables({ salvage, store }: RebuildOptions): void {
  const devices = salvage.rows('devices').map((row) => ({
    deviceId: String(row['device_id']),
    state: {
      ...newDeviceState(String(row['rejection_day'])),
      sequenceNumber: store.view.device(String(row['device_id']))?.sequenceNumber ?? null,
      rejectedEntries: Number(row['rejected_entries']),
      rejectedBytes: Number(row['rejected_bytes']),
      rejectedUncounted: Number(row['rejected_uncounted']),
      summary: summaryOf(row['summary'] ?? null, store),
    },
  }));
  const missingResults = salvage
    .rows('missing')
    .map((row) => ({ deviceId: String(row['device_id']), origin: String(row['origin']) }));
  store.transact((transaction) => transaction.write({ entries: [], devices, missingResults }));
}

/** Answers of jobs that can be read; of a job that cannot, the till has to look at the peripheral. */
function keepJobs({ salvage, store }: RebuildOptions): void {
  const jobs = salvageJobs(salvage);
  for (let at = 0; at < jobs.length; at += TOGETHER) {
    const some = jobs.slice(at, at + TOGETHER);
    store.transact((transaction) => transaction.write({ entries: [], jobs: some }));
  }
}

function summaryOf(id: string | number | null, { view }: LedgerStore): EntryRef | null {
  if (typeof id !== 'number' || id < entryId({ epoch: 1, index: 0 })) return null;
  const ref = entryRef(id);
  return view.leaf(ref) === undefined ? null : ref;
}
