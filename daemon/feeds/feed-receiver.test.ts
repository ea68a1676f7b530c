/**
 * Goal: only what headquarters' pinned key signed for this store becomes a document; everything else
 * is refused by name and changes nothing, and what cannot be read does not hold up the rest.
 */
import { generateKeyPairSync } from 'node:crypto';
import t from 'tap';
import { FEED_MEDIA_TYPE } from '../../protocol/feed/feed-entry.ts';
import { formatCheckpoint } from '../../protocol/log/checkpoint.ts';
import { encodeEntry, inlineBody } from '../../protocol/log/entry.ts';
import { Frontier, leafHash } from '../../protocol/log/merkle.ts';
import { createNoteSigner, signNote } from '../../protocol/log/note.ts';
import { KEY_TYPE_COSIGNATURE, KEY_TYPE_ED25519 } from '../../protocol/log/verifier-key.ts';
import { packEntries } from '../../protocol/replication/batch-entries.ts';
import { openHead } from '../../protocol/replication/head.ts';
import { decodeMessage, encodeMessage } from '../../protocol/replication/messages.ts';
import type { ReplicationMessage } from '../../protocol/replication/messages.ts';
import { FeedDatabase } from '../../platform/feeds/feed-database.ts';
import { FeedHeadWriter } from './feed-head-writer.ts';
import { newsOf } from './feed-news.ts';
import { FeedReceiver } from './feed-receiver.ts';

const LOG = 'hq.example/acme/s1/g1/e1';
const FEED = 'hq.example/acme/hq/hq/e1-01234567';
const feedKey = generateKeyPairSync('ed25519').privateKey;
const ownKey = generateKeyPairSync('ed25519').privateKey;
const signed = (name: string, privateKey = feedKey) =>
  createNoteSigner({ name, type: KEY_TYPE_ED25519, privateKey });
const cosigner = createNoteSigner({
  ...{ name: LOG, type: KEY_TYPE_COSIGNATURE, privateKey: ownKey },
});

/** A feed as headquarters writes it, in memory. */
class Feed {
  readonly leaves: Uint8Array[] = [];
  readonly origin: string;

  constructor(origin = FEED) {
    this.origin = origin;
  }

  publish(...lines: object[]): this {
    const body = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    const header = {
      ...{ v: 1, kind: 'feed', index: this.leaves.length, mediaType: FEED_MEDIA_TYPE },
      ...{ publication: 'p', part: 0, parts: 1, changes: lines.length, body: inlineBody(body) },
      ...{ recordedAt: '2026-01-01T00:00:00.000Z', hlc: '001767225600000-00000' },
      clock: { wall: 0, monotonicMs: 0, bootId: 'b', source: 'system' },
    };
    this.leaves.push(encodeEntry(header, body));
    return this;
  }

  note(size = this.leaves.length, key = feedKey): string {
    const frontier = new Frontier();
    for (const leaf of this.leaves.slice(0, size)) frontier.append(leafHash(leaf));
    const { origin } = this;
    return signNote(formatCheckpoint({ origin, size, root: frontier.root() }), signed(origin, key));
  }

  checkpoint(): Uint8Array {
    return encodeMessage({ type: 'checkpoint', origin: this.origin, round: 1, note: this.note() });
  }

  batch(start = 0, change: Partial<{ leaves: Uint8Array[]; note: string }> = {}): Uint8Array {
    const leaves = change.leaves ?? this.leaves.slice(start);
    const packed = packEntries(leaves, (bytes) => bytes);
    const end = start + leaves.length;
    const note = change.note ?? this.note(end);
    return encodeMessage({
      ...{ type: 'batch', origin: this.origin, round: 1, start, end, note, ...packed },
    });
  }
}

const price = (value: number, more: object = {}) => ({
  ...{ collection: 'price', op: 'put', ...more },
  document: { amount: { scale: 2, value }, currency: 'EUR', itemId: 'a' },
});

function gateway() {
  const sent: ReplicationMessage[] = [];
  const refused: string[] = [];
  const database = new FeedDatabase(':memory:');
  t.teardown(() => database.close());
  const receiver = new FeedReceiver({
    ...{ database, chain: 'acme', store: 's1', signerOf: () => cosigner },
    clock: { wallMs: () => 1_800_000_000_000, monotonicMs: () => 0 },
    send: (_type, payload) => {
      const decoded = decodeMessage(payload);
      if (decoded.ok) sent.push(decoded.message);
    },
    onApplied: () => undefined,
    onRefused: (reason) => refused.push(reason),
    onSnapshotRefused: (message) => refused.push(message),
    schedule: () => () => undefined,
    guarded: (work) => work(),
  });
  receiver.opened({ origin: LOG, hqKeys: [signed('hq.example/hq/feed').vkey] });
  return { receiver, database, sent, refused };
}

void t.test('what is signed is taken in and answered with a cosigned head', (t) => {
  const { receiver, sent, refused } = gateway();
  const feed = new Feed().publish(price(1)).publish(price(2));
  t.match(sent, [{ type: 'control', action: 'feeds', origin: LOG }]);
  receiver.receive(feed.checkpoint());
  receiver.receive(feed.batch());
  const head = sent.at(-1);
  t.match(head, { type: 'head', origin: FEED, size: 2 });
  if (head?.type === 'head') t.match(openHead(head, [cosigner.vkey]), { ok: true });
  t.match(receiver.status(), {
    feeds: [{ origin: FEED, size: 2, documents: { price: 1 }, confirmedAt: String }],
    problem: null,
  });
  receiver.receive(feed.batch());
  t.equal(receiver.status().feeds[0]?.size, 2, 'twice is once');
  t.same(refused, []);
  t.end();
});

