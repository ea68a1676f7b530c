/** Reads and writes the rows of rights in ledger.db (rights-tables.ts). */
import type Database from 'better-sqlite3';
import { REQUEST_INTERVAL_MS } from '../../protocol/rights/holder.ts';
import type { CouponTerms } from '../../protocol/rights/right-entries.ts';
import type {
  CodeUse,
  GrantRow,
  RequestRow,
  ReservationRow,
  RightsState,
  RightsWrites,
} from '../../protocol/rights/rights-view.ts';
import type { KnownTerms, RightsReads } from './ledger-port.ts';
import { END } from './rights-tables.ts';

type Parameters = (string | number)[];
type Query<Row> = Database.Statement<Parameters, Row>;

interface StoredGrant extends Omit<GrantRow, 'isClosed'> {
  isClosed: number;
}

interface StoredReservation extends Omit<ReservationRow, 'isDrawn'> {
  isDrawn: number;
}

interface Reads {
  readonly grants: Query<StoredGrant>;
  readonly openGrants: Query<StoredGrant>;
  readonly grant: Query<StoredGrant>;
  readonly terms: Query<string>;
  readonly codeUse: Query<CodeUse>;
  readonly policyUses: Query<number>;
  readonly reservation: Query<StoredReservation>;
  readonly request: Query<RequestRow>;
  readonly state: Query<RightsState>;
  readonly any: Query<number>;
  readonly pools: Query<number>;
  readonly requests: Query<RequestRow>;
  readonly knownTerms: Query<{ couponId: string; terms: string }>;
}

const GRANT_COLUMNS =
  'pool, grant_id AS grantId, amount, remaining AS "left", expires_at_ms AS expiresAtMs, ' +
  'is_closed AS isClosed';

/** As the index says it, or it would not be used. */
const OPEN = 'pool = ? AND is_closed = 0 AND remaining > 0';
const MS_PER_SECOND = 1_000;

function prepared(database: Database.Database): Reads {
  const query = <Row>(sql: string): Query<Row> => database.prepare(sql);
  const value = <Row>(sql: string): Query<Row> => query<Row>(sql).pluck();
  return {
    grants: query(`SELECT ${GRANT_COLUMNS} FROM rights_grants WHERE pool = ?`),
    openGrants: query(`SELECT ${GRANT_COLUMNS} FROM rights_grants WHERE ${OPEN} AND ${END} > ?`),
    grant: query(`SELECT ${GRANT_COLUMNS} FROM rights_grants WHERE pool = ? AND grant_id = ?`),
    terms: value('SELECT terms FROM rights_terms WHERE coupon_id = ?'),
    codeUse: value(
      'SELECT taken_by FROM rights_codes ' +
        "WHERE coupon_id = ? AND taken_by IN ('grant', 'policy') AND code = ?",
    ),
    policyUses: value(
      "SELECT count(*) FROM rights_codes WHERE coupon_id = ? AND taken_by = 'policy'",
    ),
    reservation: query(
      'SELECT reservation_id AS reservationId, pool, amount, state, until, is_drawn AS isDrawn ' +
        'FROM rights_reservations WHERE reservation_id = ?',
    ),
    request: query('SELECT pool, amount, at_ms AS atMs FROM rights_requests WHERE pool = ?'),
    state: query('SELECT frozen, anchor_seconds AS anchorSeconds FROM rights_state WHERE id = 1'),
    any: value(
      'SELECT EXISTS (SELECT 1 FROM rights_grants) OR EXISTS (SELECT 1 FROM rights_terms) ' +
        'OR EXISTS (SELECT 1 FROM rights_codes) OR EXISTS (SELECT 1 FROM rights_reservations)',
    ),
    pools: value('SELECT count(*) FROM (SELECT DISTINCT pool FROM rights_grants LIMIT ?)'),
    requests: query(
      'SELECT pool, amount, at_ms AS atMs FROM rights_requests ORDER BY at_ms DESC LIMIT ?',
    ),
    knownTerms: query(
      'SELECT coupon_id AS couponId, terms FROM rights_terms WHERE coupon_id > ? ' +
        'ORDER BY coupon_id LIMIT ?',
    ),
  };
}

export class SqliteRightsReads implements RightsReads {
  readonly #database: Database.Database;
  #reads: Reads | undefined;

  constructor(database: Database.Database) {
    this.#database = database;
  }

  grantsOf(pool: string): readonly GrantRow[] {
    return this.#prepared()?.grants.all(pool).map(grantOf) ?? [];
  }

  openGrants(pool: string): readonly GrantRow[] {
    const anchorMs = this.state().anchorSeconds * MS_PER_SECOND;
    return this.#prepared()?.openGrants.all(pool, anchorMs).map(grantOf) ?? [];
  }

