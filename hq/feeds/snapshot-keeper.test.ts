/**
 * Goal: snapshots are made when they are due and no more than may lie there; what is damaged, removed
 * or of a lost life is never sent; and batches are made once for all who ask.
 */
import { generateKeyPairSync } from 'node:crypto';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { zstdDecompressSync } from 'node:zlib';
import { checkChange } from '../../protocol/feed/change.ts';
import type { FeedChange } from '../../protocol/feed/change.ts';
import { linesOfChunk } from '../../protocol/feed/snapshot.ts';
import { createNoteSigner } from '../../protocol/log/note.ts';
import { KEY_TYPE_COSIGNATURE, KEY_TYPE_ED25519 } from '../../protocol/log/verifier-key.ts';
import { must } from '../../protocol/must.ts';
import { FileCustody } from '../custody/files/file-custody.ts';
import type { HqKeys } from '../keys/hq-keys.ts';
import { BatchCache } from './batch-cache.ts';
import { FeedKeeper } from './feed-keeper.ts';
import { makeSnapshots } from './open-feeds.ts';
import { SnapshotKeeper } from './snapshot-keeper.ts';

const ACME = { chain: 'acme' };
const NOW = { wallMs: () => 1_800_000_000_000, monotonicMs: () => 0 };
const WRITE = { isDryRun: false };
const privateKey = generateKeyPairSync('ed25519').privateKey;
const signerOf = (name: string) => createNoteSigner({ name, type: KEY_TYPE_ED25519, privateKey });
const keys: HqKeys = {
  durable: createNoteSigner({ name: 'd/hq/durable', type: KEY_TYPE_COSIGNATURE, privateKey }),
  feed: signerOf('d/hq/feed'),
  logSigner: signerOf,
  uplinkPassword: () => '',
};

function tax(taxCode: string, value: number): FeedChange {
  const document = { taxCode, rate: { value, scale: 2 } };
  const checked = checkChange({ op: 'put', collection: 'tax', document });
  if (!checked.ok) throw new Error(JSON.stringify(checked.problems));
  return checked.change;
}

async function opened(t: Test) {
  const folder = t.testdir();
  const custody = await FileCustody.openForWriting(join(folder, 'custody'));
  const feedsFile = join(folder, 'feeds.db');
  const log = { warn: () => undefined };
  const keeper = await FeedKeeper.open({
    ...{ path: feedsFile, domain: 'd', keys, custody, clock: NOW, bootId: 'b', log },
    newId: () => 'p',
  });
  const snapshots = (): SnapshotKeeper =>
    new SnapshotKeeper({
      ...{ folder: join(folder, 'snapshots'), feedsFile, signerOf, clock: NOW, log },
      due: { entriesMin: 3, entriesBetween: 2, betweenMs: 0 },
    });
  const files = (): string[] => readdirSync(join(folder, 'snapshots'));
  const close = async (): Promise<void> => {
    await keeper.close();
    await custody.close();
  };
  return { folder, custody, keeper, snapshots, files, close };
}

void t.test('made when they are due, two of each, and read again', async (t) => {
  const { keeper, snapshots, files, folder, close } = await opened(t);
  const kept = snapshots();
  makeSnapshots(keeper, kept);
  const sizes: (number | undefined)[] = [];
  let origin = '';
  for (let round = 1; round <= 8; round++) {
    const report = await keeper.publish(ACME, [tax('V', round), tax(`t${round}`, round)], WRITE);
    origin = report.feed?.origin ?? '';
    await kept.settled();
    sizes.push(kept.newest(origin)?.snapshot.size);
  }
  t.same(sizes, [undefined, 3, 3, 5, 5, 7, 7, 9]);
  t.equal(files().length, 2);
  const newest = must(kept.newest(origin), 'one was made');
  const chunk = must(kept.chunk(newest.name, 0), 'it has a chunk');
  const lines = linesOfChunk(zstdDecompressSync(chunk)).map((line) => Buffer.from(line).toString());
  t.equal(lines.length, 9);
  t.equal(newest.snapshot.documents, 9);
  t.equal(
    lines[0],
    '{"collection":"tax","document":{"rate":{"scale":2,"value":8},"taxCode":"V"},"entry":8,"op":"put"}',
  );
  t.equal(kept.chunk(newest.name, 1), undefined);
  t.equal(kept.chunk('0'.repeat(64), 0), undefined);
  t.equal(kept.worthFor(origin, 0)?.name, newest.name, 'for a new gateway');
  t.equal(kept.worthFor(origin, 8), undefined, 'entries are less');

  writeFileSync(join(folder, 'snapshots', 'rubbish.snapshot'), 'x');
  const again = snapshots();
  t.equal(files().length, 2, 'what is none is removed');
  t.equal(again.newest(origin)?.name, newest.name, 'over a restart');
  again.keepOnly(new Map([[origin, 8]]));
  t.equal(again.newest(origin)?.snapshot.size, 7, 'a lost life made the other');
  again.keepOnly(new Map());
  t.same(files(), []);
  await close();
});

void t.test('what is damaged or gone is never sent', async (t) => {
  const { keeper, snapshots, files, folder, close } = await opened(t);
  const kept = snapshots();
  makeSnapshots(keeper, kept);
  for (let round = 1; round <= 4; round++) await keeper.publish(ACME, [tax('V', round)], WRITE);
  await kept.settled();
  const origin = keeper.feeds()[0]?.row.origin ?? '';
  const name = kept.newest(origin)?.name ?? '';
  const [file = ''] = files().filter((one) => one.startsWith(name));
  writeFileSync(join(folder, 'snapshots', file), Buffer.alloc(5_000, 1));
  t.equal(kept.chunk(name, 0), undefined);
  const older = kept.newest(origin)?.name ?? '';
  t.not(older, name);
  rmSync(join(folder, 'snapshots'), { recursive: true });
  t.equal(kept.chunk(older, 0), undefined);
  t.equal(kept.newest(origin), undefined);
  await close();
});

void t.test('a batch is made once for all who ask', async (t) => {
  const { keeper, custody, close } = await opened(t);
  for (let round = 1; round <= 4; round++) await keeper.publish(ACME, [tax('V', round)], WRITE);
  const origin = keeper.feeds()[0]?.row.origin ?? '';
  const cache = new BatchCache({ custody, signerOf });
  const [first, second] = await Promise.all([cache.batch(origin, 0, 5), cache.batch(origin, 0, 5)]);
  t.equal(first, second);
  t.match(first, { start: 0, end: 5 });
  t.same(cache.counts, { made: 1, given: 2 });
  t.match(await cache.batch(origin, 0, 3), { end: 3 }, 'not beyond what is asked for');
  t.match(await cache.batch(origin, 0, 5), { end: 5 }, 'and not less');
  await t.rejects(cache.batch('d/acme/hq/hq/e9-00000000', 0, 1));
  await close();
});
