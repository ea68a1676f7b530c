/**
 * Goal: the sums say of a pool what every fact says, while grants at rest are one row of it; which they
 * are is the rule of protocol/rights/at-rest.ts, whenever the tables look; and none is ever forgotten.
 * Method: a log with a grant of each kind, books from its facts beside books from the sums, and a later
 * log that says of grants at rest what it should not.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import type { Grant } from '../../protocol/feed/right-documents.ts';
import { isAtRest } from '../../protocol/rights/at-rest.ts';
import type { GrantAtRest } from '../../protocol/rights/at-rest.ts';
import { PoolBook } from '../../protocol/rights/pool-book.ts';
import type { RightFact } from '../../protocol/rights/right-fact.ts';
import { needTool } from '../../test/support/need-tool.ts';
import { startPostgres } from '../../test/support/postgres.ts';
import { FileCustody } from '../custody/files/file-custody.ts';
import { SampleWriter, id, keep } from './fixtures/sample-writer.ts';
import { openPglite } from './pglite-database.ts';
import { openPostgres } from './postgres-database.ts';
import { Projector } from './projector.ts';
import { readAtRest } from './rights-at-rest.ts';
import { readRights } from './right-sums.ts';
import type { SqlDatabase } from './sql-database.ts';

t.setTimeout(110_000);

const POOL = 'points:m-1';
const HOLDER = 's1/g1';
const AMOUNT = 3;
const REACHED = 2_000;
const EARNED = 7;
const LIFE = '0a'.repeat(16);

type Kind = { drawn: number; returned: number | undefined; ends: number | null };

/** Five of three are drawn only where a log was copied. */
const KINDS: Kind[] = [0, 2, 3, 5].flatMap((drawn) =>
  [undefined, 0, 1, 3].flatMap((returned) =>
    [null, REACHED, REACHED + 1].map((ends) => ({ drawn, returned, ends })),
  ),
);
const GRANTS = KINDS.map(({ ends }, n) => {
  const grant = { grantId: `g${n}`, holder: 'g1', pool: POOL, amount: AMOUNT };
  const expiresAt = new Date((ends ?? 0) * 1_000).toISOString();
  return ends === null ? grant : { ...grant, expiresAt };
});

function spend(w: SampleWriter, n: number, from: { grantId: string; amount: number }): void {
  const { amount } = from;
  const debit = { pool: POOL, amount, left: 0, by: 'grant', from: [from] };
  w.transaction('none', { transactionId: id(n), rights: { debits: [debit], credits: [] } });
}

function giveBack(
  w: SampleWriter,
  what: { grantId: string; amount: number; recall?: string },
): void {
  w.entry('grant', { event: 'returned', pool: POOL, ...what });
}

function firstLog(): SampleWriter {
  const w = new SampleWriter('d/acme/s1/g1/e1');
  for (const grant of GRANTS) w.entry('grant', { event: 'received', grant });
  const rights = { debits: [], credits: [{ pool: POOL, amount: EARNED }] };
  w.transaction('none', { transactionId: id(900), rights });
  for (const [n, { drawn }] of KINDS.entries())
    if (drawn > 0) spend(w, n, { grantId: `g${n}`, amount: drawn });
  for (const [n, { returned }] of KINDS.entries()) {
    if (returned !== undefined) giveBack(w, { grantId: `g${n}`, amount: returned });
  }
  // A grant that is recalled takes along what was earned.
  giveBack(w, { grantId: 'own', amount: EARNED, recall: 'g9' });
  w.entry('anchor', { timeSeconds: REACHED });
  return w;
}

/** Of a copy that knew no end. */
function lateLog(): SampleWriter {
  const w = new SampleWriter('d/acme/s1/g1/e2-0a1b2c3d');
  for (const [n, grant] of GRANTS.entries()) {
    w.entry('grant', { event: 'received', grant });
    spend(w, 200 + n, { grantId: grant.grantId, amount: 1 });
    if (n % 2 === 0) giveBack(w, { grantId: grant.grantId, amount: 2 });
  }
  return w;
}

function bookOf(
  facts: readonly RightFact[],
  { areSums, atRest = [] }: { areSums: boolean; atRest?: readonly GrantAtRest[] },
): PoolBook {
  const book = new PoolBook(LIFE);
  const supply = { pool: POOL, amount: 1_000 };
  book.takeChange(undefined, { op: 'put', collection: 'supply', id: POOL, document: supply });
  for (const document of GRANTS as Grant[]) {
    if (atRest.some(({ grantId }) => grantId === document.grantId)) continue;
    book.takeChange('s1', { op: 'put', collection: 'grant', id: document.grantId, document });
  }
  for (const fact of facts) {
    if (areSums) book.takeSum(fact);
    else book.takeFact(fact);
  }
  return book;
}

function said(book: PoolBook): object {
  const pool = book.pool(POOL);
  return { left: pool?.available(), spent: pool?.spent(), held: pool?.rest(HOLDER) };
}

