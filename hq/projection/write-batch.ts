/**
 * Writes interpreted entries into the tables, many rows a statement. The first entry of a
 * transaction id in a store counts; the same content in a second log is a duplicate of it, other
 * content a conflict, which becomes a suspect, and both only show.
 */
import type { Json } from '../../protocol/json/json-value.ts';
import type { EntryHeader } from '../../protocol/log/entry.ts';
import { isHqLogOrigin } from '../../protocol/log/hq-log-origin.ts';
import { parseOrigin } from '../../protocol/log/origin.ts';
import { must } from '../../protocol/must.ts';
import type { RightFact } from '../../protocol/rights/right-fact.ts';
import { ColumnBatch } from './column-batch.ts';
import { ALREADY_SUSPECT, ConflictRows, INTO_SUSPECTS } from './conflict-rows.ts';
import { COMMAND_ANSWER_TYPES, commandAnswerOf } from './command-answers.ts';
import type { Interpretation, InterpretedTransaction } from './interpret.ts';
import { RightRows } from './right-events.ts';
import { RightSuspects } from './right-suspects.ts';
import type { SqlQueries } from './sql-database.ts';
import { StockRows } from './stock-events.ts';

export type PlacedInterpretation = {
  origin: string;
  index: number;
  interpretation: Interpretation;
  /** What it says about rights, whatever becomes of the rest of it. */
  facts?: readonly RightFact[];
};

type Place = { originId: string; chain: string; store: string };

const TRANSACTION_TYPES = [
  'int', 'bigint', 'text', 'text', 'uuid', 'text', 'text', 'bigint', 'date', 'text', 'text',
  'text', 'text', 'uuid', 'text', 'bigint', 'boolean', 'text',
]; // prettier-ignore
const TRANSACTION_COLUMNS = `origin_id, idx, chain, store, transaction_id, device_id, type,
  sequence_number, business_date, occurred_at, recorded_at, operator_id, customer_id,
  original_transaction_id, currency, total, training, content_hash`;
const ROWS_OF_BATCH = `unnest(${ColumnBatch.placeholders(TRANSACTION_TYPES)}) AS x (${TRANSACTION_COLUMNS})`;

const COUNT_SQL = `
INSERT INTO projection.counted_sales (chain, store, transaction_id, origin_id, idx, content_hash,
  type, business_date, currency, total, training)
SELECT chain, store, transaction_id, origin_id, idx, content_hash, type, business_date, currency,
  total, training FROM ${ROWS_OF_BATCH}
ON CONFLICT (chain, store, transaction_id) DO NOTHING`;

const TRANSACTIONS_SQL = `
WITH written AS (INSERT INTO projection.transactions (${TRANSACTION_COLUMNS}, standing, duplicate_of_origin_id,
  duplicate_of_idx)
SELECT x.*, CASE WHEN c.origin_id = x.origin_id AND c.idx = x.idx THEN 'counted'
    WHEN c.content_hash = x.content_hash THEN 'duplicate' ELSE 'conflict' END,
  CASE WHEN c.origin_id = x.origin_id AND c.idx = x.idx THEN NULL ELSE c.origin_id END,
  CASE WHEN c.origin_id = x.origin_id AND c.idx = x.idx THEN NULL ELSE c.idx END
FROM ${ROWS_OF_BATCH} JOIN projection.counted_sales c USING (chain, store, transaction_id)
RETURNING chain, store, transaction_id, standing)
${INTO_SUSPECTS}
SELECT 'firstAtHeadquarters', chain, store || '/' || transaction_id,
  nextval('projection.suspect_number')
FROM (SELECT DISTINCT chain, store, transaction_id FROM written WHERE standing = 'conflict') s
${ALREADY_SUSPECT}`.replace(
  'x.*',
  TRANSACTION_COLUMNS.split(',')
    .map((name) => `x.${name.trim()}`)
    .join(', '),
);

class Table {
  readonly #name: string;
  readonly #types: readonly string[];
  readonly batch: ColumnBatch;

