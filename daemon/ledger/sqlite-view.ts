/**
 * Reads of ledger.db through one connection: what is committed, and on the writing connection also
 * what its open transaction wrote. Every read is a look-up by key, but for the few recent claims.
 */
import type Database from 'better-sqlite3';
import { uuidBytes } from '../../protocol/ids.ts';
import { HASH_BYTES, type Hash, type NodeReader } from '../../protocol/log/merkle.ts';
import { must } from '../../protocol/must.ts';
import { entryId, entryRef, epochRange, nodeOwner } from './entry-id.ts';
import type {
  AnchorReads,
  Blob,
  ConflictReads,
  DeviceState,
  EntryRef,
  EpochInfo,
  LedgerView,
  ReturnedInfo,
  RightsReads,
} from './ledger-port.ts';
import type { JobReads } from './job-row.ts';
import { SqliteAnchors } from './sqlite-anchors.ts';
import { SqliteConflicts } from './sqlite-conflicts.ts';
import { SqliteJobReads } from './sqlite-jobs.ts';
import { SqliteRightsReads } from './sqlite-rights.ts';
import { keepsReturned } from './sqlite-schema.ts';

type One<Row> = Database.Statement<unknown[], Row>;

interface DeviceRow {
  sequence_number: number | null;
  rejection_day: string;
  rejected_entries: number;
  rejected_bytes: number;
  rejected_uncounted: number;
  summary: number | null;
}

export class SqliteView implements LedgerView {
  readonly anchors: AnchorReads;
  readonly conflicts: ConflictReads;
  readonly jobs: JobReads;
  readonly rights: RightsReads;
  readonly #leaf: One<Buffer>;
  readonly #hashes: One<Buffer>;
  readonly #claim: One<number>;
  readonly #recentClaim: One<number>;
  readonly #answer: One<number>;
  readonly #blob: One<Blob>;
  readonly #device: One<DeviceRow>;
  readonly #missing: One<number>;
  readonly #lastId: One<number | null>;
  readonly #epochs: One<{ epoch: number; origin: string }>;
  /** Undefined for a ledger of an earlier release, which has had nothing sent back. */
  readonly #returned: One<Omit<ReturnedInfo, 'size'>> | undefined;

  constructor(database: Database.Database) {
    const one = <Row>(sql: string): One<Row> => database.prepare<unknown[], Row>(sql);
    const value = <Row>(sql: string): One<Row> => one<Row>(sql).pluck();
    this.#leaf = value('SELECT leaf FROM entries WHERE id = ?');
    this.#hashes = value('SELECT hashes FROM entries WHERE id = ?');
    this.#claim = value('SELECT entry FROM claims WHERE transaction_id = ?');
    this.#recentClaim = value('SELECT entry FROM recent WHERE transaction_id = ?');
    this.#answer = value('SELECT entry FROM answers WHERE key = ?');
    this.#blob = one('SELECT salt, bytes FROM blobs WHERE entry = ?');
    this.#device = one('SELECT * FROM devices WHERE device_id = ?');
    this.#missing = value('SELECT 1 FROM missing WHERE device_id = ? AND origin = ?');
    this.#lastId = value('SELECT max(id) FROM entries WHERE id >= ? AND id < ?');
    this.anchors = new SqliteAnchors(database);
    this.conflicts = new SqliteConflicts(database);
    this.jobs = new SqliteJobReads(database);
    this.rights = new SqliteRightsReads(database);
    this.#epochs = one('SELECT epoch, origin FROM epochs ORDER BY epoch');
    this.#returned = keepsReturned(database)
      ? one('SELECT epoch, origin, of, base FROM returned ORDER BY epoch')
      : undefined;
  }

  current(): EpochInfo | undefined {
    return this.epochs().at(-1);
  }

  epochs(): readonly EpochInfo[] {
    return this.#epochs
      .all()
      .map(({ epoch, origin }) => ({ epoch, origin, size: this.size(epoch) }));
  }

  /** Entries of `epoch`. */
  size(epoch: number): number {
    const { first, end } = epochRange(epoch);
    const last = this.#lastId.get(first, end) ?? null;
    return last === null ? 0 : last - first + 1;
  }

  epochByOrigin(origin: string): EpochInfo | undefined {
    return this.epochs().find((known) => known.origin === origin);
  }

  returned(): readonly ReturnedInfo[] {
    const rows = this.#returned?.all() ?? [];
    return rows.map((row) => ({ ...row, size: Math.max(row.base, this.size(row.epoch)) }));
  }

  claim(transactionId: string): EntryRef | undefined {
    const key = uuidBytes(transactionId);
    // The recent ones have no index by id; the writer has them in memory and asks itself.
    const id = this.#claim.get(key) ?? this.#recentClaim.get(key);
    return id === undefined ? undefined : entryRef(id);
  }

  earlierAnswer(key: Uint8Array): EntryRef | undefined {
    const id = this.#answer.get(key);
    return id === undefined ? undefined : entryRef(id);
  }

  leaf(ref: EntryRef): Uint8Array | undefined {
    return this.#leaf.get(entryId(ref));
  }

  leafHash(ref: EntryRef): Uint8Array | undefined {
    return this.#hashes.get(entryId(ref))?.subarray(0, HASH_BYTES);
  }

  blob(ref: EntryRef): Blob | undefined {
    return this.#blob.get(entryId(ref));
  }

  device(deviceId: string): DeviceState | undefined {
    const row = this.#device.get(deviceId);
    if (row === undefined) return undefined;
    return {
      sequenceNumber: row.sequence_number,
      rejectionDay: row.rejection_day,
      rejectedEntries: row.rejected_entries,
      rejectedBytes: row.rejected_bytes,
      rejectedUncounted: row.rejected_uncounted,
      summary: row.summary === null ? null : entryRef(row.summary),
    };
  }

  missingResultNoted(deviceId: string, origin: string): boolean {
    return this.#missing.get(deviceId, origin) !== undefined;
  }

  nodes(epoch: number): NodeReader {
    const place = this.returned().find((known) => known.epoch === epoch);
    return (level, position): Hash => {
      const index = nodeOwner(level, position);
      // What stands beside an epoch shares its first entries.
      const of = place === undefined || index >= place.base ? epoch : (place.of ?? epoch);
      const hashes = this.#hashes.get(entryId({ epoch: of, index }));
      const kept = must(hashes, 'a complete node has its last leaf in the log');
      return kept.subarray(level * HASH_BYTES, (level + 1) * HASH_BYTES);
    };
  }
}