  grant(pool: string, grantId: string): GrantRow | undefined {
    const row = this.#prepared()?.grant.get(pool, grantId);
    return row === undefined ? undefined : grantOf(row);
  }

  terms(couponId: string): CouponTerms | null | undefined {
    const text = this.#prepared()?.terms.get(couponId);
    return text === undefined ? undefined : termsOf(text);
  }

  codeUse(couponId: string, code: string): CodeUse | undefined {
    return this.#prepared()?.codeUse.get(couponId, code);
  }

  policyUses(couponId: string): number {
    return this.#prepared()?.policyUses.get(couponId) ?? 0;
  }

  reservation(reservationId: string): ReservationRow | undefined {
    const row = this.#prepared()?.reservation.get(reservationId);
    return row === undefined ? undefined : { ...row, isDrawn: row.isDrawn === 1 };
  }

  request(pool: string): RequestRow | undefined {
    return this.#prepared()?.request.get(pool);
  }

  state(): RightsState {
    return this.#prepared()?.state.get() ?? { frozen: null, anchorSeconds: 0 };
  }

  isEmpty(): boolean {
    return (this.#prepared()?.any.get() ?? 0) === 0;
  }

  poolCount(most: number): number {
    return this.#prepared()?.pools.get(most) ?? 0;
  }

  requests(limit: number): readonly RequestRow[] {
    return this.#prepared()?.requests.all(limit) ?? [];
  }

  knownTerms(after: string, limit: number): readonly KnownTerms[] {
    const rows = this.#prepared()?.knownTerms.all(after, limit) ?? [];
    return rows.map(({ couponId, terms }) => ({ couponId, terms: termsOf(terms) }));
  }

  #prepared(): Reads | undefined {
    if (this.#reads !== undefined) return this.#reads;
    const exists = this.#database.prepare(
      "SELECT 1 FROM sqlite_schema WHERE name = 'rights_state'",
    );
    if (exists.get() === undefined) return undefined;
    this.#reads = prepared(this.#database);
    return this.#reads;
  }
}

function grantOf(row: StoredGrant): GrantRow {
  return { ...row, isClosed: row.isClosed === 1 };
}

/** Written by `write` below. */
function termsOf(text: string): CouponTerms | null {
  return JSON.parse(text) as CouponTerms | null;
}

export class SqliteRights {
  readonly #putGrant: Database.Statement;
  readonly #putTerms: Database.Statement;
  readonly #putUse: Database.Statement;
  readonly #putReservation: Database.Statement;
  readonly #putRequest: Database.Statement;
  readonly #dropRequest: Database.Statement;
  readonly #pruneRequests: Database.Statement;
  readonly #putState: Database.Statement;

  constructor(database: Database.Database) {
    const put = (table: string, count: number): Database.Statement =>
      database.prepare(
        `INSERT OR REPLACE INTO ${table} VALUES (${Array(count).fill('?').join(', ')})`,
      );
    this.#putGrant = put('rights_grants', 6);
    this.#putTerms = put('rights_terms', 2);
    this.#putUse = put('rights_codes', 3);
    this.#putReservation = put('rights_reservations', 6);
    this.#putRequest = put('rights_requests', 3);
    this.#dropRequest = database.prepare('DELETE FROM rights_requests WHERE pool = ?');
    this.#pruneRequests = database.prepare('DELETE FROM rights_requests WHERE abs(at_ms - ?) >= ?');
    this.#putState = put('rights_state', 3);
  }

  write(writes: RightsWrites): void {
    for (const { pool, grantId, amount, left, expiresAtMs, isClosed } of writes.grants) {
      this.#putGrant.run(pool, grantId, amount, left, expiresAtMs, isClosed ? 1 : 0);
    }
    for (const { couponId, terms } of writes.terms) {
      this.#putTerms.run(couponId, JSON.stringify(terms));
    }
    for (const { couponId, code, by } of writes.uses) this.#putUse.run(couponId, by, code);
    for (const { reservationId, pool, amount, state, until, isDrawn } of writes.reservations) {
      this.#putReservation.run(reservationId, pool, amount, state, until, isDrawn ? 1 : 0);
    }
    for (const { pool, row } of writes.requests) {
      this.#dropRequest.run(pool);
      if (row === null) continue;
      this.#pruneRequests.run(row.atMs, REQUEST_INTERVAL_MS);
      this.#putRequest.run(pool, row.amount, row.atMs);
    }
    const { state } = writes;
    if (state !== undefined) this.#putState.run(1, state.frozen, state.anchorSeconds);
  }
}
