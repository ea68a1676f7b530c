/**
 * Goal: the feed of a new life of headquarters says all that the earlier ones said, also what a backup
 * did not hold and the gateways gave back; its own later word stays; and a crash at any moment of that
 * never shows a feed with a part of it. Method: real custody on copied folders, and an append that fails.
 */
import { generateKeyPairSync } from 'node:crypto';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { checkChange } from '../../protocol/feed/change.ts';
import type { FeedChange } from '../../protocol/feed/change.ts';
import { leafHash } from '../../protocol/log/merkle.ts';
import { createNoteSigner } from '../../protocol/log/note.ts';
import { KEY_TYPE_COSIGNATURE, KEY_TYPE_ED25519 } from '../../protocol/log/verifier-key.ts';
import { must } from '../../protocol/must.ts';
import type { Custody } from '../custody/custody.ts';
import { FileCustody } from '../custody/files/file-custody.ts';
import { headFrontier } from '../custody/merkle-reads.ts';
import type { HqKeys } from '../keys/hq-keys.ts';
import { FeedKeeper } from './feed-keeper.ts';

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

function item(itemId: string, name: string): FeedChange {
  const checked = checkChange({
    ...{ op: 'put', collection: 'item' },
    document: { itemId, names: { en: name } },
  });
  if (!checked.ok) throw new Error(JSON.stringify(checked.problems));
  return checked.change;
}

const gone = (id: string): FeedChange => ({ op: 'delete', collection: 'item', id });

type Hq = { custody: FileCustody; keeper: FeedKeeper };
let publications = 0;

async function start(
  folder: string,
  { through = (custody: Custody) => custody, lacking = new Set<string>() } = {},
): Promise<Hq> {
  const custody = await FileCustody.openForWriting(join(folder, 'custody'), {
    onFatal: (error) => {
      throw error as Error;
    },
  });
  const keeper = await FeedKeeper.open({
    ...{ path: join(folder, 'feeds.db'), domain: 'd', keys, custody: through(custody) },
    ...{ clock: NOW, bootId: 'b', newId: () => `p${(publications += 1)}` },
    log: { warn: () => undefined },
    isLacking: (origin) => lacking.has(origin),
  });
  return { custody, keeper };
}

async function stop({ keeper, custody }: Hq): Promise<void> {
  await keeper.close();
  await custody.close();
}

async function newLife({ custody }: Hq, digit: string): Promise<void> {
  const previous = custody.incarnation;
  const incarnation = digit.repeat(32);
  await custody.beginLife({ incarnation, previous, reason: 'restored', beganAtMs: 0 });
}

/** The names by item of the feed in force. */
async function said({ keeper }: Hq): Promise<Record<string, string>> {
  const [feed] = keeper.feeds();
  if (feed === undefined) return {};
  const page = { after: '', limit: 1_000 };
  const rows = await keeper.read((database) => database.list(feed.row.generation, 'item', page));
  return Object.fromEntries(
    rows.map(({ id, body }) => [id, (JSON.parse(body) as { names: { en: string } }).names.en]),
  );
}

/** As the recovery does it: what `to` lacks of `origin`, from another copy. */
async function giveBack(from: FileCustody, to: FileCustody, origin: string): Promise<void> {
  const whole = must(await from.head(origin), 'it is there');
  await to.admit({ origin, logVkey: whole.logVkey, note: '' });
  const head = must(await to.head(origin), 'just admitted');
  const frontier = await headFrontier(to, head);
  const entries = [];
  for await (const { leaf } of from.entries(origin, head.size, whole.size)) {
    entries.push({ leaf, nodes: frontier.append(leafHash(leaf)) });
  }
  const checkpoint = whole.checkpoint ?? '';
  await to.append({ ...head, entries, newRoot: whole.root, checkpoint });
}

async function copied(t: Test): Promise<{ lost: string; kept: string; origin: string }> {
  const lost = join(t.testdir(), 'lost');
  const kept = join(t.testdirName, 'kept');
  const first = await start(lost);
  await first.keeper.publish(
    ACME,
    ['a', 'b', 'c'].map((id) => item(id, 'old')),
    WRITE,
  );
  const origin = first.keeper.feeds()[0]?.row.origin ?? '';
  await stop(first);
  cpSync(lost, kept, { recursive: true });
  const later = await start(lost);
  const changes = [item('a', 'lost'), item('b', 'lost'), item('d', 'lost'), gone('c')];
  await later.keeper.publish(ACME, changes, WRITE);
  await stop(later);
  return { lost, kept, origin };
}

