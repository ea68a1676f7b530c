/**
 * Goal: the tables say exactly what custody holds, once, on both databases, and no bad entry stops
 * the next. Method: one custody of two logs with every kind of trouble, projected by the same code
 * on PGlite and on a real PostgreSQL, and the latter failing in ways that are not the entries'.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { TillgateError } from '../../protocol/errors.ts';
import { needTool } from '../../test/support/need-tool.ts';
import { startPostgres } from '../../test/support/postgres.ts';
import { FileCustody } from '../custody/files/file-custody.ts';
import { SampleWriter, id, keep, sale } from './fixtures/sample-writer.ts';
import { openPglite } from './pglite-database.ts';
import { openPostgres } from './postgres-database.ts';
import { Projector } from './projector.ts';
import { readRights } from './right-sums.ts';
import { readQuarantine, readTotals, readTransaction } from './reports.ts';
import type { SqlDatabase } from './sql-database.ts';
import { readSuspects } from './suspects.ts';
import { expectViews, expectWritten, ownWords, viewLogs } from './fixtures/view-samples.ts';

/** Two databases are started and one of them takes seconds on busy cores. */
t.setTimeout(110_000);

const POOL = 'points:m-1';
const RIGHTS = {
  debits: [{ pool: POOL, amount: 3, by: 'grant', from: [{ grantId: 'g-1', amount: 3 }], left: 0 }],
  credits: [{ pool: POOL, amount: 7 }],
};

function firstLog(): SampleWriter {
  const w = new SampleWriter('d/acme/s1/g1/e1');
  w.entry('epoch', { reason: 'new' });
  w.entry('device', { deviceId: 'till-1', action: 'deviceAdded' });
  w.transaction(sale(1));
  const jws = `eyJhbGciOiJFZDI1NTE5In0.${Buffer.from(JSON.stringify(sale(2))).toString('base64url')}.c2ln`;
  w.transaction(jws, { mediaType: 'application/jose' });
  w.blobTransaction(sale(3));
  w.transaction('not JSON', { transactionId: id(90), rights: RIGHTS });
  w.transaction(sale(4, { total: 1 }));
  w.transaction(sale(5, { schemaVersion: 9, novelty: true }));
  w.transaction(sale(6, { training: true }));
  w.entry('rejected', { deviceId: 'till-1', errors: [{ code: 'TXN_TOTAL_MISMATCH' }] });
  w.entry('novelty', {});
  w.log.append(Buffer.from('no entry at all'));
  const cash = { type: 'cashMovement', lines: [], taxes: [], tenders: [], total: 5000 };
  w.transaction(sale(7, cash));
  const most = Number.MAX_SAFE_INTEGER;
  for (const n of [8, 9]) {
    const free = { type: 'adjustment', lines: [], tenders: [], currency: 'JPY', total: most };
    w.transaction(sale(n, { ...free, taxes: [{ code: 'X', amount: most, included: false }] }));
  }
  return w;
}

function secondLog(): SampleWriter {
  const w = new SampleWriter('d/acme/s1/g1/e2-0a1b2c3d');
  w.transaction(sale(1));
  w.transaction(sale(2, { operatorId: 'another' }));
  w.transaction(sale(10), { transactionId: id(90), rights: RIGHTS });
  return w;
}

async function project(database: SqlDatabase, custody: FileCustody): Promise<Projector> {
  const projector = await Projector.open(database, custody);
  while (await projector.step());
  return projector;
}

async function expectAll(t: Test, database: SqlDatabase): Promise<void> {
  const totals = await readTotals(database);
  const places = { chain: 'acme', store: 's1', businessDate: '2010-12-01' };
  t.same(totals.rows, [
    { ...places, currency: 'GBP', transactions: 4, totalMinor: '7296', total: '72.96' },
    { ...places, currency: 'JPY', transactions: 2, totalMinor: '18014398509481982', total: '18014398509481982' },
  ]); // prettier-ignore
  t.match(totals, { duplicates: 1, conflicts: 1, rejected: 1, quarantined: 5, entries: 18 });
  t.same(totals.byType.find(({ type }) => type === 'cashMovement')?.total, '50.00');
  const quarantine = await readQuarantine(database, 100);
  t.same(
    quarantine.map(({ index, uninterpreted }) => [index, uninterpreted]),
    [[11, false], [10, true], [7, true], [6, false], [5, false]],
  ); // prettier-ignore
  t.match(quarantine[3]?.reason, 'TXN_');
  const found = await readTransaction(database, id(1));
  t.match(found, [
    { origin: 'd/acme/s1/g1/e1', index: '2', standing: 'counted', business_date: '2010-12-01' },
    {
      origin: 'd/acme/s1/g1/e2-0a1b2c3d',
      index: '0',
      standing: 'duplicate',
      duplicate_of_index: '2',
    },
  ]);
  t.match(found[0]?.['lines'], [
    {
      item_id: '85123A',
      description: 'A "quoted" \\ {name}, \uFFFD NULL',
      extended_amount: '1520',
    },
  ]);
  t.match(found[0]?.['tenders'], [{ type: 'cash', amount: '1824' }]);
  t.match(found[0]?.['taxes'], [{ code: 'VAT', amount: '304', included: false }]);
  t.equal((await readTransaction(database, id(3))).length, 1, 'the body in a blob is read');
  const first = await readRights(database, null, { limit: 1 });
  t.match(first, { areSums: true, cursor: { sums: String } });
  const name = await readRights(database, null, { limit: 10 });
  const spent = { index: -1, chain: 'acme', store: 's1', gateway: 'g1', pool: POOL };
  t.match(
    name.facts.toSorted((a, b) => (a.event < b.event ? -1 : 1)),
    [
      { ...spent, event: 'credited', amount: 7 },
      { ...spent, event: 'drawn', grantId: 'g-1', amount: 3 },
    ],
    'a sale in quarantine spent what it spent, and a copied log says it twice',
  );
  t.equal(name.facts.length, 2);
  const second = await readRights(database, first.cursor, { limit: 1 });
  const third = await readRights(database, second.cursor, { limit: 1 });
  t.match([second.facts.length, third.facts.length], [1, 0]);
  t.strictSame(third.cursor, name.cursor, 'page by page it is the same');
  t.match(await readRights(database, name.cursor, { limit: 10 }), {
    areSums: false,
    isAnew: false,
    facts: [],
  });
}

