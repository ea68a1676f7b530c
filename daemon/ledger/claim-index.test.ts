/**
 * Goal: a claim is found from its commit on, for ever, wherever it stands, and one that was rolled
 * back is not. Method: fast-check drives the index with short runs through commits, roll-backs and
 * restarts beside a plain map; other connections are asked too.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { join } from 'node:path';
import t from 'tap';
import { ClaimIndex } from './claim-index.ts';
import { freshFolder, uuid } from './ledger-fixtures.ts';
import { openForReading, openForWriting } from './sqlite-schema.ts';
import { SqliteView } from './sqlite-view.ts';

const RUN_CLAIMS = 20;
type Step = { type: 'commit' | 'rollBack'; count: number } | { type: 'restart' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.nat(12).map((count): Step => ({ type: 'commit', count })) },
  { weight: 2, arbitrary: fc.nat(30).map((count): Step => ({ type: 'rollBack', count })) },
  { weight: 1, arbitrary: fc.constant<Step>({ type: 'restart' }) },
);

function play(steps: readonly Step[], path: string): void {
  let database = openForWriting(path);
  let index = new ClaimIndex(database, RUN_CLAIMS);
  const committed = new Map<string, number>();
  let next = 1;
  for (const one of steps) {
    if (one.type === 'restart') {
      database.close();
      database = openForWriting(path);
      index = new ClaimIndex(database, RUN_CLAIMS);
      continue;
    }
    const added = Array.from({ length: one.count }, (_, at) => uuid(`${next + at}`));
    const before = index.snapshot();
    database.exec('BEGIN IMMEDIATE');
    added.forEach((id, at) => index.add(id, next + at));
    for (const id of added) assert.notEqual(index.find(id), undefined);
    index.flush();
    if (one.type === 'commit') {
      database.exec('COMMIT');
      added.forEach((id, at) => committed.set(id, next + at));
      next += one.count;
    } else {
      database.exec('ROLLBACK');
      index.restore(before);
      for (const id of added) assert.equal(index.find(id), undefined);
    }
    for (const [id, entry] of committed) assert.equal(index.find(id), entry);
  }
  const reading = openForReading(path);
  const view = new SqliteView(reading);
  for (const [id, entry] of committed) assert.equal(view.claim(id)?.index, entry);
  assert.equal(view.claim(uuid('never')), undefined);
  reading.close();
  database.close();
}

void t.test('the index agrees with a map over commits, roll-backs and restarts', (t) => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 40 }), (steps) => {
      const folder = freshFolder();
      try {
        play(steps, join(folder.path, 'ledger.db'));
      } finally {
        folder.remove();
      }
    }),
    { numRuns: 20 },
  );
  t.pass('no counter-example');
  t.end();
});

void t.test('runs empty the table of recent claims again', (t) => {
  const folder = freshFolder();
  const database = openForWriting(join(folder.path, 'ledger.db'));
  const index = new ClaimIndex(database, RUN_CLAIMS);
  const count = database.prepare<[], number>('SELECT count(*) FROM recent').pluck();
  let most = 0;
  for (let round = 0; round < 100; round += 1) {
    index.snapshot();
    database.exec('BEGIN IMMEDIATE');
    for (let at = 0; at < 3; at += 1) index.add(uuid(`${round} ${at}`), round * 3 + at);
    index.flush();
    database.exec('COMMIT');
    most = Math.max(most, count.get() ?? 0);
  }
  t.ok(most <= 2 * RUN_CLAIMS, `${most} of 300 claims at most`);
  database.close();
  folder.remove();
  t.end();
});