void t.test('what was lost is said again, and the new word stays', async (t) => {
  const { lost, kept, origin } = await copied(t);
  const hq = await start(kept);
  await newLife(hq, 'f');
  await hq.keeper.publish(ACME, [item('a', 'new')], WRITE);
  t.same(await said(hq), { a: 'new', b: 'old', c: 'old' });
  const other = await FileCustody.openForWriting(join(lost, 'custody'));
  await giveBack(other, hq.custody, origin);
  await hq.keeper.renew(ACME);
  t.same(await said(hq), { a: 'new', b: 'lost', d: 'lost' });
  const size = hq.keeper.feeds()[0]?.row.size;
  await hq.keeper.renew(ACME);
  t.equal(hq.keeper.feeds()[0]?.row.size, size, 'once more changes nothing');
  t.equal((await hq.custody.head(origin))?.size, (await other.head(origin))?.size, 'not extended');
  await other.close();
  await stop(hq);
  const again = await start(kept);
  t.same(await said(again), { a: 'new', b: 'lost', d: 'lost' });
  await stop(again);
});

void t.test('what comes back before anything new is said opens the new feed', async (t) => {
  const { lost, kept, origin } = await copied(t);
  const hq = await start(kept);
  await newLife(hq, 'f');
  const other = await FileCustody.openForWriting(join(lost, 'custody'));
  await giveBack(other, hq.custody, origin);
  await hq.keeper.renew(ACME);
  t.match(hq.keeper.feeds(), [{ row: { origin: /e2-ffffffff$/ } }]);
  t.same(await said(hq), { a: 'lost', b: 'lost', d: 'lost' });
  await other.close();
  await stop(hq);
});

void t.test('a life that the backup knows nothing of comes back as well', async (t) => {
  const { lost, kept } = await copied(t);
  const second = await start(lost);
  await newLife(second, 'e');
  await second.keeper.publish(ACME, [item('a', 'second'), gone('d')], WRITE);
  const shown = second.keeper.feeds()[0]?.row.origin ?? '';
  await second.keeper.close();
  const hq = await start(kept);
  await newLife(hq, 'f');
  await hq.keeper.publish(ACME, [item('b', 'third')], WRITE);
  t.match(hq.keeper.feeds(), [{ row: { origin: /e2-ffffffff$/ } }]);
  await giveBack(second.custody, hq.custody, shown);
  await hq.keeper.renew(ACME);
  t.match(
    hq.keeper.feeds(),
    [{ row: { origin: /e3-ffffffff$/ } }],
    'above every one that is known',
  );
  t.same(await said(hq), { a: 'second', b: 'third' });
  await second.custody.close();
  await stop(hq);
});

/** More than is appended in one step. */
const LARGE = 640;
const LANGUAGES = ['en', 'de', 'fr', 'es', 'it', 'nl', 'pl', 'cs'];

function large(_: unknown, at: number): FeedChange {
  const names = Object.fromEntries(LANGUAGES.map((language) => [language, 'x'.repeat(250)]));
  const document = { itemId: `i${at}`, names };
  const checked = checkChange({ op: 'put', collection: 'item', document });
  if (!checked.ok) throw new Error(JSON.stringify(checked.problems));
  return checked.change;
}

/** The same custody, until it has appended so often. */
function failingAfter(appends: number) {
  let left = appends;
  return (custody: Custody): Custody =>
    new Proxy(custody, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        if (name === 'append' && left-- <= 0) return () => Promise.reject(new Error('killed'));
        return value.bind(target) as unknown;
      },
    });
}

void t.test('a crash while the new feed is filled never shows a part of it', async (t) => {
  const { kept } = await copied(t);
  const full = await start(kept);
  await full.keeper.publish(ACME, Array.from({ length: LARGE }, large), WRITE);
  const before = 3 + LARGE;
  t.equal(Object.keys(await said(full)).length, before);
  await newLife(full, 'f');
  await stop(full);
  let crashes = 0;
  for (let appends = 0; ; appends++) {
    const folder = join(t.testdirName, `crash-${appends}`);
    cpSync(kept, folder, { recursive: true });
    const hq = await start(folder, { through: failingAfter(appends) });
    const isDone = await hq.keeper.publish(ACME, [item('z', 'new')], WRITE).then(
      () => true,
      () => false,
    );
    await stop(hq);
    const again = await start(folder);
    const names = await said(again);
    t.ok(Object.keys(names).length >= before, `after ${appends} appends`);
    await again.keeper.publish(ACME, [item('z', 'new')], WRITE);
    t.equal(Object.keys(await said(again)).length, before + 1);
    t.match(again.keeper.feeds(), [{ row: { origin: /e2-ffffffff$/ } }]);
    await stop(again);
    if (isDone) break;
    crashes += 1;
  }
  t.ok(crashes >= 4, `${crashes} crashes`);
});
