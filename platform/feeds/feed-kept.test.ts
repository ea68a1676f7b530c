/**
 * Goal: the newest entries are kept within their bounds and given back by whole batches only; and what
 * an earlier release could not read is read after an update, unless something later was said.
 */
import Database from 'better-sqlite3';
import t from 'tap';
import { canonicalText } from '../../protocol/log/canonical-line.ts';
import { must } from '../../protocol/must.ts';
import { FeedDocuments } from './feed-documents.ts';
import { prepareFile } from './feed-file.ts';
import { FEED_LAYOUT, FEED_TABLES } from './feed-tables.ts';
import { FeedLeaves } from './feed-leaves.ts';
import { FeedUnread } from './feed-unread.ts';

function file(): Database.Database {
  const database = new Database(':memory:');
  t.teardown(() => database.close());
  prepareFile(database);
  return database;
}

const leavesOf = (count: number, bytes = 4): Uint8Array[] =>
  Array.from({ length: count }, () => new Uint8Array(bytes).fill(7));

void t.test('entries are given back by the checkpoints that were signed over them', (t) => {
  const leaves = new FeedLeaves(file());
  leaves.add(1, { start: 10, leaves: leavesOf(3), note: 'n13' });
  leaves.add(1, { start: 13, leaves: leavesOf(2), note: 'n15' });
  leaves.add(2, { start: 0, leaves: leavesOf(1), note: 'other' });
  t.match(leaves.batch(1, 10), { start: 10, end: 13, note: 'n13', leaves: { length: 3 } });
  t.match(leaves.batch(1, 12), { start: 12, end: 13, leaves: { length: 1 } });
  t.match(leaves.batch(1, 13), { end: 15, note: 'n15' });
  t.equal(leaves.batch(1, 15), undefined, 'there are no more');
  t.equal(leaves.batch(1, 5), undefined, 'they are not kept');
  t.equal(leaves.lowest(1), 10);
  t.equal(leaves.lowest(3), undefined);
  t.end();
});

void t.test('they are bounded by number and by bytes', (t) => {
  const bounds = { entries: 200, bytes: 16_000 };
  const leaves = new FeedLeaves(file(), bounds);
  for (let start = 0; start < 300; start += 50) {
    leaves.add(1, { start, leaves: leavesOf(50), note: `n${start}` });
  }
  t.equal(leaves.lowest(1), 100);
  for (let start = 0; start < 200; start++) {
    leaves.add(2, { start, leaves: leavesOf(1, 100), note: `n${start}` });
  }
  t.ok((leaves.lowest(2) ?? 0) >= 40, 'the oldest are gone');
  t.match(leaves.batch(2, 199), { end: 200 }, 'the newest never');
  t.end();
});

void t.test('what was rolled back is not counted', (t) => {
  const database = file();
  const undo = (work: () => void): void => {
    database.exec('BEGIN IMMEDIATE');
    work();
    database.exec('ROLLBACK');
  };

  const leaves = new FeedLeaves(database, { entries: 200, bytes: 16_000 });
  leaves.add(1, { start: 0, leaves: leavesOf(4, 1_000), note: 'n4' });
  // A full disk, say: the same batch comes again and again.
  const batch = { start: 4, leaves: leavesOf(4, 1_000), note: 'n8' };
  for (let round = 0; round < 10; round++) undo(() => leaves.add(1, batch));
  leaves.add(1, batch);
  t.equal(leaves.lowest(1), 0, 'eight kilobytes are within the bound');

  const unread = new FeedUnread(database, 20);
  const lines = Array.from({ length: 5 }, (_, line) => ({
    ...{ index: 1, line, collection: 'tax', id: `i${line}`, raw: Buffer.from('rubbish') },
  }));
  for (let round = 0; round < 10; round++) undo(() => unread.add(1, lines));
  unread.add(1, lines);
  const { quarantined } = unread.retry(1, new FeedDocuments(database, 1));
  t.equal(quarantined.length, lines.length, 'all of it is looked at again');
  t.end();
});

void t.test('what was settled makes room for what cannot be read', (t) => {
  const database = file();
  const unread = new FeedUnread(database, 4);
  for (let index = 0; index < 10; index++) {
    const about = { collection: 'tax', id: 'a' } as const;
    unread.add(1, [{ index, line: 0, ...about, raw: Buffer.from('rubbish') }]);
    if (index < 9) unread.settle(1, [{ op: 'put', ...about }]);
  }
  const { quarantined } = unread.retry(1, new FeedDocuments(database, 1));
  t.match(quarantined, [{ index: 9 }]);
  t.end();
});

void t.test('after an update what can be read now is in force', (t) => {
  const database = file();
  const unread = new FeedUnread(database);
  const documents = new FeedDocuments(database, 1);
  const line = (taxCode: string, value: number): Uint8Array => {
    const document = { taxCode, rate: { value, scale: 2 } };
    const text = canonicalText({ op: 'put', collection: 'tax', document });
    return Buffer.from(must(text, 'it has a form'));
  };
  const about = { collection: 'tax', id: null };
  unread.add(1, [
    { index: 4, line: 0, ...about, raw: line('a', 1) },
    { index: 5, line: 1, ...about, raw: line('b', 1) },
    { index: 6, line: 0, ...about, id: 'c', raw: line('c', 1) },
    { index: 7, line: 0, ...about, raw: Buffer.from('still rubbish') },
    { index: 8, line: null, collection: null, id: null, raw: Buffer.from('no entry') },
  ]);
  const value = { rate: { value: 2, scale: 2 } };
  const put = { op: 'put', collection: 'tax' } as const;
  documents.put(
    { ...put, id: 'b', document: { taxCode: 'b', ...value } },
    { index: 9, reference: null },
  );
  unread.settle(1, [{ op: 'put', collection: 'tax', id: 'c' }]);
  t.equal(unread.isDue(), true);
  const { applied, quarantined } = unread.retry(1, documents);
  t.same(applied, [{ op: 'put', collection: 'tax', id: 'a' }]);
  t.equal(documents.entry('tax', 'a'), 4);
  t.equal(documents.entry('tax', 'b'), 9, 'what was said later stays');
  t.equal(documents.entry('tax', 'c'), undefined, 'it was settled before');
  t.match(quarantined, [{ code: 'FEED_DOCUMENT_INVALID' }, { code: 'FEED_ENTRY_UNREADABLE' }]);
  t.equal(unread.isDue(), false, 'once for each release');
  t.end();
});

void t.test('a file of the release before gets what it lacks', (t) => {
  const database = new Database(':memory:');
  t.teardown(() => database.close());
  database.exec(FEED_TABLES);
  database.exec("INSERT INTO meta VALUES ('incarnation', 'kept'), ('generation', '7')");
  database.pragma('user_version = 1');
  prepareFile(database);
  t.equal(database.pragma('user_version', { simple: true }), FEED_LAYOUT);
  const meta = database.prepare("SELECT value FROM meta WHERE name = 'incarnation'").pluck().get();
  t.equal(meta, 'kept', 'it is the same file to headquarters');
  t.equal(new FeedLeaves(database).lowest(1), undefined);
  t.end();
});
