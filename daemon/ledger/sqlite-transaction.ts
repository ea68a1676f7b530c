/**
 * What one transaction of the ledger reads and writes. What the hot path would read again for every
 * sale stays in memory (frontier, epochs, devices); a transaction that fails puts them back.
 */
import type Database from 'better-sqlite3';
import { Frontier, frontierAt, type NodeReader } from '../../protocol/log/merkle.ts';
import { assert, must } from '../../protocol/must.ts';
import { ClaimIndex, type ClaimIndexState } from './claim-index.ts';
import { entryId, entryRef, EPOCH_MAX } from './entry-id.ts';
import type {
  AnchorReads,
  Blob,
  ConflictReads,
  DeviceState,
  EntryDraft,
  EntryRef,
  EpochInfo,
  LedgerTransaction,
  ReturnedInfo,
  RightsReads,
  Writes,
} from './ledger-port.ts';
import type { JobReads } from './job-row.ts';
import { nextEpochNumber, placeReturned } from './returned-place.ts';
import { SqliteJobs } from './sqlite-jobs.ts';
import { SqliteRights } from './sqlite-rights.ts';
import { SqliteView } from './sqlite-view.ts';

interface Snapshot {
  readonly epochs: readonly EpochInfo[];
  readonly frontier: Frontier;
  readonly claims: ClaimIndexState;
}

export class SqliteTransaction implements LedgerTransaction {
  readonly #view: SqliteView;
  readonly #insertEntry: Database.Statement;
  readonly #claims: ClaimIndex;
  readonly #insertAnswer: Database.Statement;
  readonly #insertBlob: Database.Statement;
  readonly #insertAnchor: Database.Statement;
  readonly #insertConflict: Database.Statement;
  readonly #insertMissing: Database.Statement;
  readonly #insertEpoch: Database.Statement;
  readonly #insertReturned: Database.Statement;
  readonly #putDevice: Database.Statement;
  readonly #jobs: SqliteJobs;
  readonly #rights: SqliteRights;
  /** All but the newest are final. */
  #closed: readonly EpochInfo[];
  #current: { epoch: number; origin: string } | undefined;
  #frontier: Frontier;
  /** Devices are enrolled by a person, so there are never many. */
  readonly #devices = new Map<string, DeviceState | undefined>();
  readonly #dirty = new Map<string, DeviceState>();