async function custodyIn(t: Test): Promise<FileCustody> {
  const folder = mkdtempSync(join(tmpdir(), 'tillgate-projection-'));
  const custody = await FileCustody.openForWriting(folder);
  t.teardown(async () => {
    await custody.close();
    rmSync(folder, { recursive: true });
  });
  return custody;
}

async function runAll(t: Test, open: () => Promise<SqlDatabase>): Promise<void> {
  const custody = await custodyIn(t);
  await keep(custody, [firstLog(), secondLog()]);
  let database = await open();
  await project(database, custody);
  await expectAll(t, database);
  await database.close();

  database = await open();
  const again = await project(database, custody);
  await expectAll(t, database);
  const more = new SampleWriter('d/acme/s2/g1/e1');
  for (let n = 20; n < 24; n++) more.transaction(sale(n));
  await keep(custody, [more]);
  while (await again.step());
  t.equal((await readTotals(database)).entries, 22, 'it goes on where it was');

  const anew = await custodyIn(t);
  await keep(anew, [secondLog()]);
  await project(database, anew);
  const rights = await readRights(database, { name: 'before', seq: '99' }, { limit: 10 });
  t.match(rights, { isAnew: true, facts: [] }, 'and a reader of rights begins anew');
  const totals = await readTotals(database);
  t.match(totals, { entries: 3, duplicates: 0, conflicts: 0 }, 'another custody, other tables');

  const views = await custodyIn(t);
  await keep(views, viewLogs());
  const viewing = await project(database, views);
  await expectViews(t, database);
  await keep(views, [ownWords((await readSuspects(database, undefined)).found)]);
  while (await viewing.step());
  await expectWritten(t, database);
  await database.close();
}

void t.test('PGlite', { timeout: 110_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tillgate-pglite-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  await runAll(t, () => openPglite(join(folder, 'projection')));
});

void t.test('PostgreSQL', { timeout: 60_000 }, async (t) => {
  if (!needTool(t, 'postgres')) return;
  const postgres = await startPostgres();
  t.teardown(() => postgres.stop());
  const url = postgres.createDatabase();
  await runAll(t, () => Promise.resolve(openPostgres(url)));
});

/** The database as it is, but the first COMMITs are made and then reported lost. */
function losingCommits(database: SqlDatabase, losses: number): SqlDatabase {
  let left = losses;
  return {
    ...database,
    transaction: async (work) => {
      const result = await database.transaction(work);
      if (left-- > 0) throw new TillgateError('INTERNAL', 'Connection terminated unexpectedly');
      return result;
    },
  };
}

/** The database with one statement failing as PostgreSQL does when its disk is full. */
function fullFor(database: SqlDatabase, table: string, isFull: () => boolean): SqlDatabase {
  return {
    ...database,
    transaction: (work) =>
      database.transaction((queries) =>
        work({
          query: (sql, params) => {
            if (!isFull() || !sql.includes(`INTO projection.${table} `)) {
              return queries.query(sql, params);
            }
            const full = new TillgateError('INTERNAL', 'could not extend file');
            return Promise.reject(Object.assign(full, { code: '53100' }));
          },
        }),
      ),
  };
}

void t.test('a database in trouble costs no entry its place', { timeout: 60_000 }, async (t) => {
  if (!needTool(t, 'postgres')) return;
  const postgres = await startPostgres();
  t.teardown(() => postgres.stop());
  const custody = await custodyIn(t);
  await keep(custody, [firstLog(), secondLog()]);

  await t.test('an answer to COMMIT that was lost', async (t) => {
    const database = openPostgres(postgres.createDatabase());
    t.teardown(() => database.close());
    const projector = await Projector.open(losingCommits(database, 1), custody);
    await t.rejects(projector.step(), { message: /terminated/ });
    await project(database, custody);
    await expectAll(t, database);
  });

  await t.test('a disk that is full for a while', async (t) => {
    const database = openPostgres(postgres.createDatabase());
    t.teardown(() => database.close());
    let isFull = true;
    const full = fullFor(database, 'lines', () => isFull);
    const projector = await Projector.open(full, custody);
    await t.rejects(projector.step(), { code: '53100' });
    isFull = false;
    while (await projector.step());
    await expectAll(t, database);
  });
});
