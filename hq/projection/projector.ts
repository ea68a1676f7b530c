/**
 * Follows custody and keeps the tables. The cursor moves in the same database transaction as the
 * rows, so an entry is projected once whatever is killed in between. A cursor that custody does not
 * cover (custody began anew, or was restored) and tables of another version are dropped and made
 * again from the beginning.
 *
 * An entry that the database itself refuses for what it says is quarantined with the database's
 * words, alone. Any other failure (a connection lost, also at COMMIT, a full disk, a shutdown) says
 * nothing about the entry: it is thrown, and the owner opens again where the tables really are.
 */
import { parseOrigin } from '../../protocol/log/origin.ts';
import { must } from '../../protocol/must.ts';
import type { CustodyReader, Tail, TailRecord } from '../custody/custody.ts';
import { interpretEntry } from './interpret.ts';
import type { Interpretation } from './interpret.ts';
import { retryEntry } from './retry-entry.ts';
import type { RetryResult } from './retry-entry.ts';
import { rightFactsOfLeaf } from './right-events.ts';
import { isRefusedContent } from './sql-database.ts';
import type { SqlDatabase, SqlQueries } from './sql-database.ts';
import { DROP_PROJECTION, PROJECTION_TABLES, PROJECTION_VERSION } from './tables.ts';
import { WriteBatch } from './write-batch.ts';
import type { PlacedInterpretation } from './write-batch.ts';

/** Entries behind one database transaction. */
const BATCH_ENTRIES_MAX = 2_048;

const BLOB_MARK = Buffer.from('"at":"blob"', 'latin1');

const CURSOR_SQL = `
INSERT INTO projection.progress (version, cursor) VALUES ($1::text::int, $2::text)
ON CONFLICT (single) DO UPDATE SET version = excluded.version, cursor = excluded.cursor`;

export class Projector {
  readonly #database: SqlDatabase;
  readonly #custody: CustodyReader;
  #cursor: string | null = null;

  private constructor(database: SqlDatabase, custody: CustodyReader) {
    this.#database = database;
    this.#custody = custody;
  }

  static async open(database: SqlDatabase, custody: CustodyReader): Promise<Projector> {
    const projector = new Projector(database, custody);
    await database.exec(PROJECTION_TABLES);
    await projector.#restore();
    return projector;
  }

  /** Projects some of what is new; false when there was nothing. */
  async step(): Promise<boolean> {
    await this.#custody.refresh();
    const records: TailRecord[] = [];
    let cursor = this.#cursor;
    let entries = 0;
    while (entries < BATCH_ENTRIES_MAX) {
      const tail: Tail = await this.#custody.tail(cursor);
      if (tail.cursor === cursor) break;
      cursor = tail.cursor;
      records.push(...tail.records);
      entries += tail.records.reduce((sum, record) => sum + record.entries.length, 0);
      if (tail.records.length === 0) break;
    }
    if (cursor === null || cursor === this.#cursor) return false;
    await this.#write(records, cursor);
    this.#cursor = cursor;
    return records.length > 0;
  }

  /** Projects an entry of the quarantine once more. */
  async retry(origin: string, index: number): Promise<RetryResult> {
    const kept = must(await this.#custody.entry(origin, index), 'what is projected is in custody');
    const interpretation = await this.#interpretOne(origin, index, kept.leaf);
    const write = (queries: SqlQueries, placed: readonly PlacedInterpretation[]): Promise<void> =>
      writeAll(queries, placed, undefined);
    const result = await retryEntry(this.#database, { origin, index, interpretation, write });
    if (result.outcome === 'rebuilding') await this.#begin();
    return result;
  }

  /** Empty tables, to be made from the beginning of custody. */
  async #begin(): Promise<void> {
    this.#cursor = null;
    await this.#database.exec(DROP_PROJECTION);
    await this.#database.exec(PROJECTION_TABLES);
  }

  async #restore(): Promise<void> {
    const rows = await this.#database.query<{ version: number; cursor: string }>(
      'SELECT version, cursor FROM projection.progress',
    );
    const progress = rows[0];
    if (progress === undefined) return;
    const isOurs = progress.version === PROJECTION_VERSION;
    if (isOurs && (await this.#custody.covers(progress.cursor))) {
      this.#cursor = progress.cursor;
      return;
    }
    await this.#begin();
  }

  async #write(records: readonly TailRecord[], cursor: string): Promise<void> {
    const placed = await this.#interpret(records);
    try {
      await this.#database.transaction((queries) => writeAll(queries, placed, cursor));
    } catch (error) {
      if (!isRefusedContent(error)) throw error;
      await this.#writeOneByOne(placed, cursor);
    }
  }

