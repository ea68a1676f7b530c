/**
 * Goal: a snapshot is in force as a whole or not at all; it goes on where a crash or a lost connection
 * left it; and whatever does not verify ends it by name, and the feed comes entry by entry.
 */
import { generateKeyPairSync } from 'node:crypto';
import { hash } from 'node:crypto';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { zstdCompressSync } from 'node:zlib';
import { FeedDatabase } from '../../platform/feeds/feed-database.ts';
import { signSnapshot, snapshotLine, snapshotNameOf } from '../../protocol/feed/snapshot.ts';
import { formatCheckpoint } from '../../protocol/log/checkpoint.ts';
import { Frontier, leafHash } from '../../protocol/log/merkle.ts';
import { createNoteSigner, signNote } from '../../protocol/log/note.ts';
import { KEY_TYPE_COSIGNATURE, KEY_TYPE_ED25519 } from '../../protocol/log/verifier-key.ts';
import { decodeMessage, encodeMessage } from '../../protocol/replication/messages.ts';
import type { ReplicationMessage } from '../../protocol/replication/messages.ts';
import { FeedReceiver } from './feed-receiver.ts';

const LOG = 'hq.example/acme/s1/g1/e1';
const FEED = 'hq.example/acme/hq/hq/e1-01234567';
const SIZE = 100;
const feedKey = generateKeyPairSync('ed25519').privateKey;
const signed = (name: string, privateKey = feedKey) =>
  createNoteSigner({ name, type: KEY_TYPE_ED25519, privateKey });
const cosigner = createNoteSigner({
  ...{
    name: LOG,
    type: KEY_TYPE_COSIGNATURE,
    privateKey: generateKeyPairSync('ed25519').privateKey,
  },
});

/** What headquarters sends: documents of each chunk, by chunk. */
function snapshotOf(chunks: readonly string[][], { origin = FEED, key = feedKey } = {}) {
  const frontier = new Frontier();
  for (let at = 0; at < SIZE; at++) frontier.append(leafHash(Buffer.from(`entry-${at}`)));
  const signer = signed(origin, key);
  const head = { origin, size: SIZE, root: frontier.root() };
  const packed = chunks.map((lines) => zstdCompressSync(Buffer.from(`${lines.join('\n')}\n`)));
  const note = signSnapshot(
    {
      ...{ origin, size: SIZE, frontier, schemaVersion: 1, documents: chunks.flat().length },
      checkpoint: signNote(formatCheckpoint(head), signer),
      chunks: packed.map((bytes) => ({ sha256: hash('sha256', bytes, 'base64') })),
    },
    signer,
  );
  const name = snapshotNameOf(note);
  const message = (bytes: Uint8Array, chunk?: number): Uint8Array =>
    encodeMessage({
      ...{ type: 'snapshot', origin, round: 0, name, bytes },
      ...(chunk !== undefined && { chunk }),
    });
  return {
    name,
    offer: message(Buffer.from(note)),
    chunk: (at: number, bytes = packed[at] ?? new Uint8Array(1)) => message(bytes, at),
    message,
  };
}

const tax = (taxCode: string, entry: number): string =>
  snapshotLine({
    ...{ collection: 'tax', entry },
    body: `{"rate":{"scale":2,"value":${entry}},"taxCode":"${taxCode}"}`,
  });

const CHUNKS = ['a', 'b', 'c'].map((letter, at) => [tax(letter, at), tax(`${letter}2`, at)]);

function gateway(t: Test, path = join(t.testdir(), 'feeds.db')) {
  const sent: ReplicationMessage[] = [];
  const refused: string[] = [];
  const due: (() => void)[] = [];
  const database = new FeedDatabase(path);
  const receiver = new FeedReceiver({
    ...{ database, chain: 'acme', store: 's1', signerOf: () => cosigner },
    clock: { wallMs: () => 1_800_000_000_000, monotonicMs: () => 0 },
    schedule: (callback) => {
      due.push(callback);
      return () => undefined;
    },
    send: (_type, payload) => {
      const decoded = decodeMessage(payload);
      if (decoded.ok) sent.push(decoded.message);
    },
    onApplied: () => undefined,
    onRefused: (reason) => refused.push(reason),
    onSnapshotRefused: (message) => refused.push(message),
    guarded: (work) => work(),
  });
  receiver.opened({ origin: LOG, hqKeys: [signed('hq.example/hq/feed').vkey] });
  const run = (): void => {
    for (let step = due.shift(); step !== undefined; step = due.shift()) step();
  };
  const close = (): void => {
    receiver.close();
    database.close();
  };
  return { receiver, database, sent, refused, run, close, path };
}

