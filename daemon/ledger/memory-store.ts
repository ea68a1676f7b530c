/**
 * The ledger in memory, with the same commit semantics as on disk: what a transaction wrote is one
 * step, and `crash()` gives the store a restarted process would find, without what was not
 * committed. For simulations and for the contract suite, which both stores pass.
 */
import { completedNodes, type NodeReader } from '../../protocol/log/merkle.ts';
import { assert, must } from '../../protocol/must.ts';
import { entryId, nodeOwner } from './entry-id.ts';
import type { JobReads } from './job-row.ts';
import { memoryAnchors } from './memory-anchors.ts';
import { memoryJobs, pruneMemoryJobs, writeMemoryJob } from './memory-jobs.ts';
import { memoryRights, writeMemoryRights } from './memory-rights.ts';
import { MemoryTables, takeBack, type Undo } from './memory-tables.ts';
import { nextEpochNumber, placeReturned } from './returned-place.ts';
import type {
  AnchorReads,
  Blob,
  ConflictReads,
  DeviceState,
  EntryDraft,
  EntryRef,
  EpochInfo,
  LedgerStore,
  LedgerTransaction,
  LedgerView,
  ReturnedInfo,
  RightsReads,
  Writes,
} from './ledger-port.ts';

/** Where a simulator may stop the process or fail its disk: what throws there is what happens. */
export interface MemoryFaults {
  /** A throw, a crash or a full disk, leaves nothing of the transaction. */
  beforeCommit?(): void;
  /** The transaction is committed, whatever is thrown. */
  afterCommit?(): void;
  /** A mistake on purpose: commits are not durable before `sync`, and a crash takes them. */
  isSyncSkipped?: boolean;
}

export class MemoryStore implements LedgerStore {
  readonly #tables: MemoryTables;
  readonly #faults: MemoryFaults;
  #unsynced: Undo[] = [];
  #busy = false;

  constructor(faults: MemoryFaults = {}, tables: MemoryTables = new MemoryTables()) {
    this.#faults = faults;
    this.#tables = tables;
  }

