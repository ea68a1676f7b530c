/**
 * Looks at the suspects that are new or worse since the last look, and decides each by its rule
 * (protocol/conflicts/). What an entry says already is left out, so what comes back has still to be
 * written. `ownLogs` says how much of headquarters' own log is in these tables: whoever writes must
 * know that all of it is, or it might write something twice.
 */
import type { ConflictRecord } from '../../protocol/conflicts/conflict-record.ts';
import { firstAtHeadquarters } from '../../protocol/conflicts/first-at-headquarters.ts';
import { decideCode, decideGrant } from './right-suspects.ts';
import type { SqlQueries } from './sql-database.ts';

/** How far somebody looked; of other tables it means nothing. */
export type SuspectPlace = { life: string; number: number };

export type SuspectsRead = {
  place: SuspectPlace;
  ownLogs: { origin: string; size: number }[];
  found: ConflictRecord[];
  /** Grows with every entry about a conflict. */
  entries: number;
};

/** Between two looks there are few; a projection made anew has all, and is gone through in steps. */
const TOGETHER_MAX = 100;
/** Entries about one suspect; more of them change no decision that counts. */
const ENTRIES_MAX = 1_000;

type Suspect = { rule: string; chain: string; key: string };

export async function readSuspects(
  queries: SqlQueries,
  after: SuspectPlace | undefined,
): Promise<SuspectsRead> {
  const life = (
    await queries.query<{ name: string }>(
      'SELECT name::text AS name FROM projection.right_events_name',
    )
  )[0];
  const name = life?.name ?? '';
  const from = after?.life === name ? after.number : 0;
  const own = await queries.query<{ origin: string; size: string }>(
    `SELECT origin, size::text AS size FROM projection.logs
     WHERE chain = 'hq' AND store = 'hq' AND gateway = 'hq'`,
  );
  const entries = await queries.query<{ newest: string | null }>(
    'SELECT max(number)::text AS newest FROM projection.conflict_entries',
  );
  const suspects = await queries.query<Suspect & { number: string }>(
    `SELECT rule, chain, key, number::text AS number FROM projection.suspects
     WHERE number > $1::text::bigint ORDER BY projection.suspects.number LIMIT $2::text::int`,
    [String(from), String(TOGETHER_MAX)],
  );
  const decided: ConflictRecord[] = [];
  for (const suspect of suspects) decided.push(...(await decide(queries, suspect)));
  return {
    place: { life: name, number: Number(suspects.at(-1)?.number ?? from) },
    ownLogs: own.map(({ origin, size }) => ({ origin, size: Number(size) })),
    found: await unwritten(queries, decided),
    entries: Number(entries[0]?.newest ?? 0),
  };
}

function decide(queries: SqlQueries, suspect: Suspect): Promise<ConflictRecord[]> {
  switch (suspect.rule) {
    case 'firstAtHeadquarters':
      return contestedId(queries, suspect);
    case 'couponTwice':
      return decideCode(queries, suspect.chain, suspect.key);
    case 'overdraft':
      return decideGrant(queries, suspect.chain, suspect.key);
    default:
      return Promise.resolve([]);
  }
}

/** Its first entry counts; which of two others came first changes nothing. */
async function contestedId(
  queries: SqlQueries,
  { chain, key }: Suspect,
): Promise<ConflictRecord[]> {
  const [store = '', transactionId = ''] = key.split('/');
  const rows = await queries.query<{
    gateway: string;
    origin: string;
    idx: string;
    content_hash: string;
  }>(
    `SELECT l.gateway, l.origin, t.idx::text AS idx, t.content_hash
     FROM projection.transactions t JOIN projection.logs l USING (origin_id)
     WHERE t.chain = $1::text AND t.store = $2::text AND t.transaction_id = $3::text::uuid
     ORDER BY t.standing = 'counted' DESC, t.origin_id, t.idx LIMIT $4::text::int`,
    [chain, store, transactionId, String(ENTRIES_MAX)],
  );
  const accepted = rows.map(({ gateway, origin, idx, content_hash: contentHash }) => ({
    ...{ gateway, origin, index: Number(idx), contentHash },
  }));
  return firstAtHeadquarters({ chain, store, transactionId }, accepted);
}

async function unwritten(
  queries: SqlQueries,
  decided: readonly ConflictRecord[],
): Promise<ConflictRecord[]> {
  if (decided.length === 0) return [];
  const ids = JSON.stringify(decided.map(({ conflictId }) => conflictId));
  const rows = await queries.query<{ conflict_id: string }>(
    `SELECT DISTINCT conflict_id FROM projection.conflict_entries WHERE said = 'found'
     AND conflict_id IN (SELECT jsonb_array_elements_text($1::text::jsonb))`,
    [ids],
  );
  const known = new Set(rows.map(({ conflict_id: id }) => id));
  return decided.filter(({ conflictId }) => !known.has(conflictId));
}
