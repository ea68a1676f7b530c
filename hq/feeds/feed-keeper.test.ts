/**
 * Goal: a publication is written whole or not at all, the same content writes nothing, and feeds.db is
 * only a copy: lost, damaged or behind, it is what custody says again.
 */
import { generateKeyPairSync } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { checkChange } from '../../protocol/feed/change.ts';
import type { FeedChange } from '../../protocol/feed/change.ts';
import { createNoteSigner } from '../../protocol/log/note.ts';
import { KEY_TYPE_COSIGNATURE, KEY_TYPE_ED25519 } from '../../protocol/log/verifier-key.ts';
import { FileCustody } from '../custody/files/file-custody.ts';
import type { HqKeys } from '../keys/hq-keys.ts';
import { FeedKeeper } from './feed-keeper.ts';
import { PublishDesk } from './publish-desk.ts';

const ACME = { chain: 'acme' };
const NOW = { wallMs: () => 1_800_000_000_000, monotonicMs: () => 0 };
const WRITE = { isDryRun: false };
const privateKey = generateKeyPairSync('ed25519').privateKey;
const signer = (name: string) => createNoteSigner({ name, type: KEY_TYPE_ED25519, privateKey });
const keys: HqKeys = {
  durable: createNoteSigner({ name: 'd/hq/durable', type: KEY_TYPE_COSIGNATURE, privateKey }),
  feed: signer('d/hq/feed'),
  logSigner: signer,
  uplinkPassword: () => '',
};

function item(itemId: string, more: object = {}): FeedChange {
  const document = { itemId, names: { en: itemId }, ...more };
  const checked = checkChange({ op: 'put', collection: 'item', document });
  if (!checked.ok) throw new Error(JSON.stringify(checked.problems));
  return checked.change;
}

interface Place {
  folder: string;
  warnings: string[];
  custody: FileCustody;
  keeper: FeedKeeper;
}

let publications = 0;

async function opened(t: Test, folder = t.testdir()): Promise<Place> {
  const warnings: string[] = [];
  const custody = await FileCustody.openForWriting(join(folder, 'custody'), {
    onFatal: (error) => t.error(error),
  });
  const keeper = await FeedKeeper.open({
    ...{ path: join(folder, 'feeds.db'), domain: 'd', keys, custody, clock: NOW, bootId: 'b' },
    newId: () => `p${(publications += 1)}`,
    log: { warn: (_details, message) => warnings.push(message) },
  });
  return { folder, warnings, custody, keeper };
}

async function closed({ keeper, custody }: Place): Promise<void> {
  await keeper.close();
  await custody.close();
}

const counts = ({ keeper }: Place) =>
  keeper.read((database) => keeper.feeds().map(({ row }) => database.counts(row.generation)));

void t.test('all of it or nothing, and nothing twice', async (t) => {
  const place = await opened(t);
  const { keeper, custody } = place;
  t.match(await keeper.publish(ACME, [item('a')], { isDryRun: true }), { changed: 1, feed: null });
  t.same(await custody.heads(), [], 'a trial writes nothing');
  const first = await keeper.publish(ACME, [item('a', { codes: ['7'] }), item('b')], WRITE);
  t.match(first, { isPublished: true, changed: 2, feed: { size: 2 } });
  const again = await keeper.publish(ACME, [item('b'), item('a', { codes: ['7'] })], WRITE);
  t.match(again, { isPublished: false, changed: 0, unchanged: 2, feed: { size: 2 } });
  const twins = await keeper.publish(ACME, [item('c'), item('d', { codes: ['7'] })], WRITE);
  t.match(twins, {
    ...{ isPublished: false, changed: 1, problems: [{ at: 1, code: 'FEED_CODE_TAKEN' }] },
  });
  t.same(await counts(place), [{ item: 2 }]);
  const gone: FeedChange = { op: 'delete', collection: 'item', id: 'a' };
  const moved = await keeper.publish(ACME, [item('d', { codes: ['7'] }), gone], WRITE);
  t.match(moved, { isPublished: true, changed: 2 }, 'what goes gives its code first');
  await closed(place);
});

void t.test('the copy is what custody says, whatever happened to it', async (t) => {
  const first = await opened(t);
  const many = Array.from({ length: 400 }, (_, at) => item(`i${at}`, { codes: [`${at}`] }));
  await first.keeper.publish(ACME, many, WRITE);
  await first.keeper.publish({ chain: 'acme', store: 's1' }, [item('own')], WRITE);
  await closed(first);
  const { folder } = first;
  rmSync(join(folder, 'feeds.db'));
  const second = await opened(t, folder);
  t.same(await counts(second), [{ item: 400 }, { item: 1 }], 'built again');
  await closed(second);
  for (const suffix of ['-wal', '-shm']) rmSync(join(folder, `feeds.db${suffix}`), { force: true });
  writeFileSync(join(folder, 'feeds.db'), 'rubbish'.repeat(2_000));
  const third = await opened(t, folder);
  t.match(third.warnings, [/built again/]);
  t.same(await counts(third), [{ item: 400 }, { item: 1 }]);
  await closed(third);
});

void t.test('a new life has a new feed, with everything of the one before', async (t) => {
  const place = await opened(t);
  await place.keeper.publish(ACME, [item('a'), item('b')], WRITE);
  const [before] = place.keeper.feeds();
  const { custody } = place;
  const previous = custody.incarnation;
  await custody.beginLife({
    ...{ incarnation: 'f'.repeat(32), previous, reason: 'restored', beganAtMs: 0 },
  });
  const report = await place.keeper.publish(ACME, [item('c')], WRITE);
  t.match(report, { isPublished: true, changed: 1, feed: { origin: /-ffffffff$/ } });
  t.not(report.feed?.origin, before?.row.origin);
  t.same(await counts(place), [{ item: 3 }]);
  t.equal((await custody.head(before?.row.origin ?? ''))?.size, before?.row.size, 'not extended');
  await closed(place);
});

void t.test('the desk takes one publication at a time, and judges it itself', async (t) => {
  const place = await opened(t);
  let nowMs = 0;
  const desk = new PublishDesk({
    ...{ keeper: place.keeper, newId: () => `d${(publications += 1)}` },
    clock: { ...NOW, monotonicMs: () => nowMs },
    chains: () => Promise.resolve(['acme']),
  });
  const asked = { chain: undefined, store: undefined, isDryRun: false };
  const { id } = await desk.begin(asked);
  await t.rejects(desk.begin(asked), { code: 'FEED_BUSY' });
  t.throws(() => desk.add(id, [{ op: 'put', collection: 'price', document: {} }]), {
    code: 'FEED_DOCUMENT_INVALID',
  });
  desk.add(id, [item('a')]);
  t.equal(desk.commit(id).state, 'running');
  await desk.ended(id);
  t.match(desk.state(id), { state: 'done', report: { isPublished: true, changed: 1 } });
  t.match(await desk.feeds(), [{ chain: 'acme', store: null, documents: { item: 1 } }]);
  const page = { after: '', limit: 10 };
  const shown = await desk.documents({ ...asked, collection: 'item' }, page);
  t.match(shown, { documents: [{ id: 'a', document: { itemId: 'a' } }], next: null });
  await desk.begin(asked);
  nowMs = 61_000;
  await desk.begin(asked);
  t.pass('one that nobody goes on with is forgotten');
  await closed(place);
});
