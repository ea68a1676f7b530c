/**
 * What entries say of conflicts, as rows: all of kind `conflict`, of gateways and of headquarters
 * itself, each with what was read of it. `suspects` are transaction ids, codes and grants where a
 * conflict may be that nobody has written down: headquarters decides (hq/conflicts/), and what it
 * writes comes back here. A suspect that gets worse is looked at again, hence its number.
 */
import type { JsonObject } from '../../protocol/json/json-value.ts';
import { readConflictEntry } from '../../protocol/conflicts/conflict-entry.ts';
import { ruleOf } from '../../protocol/conflicts/rules.ts';
import type { EntryHeader } from '../../protocol/log/entry.ts';
import { ColumnBatch } from './column-batch.ts';
import type { SqlQueries } from './sql-database.ts';

export const CONFLICT_TABLES = `
CREATE TABLE IF NOT EXISTS projection.conflict_entries (
  origin_id integer NOT NULL,
  idx bigint NOT NULL,
  conflict_id text NOT NULL,
  said text NOT NULL CHECK (said IN ('found', 'resolved')),
  needs_person boolean NOT NULL,
  hlc text NOT NULL,
  recorded_at text NOT NULL,
  detail text NOT NULL,
  number bigserial,
  PRIMARY KEY (origin_id, idx)
);
CREATE INDEX IF NOT EXISTS conflict_entries_by_number ON projection.conflict_entries (number);
CREATE INDEX IF NOT EXISTS conflict_entries_by_id ON projection.conflict_entries (conflict_id);
CREATE SEQUENCE IF NOT EXISTS projection.suspect_number;
CREATE TABLE IF NOT EXISTS projection.suspects (
  rule text NOT NULL,
  chain text NOT NULL,
  key text NOT NULL,
  number bigint NOT NULL,
  PRIMARY KEY (rule, chain, key)
);
CREATE INDEX IF NOT EXISTS suspects_by_number ON projection.suspects (number);
`;

/** Behind a SELECT that gives (rule, chain, key), each once. */
export const INTO_SUSPECTS = 'INSERT INTO projection.suspects (rule, chain, key, number)';
export const ALREADY_SUSPECT =
  'ON CONFLICT (rule, chain, key) DO UPDATE SET number = excluded.number';

const TYPES = ['int', 'bigint', 'text', 'text', 'boolean', 'text', 'text', 'text'];

export class ConflictRows {
  readonly #batch = new ColumnBatch(TYPES.length);

  add(at: { originId: string; origin: string; index: number }, header: EntryHeader): void {
    const said = readConflictEntry(header as unknown as JsonObject, at);
    if (said === undefined) return;
    const id = said.said === 'found' ? said.conflict.conflictId : said.conflictId;
    const needsPerson = said.said === 'found' && ruleOf(id)?.by === 'person';
    const { hlc, recordedAt } = header;
    const detail = JSON.stringify(said);
    this.#batch.add(at.originId, at.index, id, said.said, needsPerson, hlc, recordedAt, detail);
  }

  async write(queries: SqlQueries): Promise<void> {
    if (this.#batch.rowCount === 0) return;
    const rows = ColumnBatch.placeholders(TYPES);
    const sql = `INSERT INTO projection.conflict_entries SELECT * FROM unnest(${rows})`;
    await queries.query(sql, this.#batch.params());
  }
}