/** An empty database; the folder is for one that needs it. */
type OpenDatabase = (folder: string) => Promise<SqlDatabase>;

async function opened(
  t: Test,
  open: OpenDatabase,
): Promise<{ database: SqlDatabase; project: (log: SampleWriter) => Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'tillgate-at-rest-'));
  const custody = await FileCustody.openForWriting(join(folder, 'custody'));
  const database = await open(join(folder, 'projection'));
  t.teardown(async () => {
    await database.close();
    await custody.close();
    rmSync(folder, { recursive: true });
  });
  const projector = await Projector.open(database, custody);
  const project = async (log: SampleWriter): Promise<void> => {
    await keep(custody, [log]);
    while (await projector.step());
  };
  return { database, project };
}

const ALL = 10_000;
const IDS = GRANTS.map(({ grantId }) => grantId);

async function expectSameBooks(t: Test, open: OpenDatabase): Promise<void> {
  const { database, project } = await opened(t, open);
  await project(firstLog());
  t.strictSame((await readAtRest(database, 'acme', IDS)).grants, [], 'nothing is added up yet');
  const sums = await readRights(database, null, { limit: ALL });
  const { name, grants } = await readAtRest(database, 'acme', [...IDS, 'never', 'own']);
  const expected = KINDS.flatMap(({ drawn, returned = 0, ends }, n) => {
    const known = { received: AMOUNT, drawn, returned, ends, reached: REACHED };
    return isAtRest(known) ? [`g${n}`] : [];
  });
  t.ok(expected.length > 20 && expected.length < IDS.length);
  t.strictSame(grants.map(({ grantId }) => grantId).sort(), expected.toSorted());
  t.match(grants, [{ pool: POOL, store: 's1', gateway: 'g1', amount: AMOUNT }]);
  t.equal(sums.facts.filter(({ event }) => event === 'rested').length, 1);
  t.equal(sums.facts.filter(({ grantId }) => expected.includes(grantId)).length, 0);
  t.strictSame((await readAtRest(database, 'other', IDS)).grants, []);

  const facts = await readRights(database, { name, seq: '0' }, { limit: ALL });
  const whole = bookOf(facts.facts, { areSums: false });
  const own = facts.facts.filter(({ event, grantId }) => event === 'returned' && grantId === 'own');
  t.match(own, [{ amount: EARNED }], 'a grant that is given back is not what was earned');
  t.strictSame(said(bookOf(sums.facts, { areSums: true, atRest: grants })), said(whole));

  await project(lateLog());
  const late = await readRights(database, sums.cursor, { limit: ALL });
  t.equal(late.facts.filter(({ event }) => event === 'received').length, 0, 'once for ever');
  const after = bookOf(sums.facts, { areSums: true, atRest: grants });
  for (const fact of [...facts.facts, ...late.facts].slice(facts.facts.length)) {
    after.takeFact(fact);
    whole.takeFact(fact);
  }
  t.strictSame(said(after), said(whole), 'with what was said too late');

  const again = await readRights(database, null, { limit: ALL });
  const resting = (await readAtRest(database, 'acme', IDS)).grants;
  t.ok(resting.length > grants.length);
  t.strictSame(said(bookOf(again.facts, { areSums: true, atRest: resting })), said(whole));
}

async function expectTold(t: Test, open: OpenDatabase): Promise<void> {
  const { database, project } = await opened(t, open);
  const { cursor } = await readRights(database, null, { limit: ALL });
  await project(firstLog());
  const page = await readRights(database, cursor, { limit: ALL });
  const book = bookOf(page.facts, { areSums: false });
  const before = said(book);
  t.strictSame(page.rested, []);
  const next = await readRights(database, page.cursor, { limit: ALL, foldMax: 50 });
  t.ok(next.rested.length > 20);
  for (const { chain, pool, grantId } of next.rested) {
    t.equal(chain, 'acme');
    book.letRest(pool, grantId);
    t.equal(book.poolOfGrant(grantId), undefined);
  }
  t.strictSame(said(book), before, 'and its book says the same with less');
  await project(lateLog());
  const late = await readRights(database, next.cursor, { limit: ALL });
  const all = await readRights(database, { ...page.cursor, seq: '0' } as never, { limit: ALL });
  const whole = bookOf(all.facts, { areSums: false });
  for (const fact of late.facts) book.takeFact(fact);
  t.strictSame(said(book), said(whole));
}

async function runAll(t: Test, open: OpenDatabase): Promise<void> {
  await t.test('a book of the sums says what a book of all facts says', (t) =>
    expectSameBooks(t, open),
  );
  await t.test('a reader that runs is told what came to rest', (t) => expectTold(t, open));
}

void t.test('PGlite', (t) => runAll(t, openPglite));

void t.test('PostgreSQL', async (t) => {
  if (!needTool(t, 'postgres')) return;
  const postgres = await startPostgres();
  t.teardown(() => postgres.stop());
  await runAll(t, () => Promise.resolve(openPostgres(postgres.createDatabase())));
});
