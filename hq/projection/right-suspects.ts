/**
 * Suspects among the facts about rights: single-use codes with more than one use, and grants of which
 * more was drawn than they were. The statements only choose what is worth a look; the rules decide
 * (protocol/conflicts/), from the same rows in custody order.
 *
 * What a gateway earned is its own grant of the pool: what it may draw of it is what was credited, and
 * what was held and released.
 */
import { couponTwice } from '../../protocol/conflicts/coupon-twice.ts';
import { overdraft } from '../../protocol/conflicts/overdraft.ts';
import type { ConflictRecord } from '../../protocol/conflicts/conflict-record.ts';
import { poolKind } from '../../protocol/rights/pool.ts';
import { OWN_GRANT } from '../../protocol/rights/right-entries.ts';
import type { RightFact } from '../../protocol/rights/right-fact.ts';
import { ColumnBatch } from './column-batch.ts';
import { ALREADY_SUSPECT, INTO_SUSPECTS } from './conflict-rows.ts';
import type { SqlQueries } from './sql-database.ts';

/** Facts about one code or grant; more of them change no decision that counts. */
const FACTS_MAX = 10_000;

const CODE_TYPES = ['text', 'text'];
const CODES = `
${INTO_SUSPECTS}
SELECT 'couponTwice', chain, pool, nextval('projection.suspect_number') FROM (
  SELECT e.chain, e.pool FROM projection.right_events e
  JOIN unnest(${ColumnBatch.placeholders(CODE_TYPES)}) AS b (chain, pool) USING (chain, pool)
  WHERE e.event IN ('drawn', 'policy')
  GROUP BY e.chain, e.pool HAVING count(DISTINCT e.store || '/' || e.key) > 1
) s ${ALREADY_SUSPECT}`;

/** A fact that a copied log says again has the same key and number within its entry. */
const NAME = `CASE WHEN e.key = '' THEN e.origin_id || '/' || e.idx ELSE e.key END`;
const OF_GRANT = `e.chain = b.chain AND e.pool = b.pool AND e.store = b.store AND
  e.gateway = b.gateway`;

function sumOnce(where: string): string {
  return `(SELECT coalesce(sum(amount), 0) FROM (SELECT DISTINCT ON (e.event, ${NAME}, e.n) e.amount
    FROM projection.right_events e WHERE ${OF_GRANT} AND ${where}) once)`;
}

const GRANT_TYPES = ['text', 'text', 'text', 'text', 'text', 'text'];
const GRANTS = `
${INTO_SUSPECTS}
SELECT 'overdraft', chain, key, nextval('projection.suspect_number') FROM (
  SELECT DISTINCT b.chain, b.key
  FROM unnest(${ColumnBatch.placeholders(GRANT_TYPES)})
    AS b (chain, store, gateway, pool, grant_id, key)
  WHERE ${sumOnce(`e.grant_id = b.grant_id AND e.event IN ('drawn', 'returned')`)} >
    CASE WHEN b.grant_id = '${OWN_GRANT}' THEN ${sumOnce(`e.event IN ('credited', 'released')`)}
    ELSE (SELECT max(e.amount) FROM projection.right_events e
      WHERE ${OF_GRANT} AND e.grant_id = b.grant_id AND e.event = 'received') END
) s ${ALREADY_SUSPECT}`;

export class RightSuspects {
  readonly #codes = new Map<string, [chain: string, pool: string]>();
  readonly #grants = new Map<string, string[]>();

  note({ chain, store, gateway, event, pool, grantId }: RightFact): void {
    const isUse = event === 'drawn' || event === 'policy';
    if (isUse && isCode(pool)) this.#codes.set(`${chain} ${pool}`, [chain, pool]);
    const isSpent = event === 'drawn' || event === 'returned' || event === 'received';
    if (!isSpent || grantId === '') return;
    const key = JSON.stringify([store, gateway, pool, grantId]);
    this.#grants.set(`${chain} ${key}`, [chain, store, gateway, pool, grantId, key]);
  }

  /** When the facts are in their table. */
  async write(queries: SqlQueries): Promise<void> {
    await run(queries, CODES, [...this.#codes.values()]);
    await run(queries, GRANTS, [...this.#grants.values()]);
  }
}

async function run(queries: SqlQueries, sql: string, rows: readonly string[][]): Promise<void> {
  const [first] = rows;
  if (first === undefined) return;
  const batch = new ColumnBatch(first.length);
  for (const row of rows) batch.add(...row);
  await queries.query(sql, batch.params());
}

/** `coupon:COUPON/CODE`. */
function isCode(pool: string): boolean {
  return poolKind(pool) === 'coupon' && pool.includes('/');
}

type FactRow = {
  store: string;
  origin: string;
  idx: string;
  n: string;
  event: string;
  grant_id: string;
  amount: string;
  key: string;
};

const FACTS = `
SELECT e.store, l.origin, e.idx::text AS idx, e.n::text AS n, e.event, e.grant_id,
  e.amount::text AS amount, e.key
FROM projection.right_events e JOIN projection.logs l USING (origin_id)
WHERE e.chain = $1::text AND e.pool = $2::text
  AND ($3::text IS NULL OR (e.store = $3::text AND e.gateway = $4::text))
ORDER BY e.seq LIMIT $5::text::int`;

/** `pool` is the key of a suspect of couponTwice. */
export async function decideCode(
  queries: SqlQueries,
  chain: string,
  pool: string,
): Promise<ConflictRecord[]> {
  const [couponId = '', code = ''] = pool.slice('coupon:'.length).split('/');
  const rows = await queries.query<FactRow>(FACTS, [chain, pool, null, null, String(FACTS_MAX)]);
  const uses = rows.flatMap(({ store, origin, idx, event, key }) => {
    const isUse = event === 'drawn' || event === 'policy';
    if (!isUse && event !== 'credited') return [];
    return [{ store, origin, index: Number(idx), key, uses: isUse ? 1 : -1 }];
  });
  return couponTwice({ chain, couponId, code }, uses);
}

/** `key` is that of a suspect of overdraft. */
export async function decideGrant(
  queries: SqlQueries,
  chain: string,
  key: string,
): Promise<ConflictRecord[]> {
  const [store = '', gateway = '', pool = '', grantId = ''] = JSON.parse(key) as string[];
  const at = [chain, pool, store, gateway, String(FACTS_MAX)];
  const rows = await queries.query<FactRow>(FACTS, at);
  const isOwn = grantId === OWN_GRANT;
  let amount = 0;
  const counted = new Set<string>();
  const draws = [];
  for (const row of rows) {
    const isRight = isOwn
      ? row.event === 'credited' || row.event === 'released'
      : row.event === 'received' && row.grant_id === grantId;
    const isDraw = row.grant_id === grantId && (row.event === 'drawn' || row.event === 'returned');
    const name = `${row.event} ${nameOf(row)}`;
    if (isRight && !isOwn) amount = Math.max(amount, Number(row.amount));
    else if (isRight && !counted.has(name)) amount += Number(row.amount);
    if (isRight) counted.add(name);
    if (!isDraw) continue;
    const { origin, idx } = row;
    draws.push({ origin, index: Number(idx), key: name, amount: Number(row.amount) });
  }
  const named = isOwn ? `${store}/${gateway}/own/${pool}` : grantId;
  const found = overdraft({ key: named, chain, grantId, pool, amount }, draws);
  return found === undefined ? [] : [found];
}

function nameOf({ key, origin, idx, n }: FactRow): string {
  return `${key === '' ? `${origin}/${idx}` : key}#${n}`;
}