  constructor(database: Database.Database) {
    this.#view = new SqliteView(database);
    this.#insertEntry = database.prepare('INSERT INTO entries VALUES (?, ?, ?)');
    this.#claims = new ClaimIndex(database);
    // What is kept again for an answer that HQ sent back stays with the entry that has it.
    this.#insertAnswer = database.prepare('INSERT OR IGNORE INTO answers VALUES (?, ?)');
    this.#insertBlob = database.prepare('INSERT INTO blobs VALUES (?, ?, ?)');
    this.#insertAnchor = database.prepare('INSERT INTO anchors VALUES (?, ?, ?)');
    this.#insertConflict = database.prepare('INSERT INTO conflicts VALUES (?)');
    this.#insertMissing = database.prepare('INSERT OR IGNORE INTO missing VALUES (?, ?)');
    this.#insertEpoch = database.prepare('INSERT INTO epochs VALUES (?, ?)');
    this.#insertReturned = database.prepare('INSERT INTO returned VALUES (?, ?, ?, ?)');
    this.#putDevice = database.prepare(
      'INSERT OR REPLACE INTO devices VALUES (?, ?, ?, ?, ?, ?, ?)',
    );
    this.#jobs = new SqliteJobs(database);
    this.#rights = new SqliteRights(database);
    const epochs = this.#view.epochs();
    this.#closed = epochs.slice(0, -1);
    this.#current = epochs.at(-1);
    const tip = epochs.at(-1);
    this.#frontier =
      tip === undefined
        ? new Frontier()
        : new Frontier(tip.size, frontierAt(tip.size, this.#view.nodes(tip.epoch)));
  }

  snapshot(): Snapshot {
    assert(this.#dirty.size === 0, 'the last transaction was flushed or undone');
    return {
      epochs: this.epochs(),
      frontier: this.#frontier.clone(),
      claims: this.#claims.snapshot(),
    };
  }

  restore(before: Snapshot): void {
    this.#closed = before.epochs.slice(0, -1);
    this.#current = before.epochs.at(-1);
    this.#frontier = before.frontier;
    this.#claims.restore(before.claims);
    for (const deviceId of this.#dirty.keys()) this.#devices.delete(deviceId);
    this.#dirty.clear();
    this.#jobs.forgetCounts();
  }

  /** Writes what was held back so that it is written once a transaction. */
  flush(): void {
    for (const [deviceId, state] of this.#dirty) {
      this.#putDevice.run(
        deviceId,
        state.sequenceNumber,
        state.rejectionDay,
        state.rejectedEntries,
        state.rejectedBytes,
        state.rejectedUncounted,
        state.summary === null ? null : entryId(state.summary),
      );
    }
    this.#dirty.clear();
    this.#claims.flush();
  }

  write(writes: Writes): void {
    for (const draft of writes.entries) this.#append(draft);
    for (const { deviceId, state } of writes.devices ?? []) {
      this.#devices.set(deviceId, state);
      this.#dirty.set(deviceId, state);
    }
    for (const { deviceId, origin } of writes.missingResults ?? []) {
      this.#insertMissing.run(deviceId, origin);
    }
    for (const job of writes.jobs ?? []) this.#jobs.write(job);
    if (writes.pruneJobs !== undefined) this.#jobs.prune(writes.pruneJobs);
    if (writes.rights !== undefined) this.#rights.write(writes.rights);
  }

  #append(draft: EntryDraft): void {
    const { epoch } = must(this.#current, 'an epoch is open before anything is appended');
    const id = entryId({ epoch, index: this.#frontier.size });
    this.#insert(id, draft, this.#frontier);
    if (draft.claims !== undefined) this.#claims.add(draft.claims, id);
  }

  #insert(id: number, draft: EntryDraft, frontier: Frontier): void {
    const nodes = frontier.append(draft.leafHash);
    this.#insertEntry.run(
      id,
      nodes.length === 1 ? draft.leafHash : Buffer.concat(nodes),
      draft.leaf,
    );
    if (draft.answers !== undefined) this.#insertAnswer.run(draft.answers, id);
    const { anchor } = draft;
    if (anchor !== undefined) this.#insertAnchor.run(id, anchor.size, anchor.timeSeconds);
    if (draft.isConflict === true) this.#insertConflict.run(id);
    if (draft.blob !== undefined) this.#insertBlob.run(id, draft.blob.salt, draft.blob.bytes);
  }

  openReturned(origin: string, base: number): ReturnedInfo {
    const place = placeReturned(this, origin, base);
    assert(place.epoch <= EPOCH_MAX, 'a ledger holds a limited number of epochs');
    this.#insertReturned.run(place.epoch, origin, place.of, base);
    return place;
  }

  writeReturned(epoch: number, entries: readonly EntryDraft[]): void {
    assert(epoch !== this.#current?.epoch, 'the newest epoch takes only what happens now');
    const place = this.returned().find((known) => known.epoch === epoch);
    const { size } = must(place, 'there is a place for what HQ sends back');
    const frontier = new Frontier(size, frontierAt(size, this.nodes(epoch)));
    for (const draft of entries) {
      const id = entryId({ epoch, index: frontier.size });
      this.#insert(id, draft, frontier);
      if (draft.claims !== undefined && this.claim(draft.claims) === undefined) {
        this.#claims.addOld(draft.claims, id);
      }
    }
    this.#closed = this.#closed.map((info) =>
      info.epoch === epoch ? { ...info, size: frontier.size } : info,
    );
  }

  openEpoch(origin: string): EpochInfo {
    const epochs = this.epochs();
    const epoch = nextEpochNumber(this);
    assert(epoch <= EPOCH_MAX, 'a ledger holds a limited number of epochs');
    this.#insertEpoch.run(epoch, origin);
    this.#closed = epochs;
    this.#current = { epoch, origin };
    this.#frontier = new Frontier();
    return { epoch, origin, size: 0 };
  }

  current(): EpochInfo | undefined {
    if (this.#current === undefined) return undefined;
    const { epoch, origin } = this.#current;
    return { epoch, origin, size: this.#frontier.size };
  }

  epochs(): readonly EpochInfo[] {
    const current = this.current();
    return current === undefined ? this.#closed : [...this.#closed, current];
  }

  epochByOrigin(origin: string): EpochInfo | undefined {
    return this.epochs().find((known) => known.origin === origin);
  }

  returned(): readonly ReturnedInfo[] {
    return this.#view.returned();
  }

  device(deviceId: string): DeviceState | undefined {
    if (!this.#devices.has(deviceId)) this.#devices.set(deviceId, this.#view.device(deviceId));
    return this.#devices.get(deviceId);
  }

  claim(transactionId: string): EntryRef | undefined {
    const id = this.#claims.find(transactionId);
    return id === undefined ? undefined : entryRef(id);
  }

  earlierAnswer(key: Uint8Array): EntryRef | undefined {
    return this.#view.earlierAnswer(key);
  }

  get anchors(): AnchorReads {
    return this.#view.anchors;
  }

  get conflicts(): ConflictReads {
    return this.#view.conflicts;
  }

  get jobs(): JobReads {
    return this.#view.jobs;
  }

  get rights(): RightsReads {
    return this.#view.rights;
  }

  leaf(ref: EntryRef): Uint8Array | undefined {
    return this.#view.leaf(ref);
  }

  leafHash(ref: EntryRef): Uint8Array | undefined {
    return this.#view.leafHash(ref);
  }

  blob(ref: EntryRef): Blob | undefined {
    return this.#view.blob(ref);
  }

  missingResultNoted(deviceId: string, origin: string): boolean {
    return this.#view.missingResultNoted(deviceId, origin);
  }

  nodes(epoch: number): NodeReader {
    return this.#view.nodes(epoch);
  }
}