  constructor(name: string, types: string) {
    this.#name = name;
    this.#types = types.split(' ');
    this.batch = new ColumnBatch(this.#types.length);
  }

  async write(queries: SqlQueries): Promise<void> {
    if (this.batch.rowCount === 0) return;
    const rows = ColumnBatch.placeholders(this.#types);
    const sql = `INSERT INTO projection.${this.#name} SELECT * FROM unnest(${rows})`;
    await queries.query(sql, this.batch.params());
  }
}

/** Everything that one transaction of the database writes. */
export class WriteBatch {
  readonly #transactions = new ColumnBatch(TRANSACTION_TYPES.length);
  readonly #lines = new Table(
    'lines',
    'int bigint bigint text text bigint smallint text bigint smallint numeric bigint',
  );
  readonly #tenders = new Table('tenders', 'int bigint int text bigint');
  readonly #taxes = new Table('taxes', 'int bigint int text bigint smallint bigint boolean');
  readonly #rejected = new Table('rejected', 'int bigint text text text text text');
  readonly #devices = new Table('devices', 'int bigint text text text text');
  readonly #quarantine = new Table('quarantine', 'int bigint text boolean');
  readonly #waivers = new Table('waivers', 'text bigint text text text');
  readonly #stock = new StockRows();
  readonly #conflicts = new ConflictRows();
  readonly #rights = new RightRows();
  readonly #rightSuspects = new RightSuspects();
  readonly #answers = new Table('command_answers', COMMAND_ANSWER_TYPES);
  readonly #places: ReadonlyMap<string, string>;

  /** `places` maps origins to their numbers in `logs`. */
  constructor(places: ReadonlyMap<string, string>) {
    this.#places = places;
  }

  add({ origin, index, interpretation, facts = [] }: PlacedInterpretation): void {
    const originId = must(this.#places.get(origin), 'the log has its row');
    this.#rights.add(originId, facts);
    for (const fact of facts) this.#rightSuspects.note(fact);
    switch (interpretation.kind) {
      case 'transaction': {
        const { chain, store } = parseOrigin(origin);
        this.#addTransaction({ originId, chain, store }, index, interpretation);
        return;
      }
      case 'rejected':
        this.#addRejected(originId, index, interpretation.header);
        return;
      case 'conflict':
        this.#addConflict({ originId, origin, index }, interpretation.header);
        return;
      case 'device':
        this.#addDevice(originId, index, interpretation.header);
        return;
      case 'waiver':
        // Only headquarters waives: the entry of a gateway that says so is custody and no more.
        if (isHqLogOrigin(origin)) this.#addWaiver(interpretation.header);
        return;
      case 'audit':
        this.#addAnswer(originId, index, interpretation.header);
        return;
      case 'quarantine': {
        const { reason, uninterpreted } = interpretation;
        this.#quarantine.batch.add(originId, index, reason, uninterpreted);
        return;
      }
      case 'nothing':
    }
  }

  async write(queries: SqlQueries): Promise<void> {
    if (this.#transactions.rowCount > 0) {
      const params = this.#transactions.params();
      await queries.query(COUNT_SQL, params);
      await queries.query(TRANSACTIONS_SQL, params);
      await this.#stock.write(queries);
    }
    await this.#conflicts.write(queries);
    const ofSales = [this.#lines, this.#tenders, this.#taxes];
    const ofGateways = [this.#rejected, this.#devices, this.#answers];
    const ofHeadquarters = [this.#quarantine, this.#waivers];
    for (const table of [...ofSales, ...ofGateways, ...ofHeadquarters]) await table.write(queries);
    await this.#rights.write(queries);
    await this.#rightSuspects.write(queries);
  }

  #addTransaction(place: Place, index: number, interpreted: InterpretedTransaction): void {
    const { header, content, contentHash } = interpreted;
    const { originId, chain, store } = place;
    this.#transactions.add(
      originId, index, chain, store, content.transactionId, header.deviceId, content.type,
      content.sequenceNumber, content.businessDate, content.occurredAt, header.recordedAt,
      content.operatorId, content.customerId, content.originalTransactionId, content.currency,
      content.total, content.training ?? false, contentHash,
    ); // prettier-ignore
    this.#stock.add({ chain, store, originId, index }, header, content);
    for (const line of content.lines ?? []) {
      const { unitPrice } = line;
      // The schema's type loses the unit that its check allows.
      const quantity: { value: number; scale: number; unit?: string | null } = line.quantity;
      const discounts = (line.discounts ?? []).reduce(
        (sum, { amount }) => sum + BigInt(amount),
        0n,
      );
      this.#lines.batch.add(
        originId, index, line.lineNumber, line.itemId, line.description, quantity.value,
        quantity.scale, quantity.unit, unitPrice.value, unitPrice.scale, discounts,
        line.extendedAmount,
      ); // prettier-ignore
    }
    for (const [i, { type, amount }] of (content.tenders ?? []).entries()) {
      this.#tenders.batch.add(originId, index, i, type, amount);
    }
    for (const [i, { code, rate, amount, included }] of (content.taxes ?? []).entries()) {
      const isIncluded = included ?? false;
      this.#taxes.batch.add(originId, index, i, code, rate?.value, rate?.scale, amount, isIncluded);
    }
  }

  #addWaiver(header: EntryHeader): void {
    const origin = textMember(header, 'waivedOrigin');
    const index = (header as Record<string, Json>)['waivedIndex'];
    if (origin === undefined || typeof index !== 'number') return;
    const reason = textMember(header, 'reason') ?? '';
    const by = textMember(header, 'by') ?? '';
    this.#waivers.batch.add(origin, index, reason, by, header.recordedAt);
  }

  /** One about a submission is an answer to a till too, and counts with the refused ones. */
  #addConflict(at: { originId: string; origin: string; index: number }, header: EntryHeader): void {
    this.#conflicts.add(at, header);
    const isAnswer = textMember(header, 'transactionId') !== undefined;
    if (isAnswer && !isHqLogOrigin(at.origin)) this.#addRejected(at.originId, at.index, header);
  }

  #addRejected(originId: string, index: number, header: EntryHeader): void {
    const errors = (header as Record<string, Json>)['errors'];
    const codes = Array.isArray(errors) ? errors.map(codeOf).join(' ') : '';
    const { kind, deviceId, recordedAt } = header;
    const transactionId = textMember(header, 'transactionId');
    this.#rejected.batch.add(originId, index, kind, deviceId, transactionId, recordedAt, codes);
  }

  #addAnswer(originId: string, index: number, header: EntryHeader): void {
    const answer = commandAnswerOf(header);
    if (answer === undefined) return;
    const { commandId, state, recordedAt } = answer;
    this.#answers.batch.add(originId, index, commandId, state, recordedAt);
  }

  #addDevice(originId: string, index: number, header: EntryHeader): void {
    const { deviceId, recordedAt } = header;
    const action = textMember(header, 'action');
    const text = JSON.stringify(header);
    this.#devices.batch.add(originId, index, deviceId, action, recordedAt, text);
  }
}

function codeOf(error: Json): string {
  const code =
    typeof error === 'object' && error !== null
      ? (error as Record<string, Json>)['code']
      : undefined;
  return typeof code === 'string' ? code : '';
}

function textMember(header: EntryHeader, name: string): string | undefined {
  const value = (header as Record<string, Json>)[name];
  return typeof value === 'string' ? value : undefined;
}
