/**
 * Goal: what the desk publishes is read back after a restart, and what others publish is heard of,
 * also while one of the desk's own is under way. Method: the real keeper on a real custody.
 */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { silentLog } from '../../platform/logging.ts';
import { systemClock } from '../../platform/system-clock.ts';
import type { FeedChange } from '../../protocol/feed/change.ts';
import { createNoteSigner } from '../../protocol/log/note.ts';
import { KEY_TYPE_COSIGNATURE, KEY_TYPE_ED25519 } from '../../protocol/log/verifier-key.ts';
import { grantWrite } from '../../protocol/rights/pool-decisions.ts';
import { FileCustody } from '../custody/files/file-custody.ts';
import { FeedKeeper } from '../feeds/feed-keeper.ts';
import { keptFeeds } from './kept-feeds.ts';

const privateKey = generateKeyPairSync('ed25519').privateKey;
const signer = (name: string) => createNoteSigner({ name, type: KEY_TYPE_ED25519, privateKey });
const durable = createNoteSigner({ name: 'd/hq/durable', type: KEY_TYPE_COSIGNATURE, privateKey });
const keys = { durable, feed: signer('d/hq/feed'), logSigner: signer, uplinkPassword: () => '' };

const STORE = { chain: 'acme', store: 's1' };
const CHAIN = { chain: 'acme' };

function coupon(couponId: string): FeedChange {
  const document = { couponId, names: { en: 'x' }, rate: { value: 1, scale: 1 }, cap: 5 };
  return { op: 'put', collection: 'coupon', id: couponId, document };
}

function grant(grantId: string): FeedChange {
  const write = grantWrite('s1', { grantId, holder: 'g1', pool: 'points:m', amount: 1 });
  return (write as { change: FeedChange }).change;
}

void t.test('own publications are read back, others are heard of', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kept-feeds-'));
  const onFatal = (error: unknown): void => void t.error(error);
  const custody = await FileCustody.openForWriting(join(folder, 'custody'), { onFatal });
  let made = 0;
  const keeper = await FeedKeeper.open({
    ...{ path: join(folder, 'feeds.db'), domain: 'd', keys, custody, clock: systemClock },
    ...{ bootId: 'b', newId: () => `n${(made += 1)}`, log: silentLog },
  });
  t.teardown(async () => {
    await keeper.close();
    await custody.close();
    rmSync(folder, { recursive: true });
  });
  const feeds = keptFeeds(keeper);
  const heard: string[] = [];
  feeds.onForeign(({ chain, store }) => heard.push(`${chain}/${store ?? ''}`));

  await feeds.publish(STORE, grant('a'));
  t.strictSame(heard, [], 'not of its own');
  await Promise.all([
    feeds.publish(STORE, grant('b')),
    keeper.publish(CHAIN, [coupon('ten')], { isDryRun: false }),
    keeper.publish(STORE, [coupon('local')], { isDryRun: false }),
    feeds.publish(STORE, grant('c')),
  ]);
  t.strictSame(heard, ['acme/', 'acme/s1']);
  await feeds.publish(STORE, grant('c'));
  const ids: string[] = [];
  for await (const { id } of feeds.changes(STORE)) ids.push(id);
  t.strictSame(ids, ['local', 'a', 'b', 'c']);
  const places = feeds.places().map(({ store }) => store);
  t.strictSame(places, ['s1', undefined]);
});