  get view(): LedgerView {
    return new MemoryTransaction(this.#tables);
  }

  transact<T>(work: (transaction: LedgerTransaction) => T): T {
    assert(!this.#busy, 'the ledger does one transaction at a time');
    this.#busy = true;
    try {
      const { result, undo } = this.#tables.noting(() => {
        const value = work(new MemoryTransaction(this.#tables));
        this.#faults.beforeCommit?.();
        return value;
      });
      if (this.#faults.isSyncSkipped === true) this.#unsynced.push(undo);
      this.#faults.afterCommit?.();
      return result;
    } finally {
      this.#busy = false;
    }
  }

  /** Makes durable what `isSyncSkipped` left undone. */
  sync(): void {
    this.#unsynced = [];
  }

  /** What a new process finds after this one was killed now, which is over with it. */
  crash(faults: MemoryFaults = {}): MemoryStore {
    for (const undo of this.#unsynced.splice(0).reverse()) takeBack(undo);
    return this.snapshot(faults);
  }

  /** A copy of what is committed, for a backup, a roll-back or a clone. */
  snapshot(faults: MemoryFaults = {}): MemoryStore {
    return new MemoryStore(faults, new MemoryTables(this.#tables));
  }

  close(): void {
    this.#busy = true;
  }
}

class MemoryTransaction implements LedgerTransaction {
  readonly #tables: MemoryTables;

  constructor(tables: MemoryTables) {
    this.#tables = tables;
  }

  write(writes: Writes): void {
    for (const draft of writes.entries) this.#append(draft);
    for (const { deviceId, state } of writes.devices ?? []) {
      this.#tables.devices.set(deviceId, state);
    }
    for (const { deviceId, origin } of writes.missingResults ?? []) {
      this.#tables.missing.set(`${deviceId} ${origin}`, true);
    }
    for (const job of writes.jobs ?? []) writeMemoryJob(this.#tables.jobs, job);
    if (writes.pruneJobs !== undefined) pruneMemoryJobs(this.#tables.jobs, writes.pruneJobs);
    if (writes.rights !== undefined) writeMemoryRights(this.#tables.rights, writes.rights);
  }

  #append(draft: EntryDraft): void {
    const tip = must(this.current(), 'an epoch is open before anything is appended');
    const ref = { epoch: tip.epoch, index: tip.size };
    if (draft.claims !== undefined) {
      assert(!this.#tables.claims.has(draft.claims), 'an id is claimed once');
    }
    this.#insert(ref, draft);
    this.#tables.epochs[this.#tables.epochs.length - 1] = { ...tip, size: tip.size + 1 };
  }

  #insert(ref: EntryRef, draft: EntryDraft): void {
    const { claims, answers, anchors, conflicts } = this.#tables;
    const hashes = completedNodes(ref.index, draft.leafHash, this.nodes(ref.epoch));
    this.#tables.entries.set(entryId(ref), { hashes, leaf: Uint8Array.from(draft.leaf) });
    if (draft.claims !== undefined && !claims.has(draft.claims)) claims.set(draft.claims, ref);
    if (draft.answers !== undefined && !answers.has(keyText(draft.answers))) {
      answers.set(keyText(draft.answers), ref);
    }
    if (draft.anchor !== undefined) anchors.push({ ref, ...draft.anchor });
    if (draft.isConflict === true) conflicts.push(ref);
    if (draft.blob !== undefined) {
      const { salt, bytes } = draft.blob;
      const kept = { salt: Uint8Array.from(salt), bytes: Uint8Array.from(bytes) };
      this.#tables.blobs.set(entryId(ref), kept);
    }
  }

  openReturned(origin: string, base: number): ReturnedInfo {
    const place = placeReturned(this, origin, base);
    this.#tables.returned.push(place);
    return place;
  }

  writeReturned(epoch: number, entries: readonly EntryDraft[]): void {
    assert(epoch !== this.current()?.epoch, 'the newest epoch takes only what happens now');
    const { returned, epochs } = this.#tables;
    const at = returned.findIndex((known) => known.epoch === epoch);
    const place = must(returned[at], 'there is a place for what HQ sends back');
    entries.forEach((draft, offset) => this.#insert({ epoch, index: place.size + offset }, draft));
    const size = place.size + entries.length;
    returned[at] = { ...place, size };
    const own = epochs.findIndex((known) => known.epoch === epoch);
    const info = epochs[own];
    if (info !== undefined) epochs[own] = { ...info, size };
  }

  openEpoch(origin: string): EpochInfo {
    assert(this.epochByOrigin(origin) === undefined, 'an origin names one epoch');
    const info = { epoch: nextEpochNumber(this), origin, size: 0 };
    this.#tables.epochs.push(info);
    return info;
  }

  current(): EpochInfo | undefined {
    return this.#tables.epochs.at(-1);
  }

  epochs(): readonly EpochInfo[] {
    return [...this.#tables.epochs];
  }

  epochByOrigin(origin: string): EpochInfo | undefined {
    return this.#tables.epochs.find((known) => known.origin === origin);
  }

  returned(): readonly ReturnedInfo[] {
    return [...this.#tables.returned];
  }

  claim(transactionId: string): EntryRef | undefined {
    return this.#tables.claims.get(transactionId);
  }

  earlierAnswer(key: Uint8Array): EntryRef | undefined {
    return this.#tables.answers.get(keyText(key));
  }

  get anchors(): AnchorReads {
    return memoryAnchors(this.#tables.anchors);
  }

  get conflicts(): ConflictReads {
    const { conflicts } = this.#tables;
    return {
      newest: (limit) => conflicts.toSorted((a, b) => entryId(b) - entryId(a)).slice(0, limit),
      count: () => conflicts.length,
    };
  }

  get jobs(): JobReads {
    return memoryJobs(this.#tables.jobs);
  }

  get rights(): RightsReads {
    return memoryRights(this.#tables.rights);
  }

  leaf(ref: EntryRef): Uint8Array | undefined {
    return this.#tables.entries.get(entryId(ref))?.leaf;
  }

  leafHash(ref: EntryRef): Uint8Array | undefined {
    return this.#tables.entries.get(entryId(ref))?.hashes[0];
  }

  blob(ref: EntryRef): Blob | undefined {
    return this.#tables.blobs.get(entryId(ref));
  }

  device(deviceId: string): DeviceState | undefined {
    return this.#tables.devices.get(deviceId);
  }

  missingResultNoted(deviceId: string, origin: string): boolean {
    return this.#tables.missing.has(`${deviceId} ${origin}`);
  }

  nodes(epoch: number): NodeReader {
    const place = this.#tables.returned.find((known) => known.epoch === epoch);
    return (level, position) => {
      const index = nodeOwner(level, position);
      // What stands beside an epoch shares its first entries.
      const of = place === undefined || index >= place.base ? epoch : (place.of ?? epoch);
      const row = this.#tables.entries.get(entryId({ epoch: of, index }));
      return must(row?.hashes[level], 'a complete node has its last leaf in the log');
    };
  }
}

function keyText(key: Uint8Array): string {
  return Buffer.from(key).toString('hex');
}