void t.test('what does not verify changes nothing and has a name', (t) => {
  const { receiver, refused, sent } = gateway();
  const feed = new Feed().publish(price(1));
  receiver.receive(feed.checkpoint());
  receiver.receive(feed.batch());
  const next = new Feed().publish(price(1)).publish(price(2));
  const other = new Feed().publish(price(1)).publish(price(3));
  const stranger = generateKeyPairSync('ed25519').privateKey;
  receiver.receive(next.batch(1, { note: next.note(2, stranger) }));
  t.equal(refused.at(-1), 'signature');
  receiver.receive(next.batch(1, { leaves: other.leaves.slice(1) }));
  t.equal(refused.at(-1), 'root');
  t.match(sent.at(-1), { type: 'head', reason: 'root', size: 1 });
  t.match(receiver.status().problem, /do not lead to the root/);
  receiver.receive(new Feed().publish(price(9)).checkpoint());
  t.equal(refused.at(-1), 'fork', 'another root at the same size');
  receiver.receive(new Feed('hq.example/acme/s2/hq/e1-01234567').publish(price(1)).checkpoint());
  t.equal(refused.at(-1), 'unadmitted', 'the feed of another store');
  receiver.receive(new Feed('evil.example/acme/hq/hq/e9-01234567').publish(price(1)).checkpoint());
  t.equal(refused.at(-1), 'signature', 'another headquarters');
  receiver.receive(new Feed('hq.example/acme/hq/hq/e1-99999999').publish(price(1)).checkpoint());
  t.equal(refused.at(-1), 'fork', 'a second feed of the same life');
  receiver.receive(Buffer.from('garbage'));
  t.equal(refused.at(-1), 'encoding');
  t.match(receiver.status(), { feeds: [{ size: 1, documents: { price: 1 } }] });
  receiver.receive(next.batch(1));
  t.match(receiver.status(), { feeds: [{ size: 2 }], problem: null }, 'and the feed goes on');
  t.end();
});

void t.test('what cannot be read is quarantined, shown, and holds nothing up', (t) => {
  const { receiver, database } = gateway();
  const feed = new Feed()
    .publish(price(1))
    .publish(price(5, { schemaVersion: 2 }), { collection: 'stock', op: 'put', document: {} })
    .publish({ ...price(7), document: { ...price(7).document, itemId: 'b' } });
  receiver.receive(feed.checkpoint());
  receiver.receive(feed.batch());
  const [status] = receiver.status().feeds;
  t.match(status, {
    ...{ size: 3, quarantined: 2, documents: { price: 2 } },
    newestQuarantined: [
      { index: 1, line: 1, code: 'FEED_COLLECTION_UNKNOWN' },
      { index: 1, line: 0, code: 'FEED_SCHEMA_NEWER' },
    ],
  });
  const generation = database.feeds()[0]?.generation ?? 0;
  const [kept] = database.list(generation, 'price', { after: '', limit: 1 });
  t.match(kept?.body, '"value":1', 'the earlier document stays');
  t.end();
});

void t.test('the feed of a later life is fetched beside the one in force', (t) => {
  const { receiver } = gateway();
  const old = new Feed().publish(price(1));
  receiver.receive(old.checkpoint());
  receiver.receive(old.batch());
  const later = new Feed('hq.example/acme/hq/hq/e2-89abcdef').publish(price(2)).publish(price(3));
  receiver.receive(later.checkpoint());
  receiver.receive(later.batch(0, { leaves: later.leaves.slice(0, 1) }));
  t.match(receiver.status(), { feeds: [{ origin: FEED }], coming: [{ size: 1, target: 2 }] });
  receiver.receive(later.batch(1));
  t.match(receiver.status(), { feeds: [{ origin: later.origin, size: 2 }], coming: [] });
  t.end();
});

void t.test('news are one by one, or one word for all, and no member is told', (t) => {
  const about = { feed: { scope: 'chain', origin: FEED, size: 1 }, at: 'now' } as const;
  const few = newsOf(
    [
      { op: 'put', collection: 'member', id: 'm' },
      { op: 'put', collection: 'tax', id: 'v' },
    ],
    about,
    () => ({ taxCode: 'v' }) as never,
  );
  t.same(few[0]?.body.document, undefined);
  t.match(few[1]?.body, { type: 'changed', id: 'v', document: { taxCode: 'v' } });
  const many = Array.from({ length: 500 }, (_, at) => ({
    ...{ op: 'put', collection: 'item', id: String(at) },
  })) as never[];
  t.match(
    newsOf(many, about, () => undefined),
    [{ body: { type: 'reload', collection: 'item' } }],
  );
  t.end();
});

void t.test('heads in force are written down, and not too often', (t) => {
  const written: unknown[] = [];
  let due: (() => void) | undefined;
  const writer = new FeedHeadWriter({
    append: (command) => {
      written.push(command.members);
      return Promise.resolve();
    },
    schedule: (callback) => {
      due = callback;
      return () => undefined;
    },
    onTrouble: () => undefined,
  });
  const inForce = (size: number): void =>
    writer.inForce({ feeds: [{ scope: 'chain', origin: FEED, size, root: 'r' }] } as never);
  for (const size of [1, 1, 2, 3]) inForce(size);
  t.match(written, [{ feeds: [{ size: 1 }] }]);
  due?.();
  t.match(written, [{}, { feeds: [{ origin: FEED, size: 3 }] }]);
  t.equal(written.length, 2);
  due?.();
  t.equal(written.length, 2, 'nothing new, nothing written');
  t.end();
});