  /** Slow, and only after a batch failed: finds the entry that the database does not take. */
  async #writeOneByOne(placed: readonly PlacedInterpretation[], cursor: string): Promise<void> {
    await this.#database.transaction(async (queries) => {
      for (const one of placed) {
        await queries.query('SAVEPOINT entry');
        try {
          await writeAll(queries, [one], undefined);
          await queries.query('RELEASE SAVEPOINT entry');
        } catch (error) {
          if (!isRefusedContent(error)) throw error;
          await queries.query('ROLLBACK TO SAVEPOINT entry');
          const reason = `the database refuses it: ${error instanceof Error ? error.message : String(error)}`;
          const interpretation = { kind: 'quarantine', reason, uninterpreted: false } as const;
          await writeAll(queries, [{ ...one, interpretation }], undefined);
        }
      }
      await writeAll(queries, [], cursor);
    });
  }

  async #interpret(records: readonly TailRecord[]): Promise<PlacedInterpretation[]> {
    const placed: PlacedInterpretation[] = [];
    for (const { origin, entries } of records) {
      for (const { index, leaf } of entries) {
        placed.push({
          origin,
          index,
          interpretation: await this.#interpretOne(origin, index, leaf),
          facts: rightFactsOfLeaf(origin, index, leaf),
        });
      }
    }
    return placed;
  }

  async #interpretOne(origin: string, index: number, leaf: Uint8Array): Promise<Interpretation> {
    const mayNeedBlob = Buffer.from(leaf.buffer, leaf.byteOffset, leaf.length).includes(BLOB_MARK);
    const blob = mayNeedBlob ? await this.#custody.blob(origin, index) : undefined;
    return interpretEntry(leaf, blob?.bytes);
  }
}

async function writeAll(
  queries: SqlQueries,
  placed: readonly PlacedInterpretation[],
  cursor: string | undefined,
): Promise<void> {
  const places = await placeLogs(queries, placed);
  const batch = new WriteBatch(places);
  for (const one of placed) batch.add(one);
  await batch.write(queries);
  if (cursor !== undefined) await queries.query(CURSOR_SQL, [String(PROJECTION_VERSION), cursor]);
}

/** A row for each log, with the size that is projected when this commits. */
async function placeLogs(
  queries: SqlQueries,
  placed: readonly PlacedInterpretation[],
): Promise<Map<string, string>> {
  const sizes = new Map<string, number>();
  for (const { origin, index } of placed) sizes.set(origin, index + 1);
  const places = new Map<string, string>();
  for (const [origin, size] of sizes) {
    const { chain, store, gateway } = parseOrigin(origin);
    const rows = await queries.query<{ origin_id: number }>(
      `INSERT INTO projection.logs (origin, chain, store, gateway, size)
       VALUES ($1::text, $2::text, $3::text, $4::text, $5::text::bigint)
       ON CONFLICT (origin) DO UPDATE SET size = greatest(projection.logs.size, excluded.size)
       RETURNING origin_id`,
      [origin, chain, store, gateway, String(size)],
    );
    places.set(origin, String(must(rows[0], 'an upsert returns its row').origin_id));
  }
  return places;
}
