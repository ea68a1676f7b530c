/**
 * Goal: a gateway shows what it decided and what headquarters decided, with both bodies, and lets a
 * person add a note to its own, once. Method: a real ledger and a real copy of a feed.
 */
import { join } from 'node:path';
import t from 'tap';
import { FeedDatabase } from '../../platform/feeds/feed-database.ts';
import { packPublication } from '../../protocol/feed/feed-entry.ts';
import type { ConflictDocument } from '../../protocol/feed/conflict-document.ts';
import { encodeEntry, inlineBody } from '../../protocol/log/entry.ts';
import { Frontier, leafHash } from '../../protocol/log/merkle.ts';
import { must } from '../../protocol/must.ts';
import type { Answer } from '../ledger/commands.ts';
import { freshFolder, newCore, ORIGIN, sale, uuid } from '../ledger/ledger-fixtures.ts';
import { openLedgerReader } from '../ledger/reader.ts';
import { SqliteStore } from '../ledger/sqlite-store.ts';
import { GatewayConflicts } from './gateway-conflicts.ts';

const FEED = 'shop.example/acme/s0417/hq/e1-0a1b2c3d';
const OVERDRAFT: ConflictDocument = {
  ...{ conflictId: 'overdraft:acme/g-1', rule: 'overdraft', datum: 'stock:s0417/4711' },
  sides: [{ origin: ORIGIN, index: 1, says: 'drew 7' }],
  winner: null,
};

/** What headquarters published, as the gateway's copy has it. */
function copyOfFeed(path: string, document: ConflictDocument): void {
  const database = new FeedDatabase(path, { appliesAtOnce: true });
  database.begin(FEED, 'store');
  const { conflictId: id } = document;
  const [part] = must(
    packPublication('p1', [{ op: 'put', collection: 'conflict', id, document }]),
    'one document fits',
  );
  const { members, body } = must(part, 'a publication has a part');
  const leaf = encodeEntry(
    {
      ...{ v: 1, kind: 'feed', index: 0, recordedAt: '2026-05-01T09:00:00.000Z', ...members },
      clock: { wall: 1, monotonicMs: 1, bootId: 'b', source: 'system' },
      ...{ hlc: '000000000000001-00000', body: inlineBody(body) },
    },
    body,
  );
  const frontier = new Frontier();
  frontier.append(leafHash(leaf));
  database.append(FEED, { start: 0, leaves: [leaf], frontier, note: '' });
  database.activate(FEED);
  database.close();
}

void t.test('own ones and those of headquarters, one list', async (t) => {
  const folder = freshFolder();
  t.teardown(() => folder.remove());
  const store = new SqliteStore(join(folder.path, 'ledger.db'));
  t.teardown(() => store.close());
  const core = newCore(store);
  core.run([sale('a'), sale('a', { content: 'other', body: Buffer.from('{"second":true}') })]);
  const feedsFile = join(folder.path, 'feeds.db');
  const reader = openLedgerReader(folder.path);
  t.teardown(() => reader.close());
  const conflicts = new GatewayConflicts({
    reading: (read) => read(reader),
    append: (command) => {
      const [outcome] = core.run([command]);
      return Promise.resolve(outcome as unknown as Answer);
    },
    feedsFile,
  });
  t.match(conflicts.list(), { open: 0, decided: 1 }, 'there may be no feeds yet');
  copyOfFeed(feedsFile, OVERDRAFT);
  const list = conflicts.list();
  t.match(list, { open: 1, decided: 1 });
  t.match(list.conflicts, [
    { conflictId: OVERDRAFT.conflictId, state: 'open', decidedAt: 'headquarters' },
    { rule: 'firstStands', state: 'decided', winner: 0, sides: [{ index: 1 }, { index: 2 }] },
  ]);
  const own = must(list.conflicts[1], 'two are listed').conflictId;
  t.match(conflicts.show(own), {
    datum: `transaction ${uuid('a')}`,
    entries: [{ header: { kind: 'transaction' } }, { body: '{"second":true}' }],
  });
  t.match(conflicts.show(OVERDRAFT.conflictId), { next: /At headquarters: tillgate conflict/ });
  t.throws(() => conflicts.show('nothing'), { code: 'CONFLICT_UNKNOWN' });
  const said = { note: 'sold again under another number', winner: null };
  await t.rejects(conflicts.resolve(OVERDRAFT.conflictId, said), { code: 'CONFLICT_ELSEWHERE' });
  await t.rejects(conflicts.resolve(own, { ...said, winner: 1 }), { code: 'USAGE' });
  t.match(await conflicts.resolve(own, said), { origin: ORIGIN, index: 3 });
  await t.rejects(conflicts.resolve(own, said), { code: 'CONFLICT_DECIDED' });
  t.match(conflicts.show(own), { by: 'person', resolution: said.note, state: 'decided' });
});
