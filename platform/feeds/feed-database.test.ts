import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { checkChange } from '../../protocol/feed/change.ts';
import type { FeedChange } from '../../protocol/feed/change.ts';
import { packPublication } from '../../protocol/feed/feed-entry.ts';
import { encodeEntry, inlineBody } from '../../protocol/log/entry.ts';
import { Frontier, leafHash } from '../../protocol/log/merkle.ts';
import { must } from '../../protocol/must.ts';
import { FeedDatabase } from './feed-database.ts';
import { frontierOf } from './feed-frontier.ts';
import { isFeedDamage, setFeedsAside } from './feed-file.ts';
import { FeedReader } from './feed-reader.ts';

const ORIGIN = 'hq.example/acme/hq/hq/e1-01234567';

function items(count: number, name = 'x', from = 0): FeedChange[] {
  return Array.from({ length: count }, (_, at) => {
    const document = {
      itemId: `i${from + at}`,
      names: { en: name.repeat(60) },
      codes: [`${from + at}`],
    };
    const checked = checkChange({ op: 'put', collection: 'item', document });
    if (!checked.ok) throw new Error(JSON.stringify(checked.problems));
    return checked.change;
  });
}

/** Leaves of one publication from `start` on. */
function leavesOf(changes: readonly FeedChange[], start: number): Uint8Array[] {
  return must(packPublication(`p${start}`, changes), 'it is small').map(({ members, body }, at) =>
    encodeEntry(
      {
        ...{ v: 1, kind: 'feed', index: start + at, ...members, body: inlineBody(body) },
        ...{ recordedAt: '2026-01-01T00:00:00.000Z', hlc: '001767225600000-00000' },
        clock: { wall: 0, monotonicMs: 0, bootId: 'b', source: 'system' },
      },
      body,
    ),
  );
}

function append(database: FeedDatabase, leaves: readonly Uint8Array[], note = 'n') {
  const row = must(database.feed(ORIGIN), 'begun');
  const frontier = frontierOf(row);
  for (const leaf of leaves) frontier.append(leafHash(leaf));
  return database.append(ORIGIN, { start: row.size, leaves, frontier, note });
}

function opened(
  t: Test,
  path = join(t.testdir(), 'feeds.db'),
): { database: FeedDatabase; path: string } {
  const database = new FeedDatabase(path);
  t.teardown(() => database.close());
  return { database, path };
}

void t.test('a publication counts with its last part, over a restart too', (t) => {
  const { database, path } = opened(t);
  database.begin(ORIGIN, 'chain');
  append(database, leavesOf(items(1, 'old'), 0));
  database.activate(ORIGIN);
  const reader = new FeedReader(path);
  t.teardown(() => reader.close());
  const nameOf = (id: string) => {
    const found = reader.document(reader.feeds(), 'item', id);
    return found === undefined
      ? undefined
      : (JSON.parse(found.body) as { names: { en: string } }).names.en.slice(0, 3);
  };
  const parts = leavesOf(items(700, 'new'), 1);
  t.ok(parts.length >= 3, 'several parts');
  const first = append(database, parts.slice(0, 2));
  t.match(first, { applied: [], isInForce: false });
  t.equal(nameOf('i0'), 'old');
  t.match(reader.feeds(), [{ origin: ORIGIN, scope: 'chain', size: 1 }], 'the head in force');
  database.close();
  const again = new FeedDatabase(path);
  t.teardown(() => again.close());
  const last = append(again, parts.slice(2));
  t.equal(last.applied.length, 700);
  t.equal(last.isInForce, true);
  t.equal(nameOf('i0'), 'new');
  t.equal(nameOf('i699'), 'new');
  t.equal(reader.holder(reader.feeds(), 'item', '5'), 'i5');
  t.match(again.feed(ORIGIN), { size: 1 + parts.length, forceSize: 1 + parts.length });
  t.same(again.counts(again.feed(ORIGIN)?.generation ?? 0), { item: 700 });
  t.end();
});

void t.test('a coming feed takes the place of the one before when it is whole', (t) => {
  const { database, path } = opened(t);
  const old = 'hq.example/acme/hq/hq/e1-aaaaaaaa';
  database.begin(old, 'chain');
  database.activate(old);
  database.begin(ORIGIN, 'chain');
  append(database, leavesOf(items(10), 0));
  const reader = new FeedReader(path);
  t.teardown(() => reader.close());
  t.equal(reader.feeds()[0]?.origin, old);
  database.activate(ORIGIN);
  t.equal(reader.feeds()[0]?.origin, ORIGIN);
  t.ok(reader.document(reader.feeds(), 'item', 'i3'));
  let slices = 0;
  while (database.sweep()) slices++;
  t.ok(slices < 3);
  t.match(database.feeds(), [{ origin: ORIGIN, state: 'active' }]);
  t.end();
});

void t.test('a trial leaves nothing behind', (t) => {
  const { database } = opened(t);
  const { generation } = database.begin(ORIGIN, 'chain');
  append(database, leavesOf(items(3), 0));
  database.beginTrial();
  const [same] = items(1);
  const [other] = items(1, 'y');
  t.equal(database.tryChange(generation, must(same, 'one')), 'unchanged');
  t.equal(database.tryChange(generation, must(other, 'one')), undefined);
  const clash = checkChange({
    ...{ op: 'put', collection: 'item' },
    document: { itemId: 'z', names: { en: 'Z' }, codes: ['1'] },
  });
  t.match(clash.ok && database.tryChange(generation, clash.change), { code: 'FEED_CODE_TAKEN' });
  database.endTrial();
  t.match(database.documentsOf(generation).body('item', 'i0'), 'xxx');
  t.end();
});

void t.test('quarantine is kept, shown and settled', (t) => {
  const { database } = opened(t);
  const { generation } = database.begin(ORIGIN, 'chain');
  const bad = Buffer.from('{"collection":"item","document":{"itemId":"i0"},"op":"put"}\n');
  const leaf = encodeEntry(
    {
      ...{ v: 1, kind: 'feed', index: 0, publication: 'p', part: 0, parts: 1, changes: 1 },
      ...{ recordedAt: '2026-01-01T00:00:00.000Z', hlc: '001767225600000-00000' },
      ...{
        clock: { wall: 0, monotonicMs: 0, bootId: 'b', source: 'system' },
        body: inlineBody(bad),
      },
    },
    bad,
  );
  append(database, [leaf]);
  t.match(database.quarantine(generation), {
    count: 1,
    newest: [{ index: 0, line: 0, collection: 'item', id: 'i0', code: 'FEED_DOCUMENT_INVALID' }],
  });
  append(database, leavesOf(items(1), 1));
  t.same(database.quarantine(generation), { count: 0, newest: [] });
  t.end();
});

void t.test('a damaged file is known as such', (t) => {
  const path = join(t.testdir(), 'feeds.db');
  writeFileSync(path, 'no database at all, but long enough to be looked at'.repeat(100));
  try {
    new FeedDatabase(path).close();
    t.fail('it opened');
  } catch (error) {
    t.ok(isFeedDamage(error));
  }
  t.match(setFeedsAside(path, 0), /damaged-1970/);
  new FeedDatabase(path).close();
  t.same(frontierOf({ size: 0, frontier: Buffer.alloc(0) } as never).size, new Frontier().size);
  t.end();
});
