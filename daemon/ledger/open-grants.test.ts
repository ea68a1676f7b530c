/**
 * Goal: a sale reads the grants that something is left of and no others, however many there were, and
 * what is settled is still known and never taken again; also in a ledger of an earlier release.
 * Method: both stores, rows of each kind, the plan that SQLite makes, and a file without the index.
 */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import t from 'tap';
import { change } from '../../protocol/rights/holder.ts';
import { pointsPool } from '../../protocol/rights/pool.ts';
import type { GrantRow, RightsState } from '../../protocol/rights/rights-view.ts';
import { drawn, spendable } from '../../protocol/rights/spend-rights.ts';
import { freshFolder, ORIGIN } from './ledger-fixtures.ts';
import type { LedgerStore } from './ledger-port.ts';
import { SqliteRightsReads } from './sqlite-rights.ts';
import { openForWriting } from './sqlite-schema.ts';
import { SqliteStore } from './sqlite-store.ts';
import { SUBJECTS } from './store-subjects.ts';

const POOL = pointsPool('m-1');
const row = (grantId: string, more: Partial<GrantRow> = {}): GrantRow => ({
  ...{ pool: POOL, grantId, amount: 10, left: 10, expiresAtMs: null, isClosed: false, ...more },
});
const GRANTS = [
  row('closed', { isClosed: true }),
  row('ends', { expiresAtMs: 9_000 }),
  row('open', { left: 4 }),
  row('over', { left: -1 }),
  row('own', { left: 2 }),
  row('spent', { left: 0 }),
  { ...row('other'), pool: pointsPool('m-2') },
];

function put(store: LedgerStore, rights: { grants?: GrantRow[]; state?: RightsState }): void {
  const none = { grants: [], terms: [], uses: [], reservations: [], requests: [] };
  store.transact((transaction) =>
    transaction.write({ entries: [], rights: { state: undefined, ...none, ...rights } }),
  );
}

function begun(store: LedgerStore): void {
  store.transact((transaction) => transaction.openEpoch(ORIGIN));
  put(store, { grants: GRANTS });
}

const open = ({ view }: LedgerStore): string[] =>
  view.rights
    .openGrants(POOL)
    .map(({ grantId }) => grantId)
    .sort();

for (const [name, make] of SUBJECTS) {
  void t.test(`${name}: only what something is left of is read`, (t) => {
    const subject = make();
    begun(subject.store);
    t.strictSame(open(subject.store), ['ends', 'open', 'own']);
    t.strictSame(drawn(POOL, 15, subject.store.view.rights), [
      { grantId: 'ends', amount: 10 },
      { grantId: 'open', amount: 4 },
      { grantId: 'own', amount: 1 },
    ]);
    put(subject.store, { state: { frozen: null, anchorSeconds: 8 } });
    t.equal(spendable(POOL, subject.store.view.rights), 16, 'an anchor before its end');
    put(subject.store, { state: { frozen: null, anchorSeconds: 9 } });
    const store = subject.restart();
    t.strictSame(open(store), ['open', 'own'], 'one at its end');
    t.equal(store.view.rights.grantsOf(POOL).length, 6);
    const grant = { grantId: 'spent', holder: 'g1', pool: POOL, amount: 10 };
    t.match(change({ type: 'grant', grant }, store.view.rights, 0), { events: [] });
    subject.end();
    t.end();
  });
}

void t.test('the rest is passed over by an index', (t) => {
  const folder = freshFolder();
  const database = openForWriting(join(folder.path, 'ledger.db'));
  const plans: string[] = [];
  const spied = new Proxy(database, {
    get: (target, name) => {
      if (name !== 'prepare') return Reflect.get(target, name) as unknown;
      return (sql: string) => {
        if (sql.includes('is_closed = 0')) {
          const plan = target.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(POOL, 0);
          plans.push(...(plan as { detail: string }[]).map(({ detail }) => detail));
        }
        return target.prepare(sql);
      };
    },
  });
  new SqliteRightsReads(spied).openGrants(POOL);
  t.match(plans, [/^SEARCH rights_grants USING INDEX rights_open \(pool=\? AND <expr>>\?\)$/]);
  database.close();
  folder.remove();
  t.end();
});

void t.test('a ledger of an earlier release gets its index, and is read without it', (t) => {
  const folder = freshFolder();
  const path = join(folder.path, 'ledger.db');
  const before = new SqliteStore(path);
  begun(before);
  before.close();
  const old = new Database(path);
  old.exec('DROP INDEX rights_open');
  t.equal(new SqliteRightsReads(old).openGrants(POOL).length, 3);
  old.close();
  const store = new SqliteStore(path);
  t.strictSame(open(store), ['ends', 'open', 'own']);
  store.close();
  folder.remove();
  t.end();
});