void t.test('it is in force when all of it is here, and the log goes on from there', (t) => {
  const { receiver, database, sent, run, close } = gateway(t);
  t.teardown(close);
  const snapshot = snapshotOf(CHUNKS);
  receiver.receive(snapshot.offer);
  t.match(sent.at(-1), { action: 'chunks', snapshot: snapshot.name, start: 0, count: 3 });
  receiver.receive(snapshot.chunk(2));
  receiver.receive(snapshot.chunk(0));
  run();
  t.match(receiver.status(), { feeds: [], coming: [{ origin: FEED, size: 33, target: SIZE }] });
  receiver.receive(snapshot.chunk(1));
  receiver.receive(snapshot.chunk(1));
  run();
  t.match(receiver.status(), {
    feeds: [{ origin: FEED, size: SIZE, documents: { tax: 6 }, quarantined: 0 }],
    coming: [],
    problem: null,
  });
  t.match(sent.at(-1), { action: 'feeds', held: [/^hq\.example.acme.hq.hq.e1-01234567\n100\n/] });
  const { size } = database.feed(FEED) ?? {};
  t.equal(size, SIZE);
  while (database.sweep());
  t.match(database.feeds(), [{ generation: 2 }], 'nothing else is left');
  t.end();
});

void t.test('it goes on after a crash, and after a lost connection', (t) => {
  const first = gateway(t);
  const snapshot = snapshotOf(CHUNKS);
  first.receiver.receive(snapshot.offer);
  first.receiver.receive(snapshot.chunk(0));
  first.run();
  first.close();
  const second = gateway(t, first.path);
  t.teardown(second.close);
  while (second.database.sweep());
  second.receiver.receive(snapshot.offer);
  t.match(second.sent.at(-1), { action: 'chunks', start: 1, count: 2 });
  second.receiver.receive(snapshot.chunk(1));
  second.run();
  second.receiver.lost();
  second.receiver.opened({ origin: LOG, hqKeys: [signed('hq.example/hq/feed').vkey] });
  second.receiver.receive(snapshot.offer);
  t.match(second.sent.at(-1), { action: 'chunks', start: 2, count: 1 });
  second.receiver.receive(snapshot.chunk(2));
  second.run();
  t.match(second.receiver.status(), { feeds: [{ size: SIZE, documents: { tax: 6 } }] });
  t.end();
});

void t.test('what does not verify is refused, and nothing of it stays', (t) => {
  const snapshot = snapshotOf(CHUNKS);
  const stranger = generateKeyPairSync('ed25519').privateKey;
  const flipped = Buffer.from(CHUNKS.join());
  const cases: [string, Uint8Array[], RegExp][] = [
    ['another key', [snapshotOf(CHUNKS, { key: stranger }).offer], /No known key/],
    ['another name', [snapshot.message(Buffer.from('x'))], /not the one that it is called/],
    ['another chunk', [snapshot.offer, snapshot.chunk(0, flipped)], /chunk 0 is not the one/],
    ['chunks exchanged', [snapshot.offer, snapshot.message(flipped, 1)], /chunk 1 is not the one/],
    [
      'another chain',
      [snapshotOf(CHUNKS, { origin: 'hq.example/other/hq/hq/e1-01234567' }).offer],
      /^unadmitted$/,
    ],
  ];
  for (const [name, messages, why] of cases) {
    const { receiver, database, refused, sent, run, close } = gateway(t, ':memory:');
    for (const message of messages) receiver.receive(message);
    run();
    t.match(refused, [why], name);
    t.same(database.loads.list(), [], name);
    t.equal(receiver.status().feeds.length, 0, name);
    if (name !== 'another chain') {
      t.match(receiver.status().problem, /snapshot .* was refused/, name);
      const asked = sent.at(-1);
      t.match(asked, { action: 'feeds' }, 'it asks for entries');
      t.equal(asked?.type === 'control' && asked.snapshots, undefined, name);
    }
    close();
  }
  t.end();
});

void t.test('what a later release wrote goes to quarantine, and the rest is in force', (t) => {
  const { receiver, database, run, close } = gateway(t, ':memory:');
  t.teardown(close);
  const later = `{"collection":"tax","document":{"new":1,"taxCode":"n"},"entry":9,"op":"put","schemaVersion":2}`;
  const unknown = `{"collection":"orbit","document":{},"entry":9,"op":"put"}`;
  const snapshot = snapshotOf([[tax('a', 1), later, unknown, 'rubbish']]);
  receiver.receive(snapshot.offer);
  receiver.receive(snapshot.chunk(0));
  run();
  t.match(receiver.status().feeds, [
    {
      documents: { tax: 1 },
      quarantined: 3,
      newestQuarantined: [
        { index: 9, line: null, code: 'FEED_SCHEMA_NEWER', id: 'n' },
        { code: 'FEED_COLLECTION_UNKNOWN', collection: 'orbit' },
        { code: 'FEED_DOCUMENT_INVALID' },
      ],
    },
  ]);
  t.same(
    database.retryUnread().map(({ report }) => report.applied),
    [[]],
    'looked at again',
  );
  t.same(database.retryUnread(), [], 'once for each release');
  t.match(receiver.status().feeds, [{ quarantined: 3 }]);
  t.end();
});
