/**
 * Goal: nothing is loaded that headquarters did not sign, whichever byte is another; and the form is
 * the one of SPEC.md, byte for byte.
 */
import fc from 'fast-check';
import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import t from 'tap';
import { formatCheckpoint } from '../log/checkpoint.ts';
import { Frontier, leafHash } from '../log/merkle.ts';
import { signNote } from '../log/note.ts';
import { sampleSigner } from '../replication/fixtures/sample-log.ts';
import {
  CHUNKS_MAX,
  CHUNK_BYTES_MAX,
  isChunk,
  linesOfChunk,
  openSnapshot,
  signSnapshot,
  snapshotLine,
  snapshotNameOf,
} from './snapshot.ts';
import type { FeedSnapshot } from './snapshot.ts';

const ORIGIN = 'hq.example.com/acme/hq/hq/e1-00000000';
const signer = sampleSigner(ORIGIN, 3);
const chunk = Buffer.from('chunk');

function frontierOf(size: number): Frontier {
  const frontier = new Frontier();
  for (let at = 0; at < size; at++) frontier.append(leafHash(Buffer.from(`entry-${at}`)));
  return frontier;
}

function sample(change: Partial<FeedSnapshot> = {}, size = 3): FeedSnapshot {
  const frontier = frontierOf(size);
  const head = { origin: ORIGIN, size, root: frontier.root() };
  return {
    ...{ origin: ORIGIN, size, frontier, schemaVersion: 1, documents: 2 },
    checkpoint: signNote(formatCheckpoint(head), signer),
    chunks: [{ sha256: hash('sha256', chunk, 'base64') }],
    ...change,
  };
}

const detailOf = (note: string, vkey = signer.vkey): string | undefined => {
  const opened = openSnapshot(note, vkey);
  return opened.ok ? undefined : opened.detail;
};

void t.test('what was signed is read as it was written', (t) => {
  const note = signSnapshot(sample(), signer);
  const opened = openSnapshot(note, signer.vkey);
  t.ok(opened.ok);
  if (!opened.ok) return t.end();
  t.match(opened.snapshot, { origin: ORIGIN, size: 3, documents: 2, schemaVersion: 1 });
  t.same(opened.snapshot.frontier.root(), frontierOf(3).root(), 'the log goes on from there');
  t.ok(isChunk(opened.snapshot, 0, chunk));
  t.notOk(isChunk(opened.snapshot, 0, Buffer.from('chunK')));
  t.notOk(isChunk(opened.snapshot, 1, chunk), 'there is one');
  t.notOk(isChunk(opened.snapshot, 0, new Uint8Array(CHUNK_BYTES_MAX + 1)));
  const largest = sample({
    chunks: Array.from({ length: CHUNKS_MAX }, () => sample().chunks).flat(),
  });
  t.ok(Buffer.byteLength(signSnapshot(largest, signer)) <= CHUNK_BYTES_MAX, 'it fits a message');
  return t.end();
});

void t.test('any other byte is refused', (t) => {
  const note = Buffer.from(signSnapshot(sample(), signer), 'utf8');
  fc.assert(
    fc.property(fc.nat(note.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const other = Buffer.from(note);
      other[at] = (other[at] ?? 0) ^ flip;
      const text = other.toString('utf8');
      return !openSnapshot(text, signer.vkey).ok;
    }),
    { numRuns: 300, seed: 20_261_128 },
  );
  fc.assert(
    fc.property(fc.string(), (text) => !openSnapshot(text, signer.vkey).ok),
    { numRuns: 100, seed: 20_261_128 },
  );
  t.end();
});

void t.test('what is signed and does not fit together is refused too', (t) => {
  const other = sampleSigner(ORIGIN, 4);
  t.match(detailOf(signSnapshot(sample(), other)), /No known key/);
  const otherFeed = 'hq.example.com/other/hq/hq/e1-00000000';
  t.match(detailOf(signSnapshot(sample({ origin: otherFeed }), signer)), /another head/);
  t.match(detailOf(signSnapshot(sample({ checkpoint: sample({}, 4).checkpoint }), signer)), /head/);
  const forged = signNote(
    formatCheckpoint({ origin: ORIGIN, size: 3, root: new Uint8Array(32) }),
    signer,
  );
  t.match(detailOf(signSnapshot(sample({ checkpoint: forged }), signer)), /another head/);
  const edited = (from: string, to: string): string => {
    const [text = ''] = signSnapshot(sample(), signer).split('\n\n');
    return signNote(`${text.replace(from, to)}\n`, signer);
  };
  t.equal(detailOf(edited('', '')), undefined, 'signed once more it is as good');
  t.match(detailOf(edited('snapshot/v1', 'snapshot/v2')), /version 1/);
  t.match(detailOf(edited('"size":3', '"size":7')), /frontier/);
  t.match(detailOf(edited('"size":3', '"size":-3')), /number/);
  t.match(detailOf(edited('"root":"', '"root":"A')), /root/);
  t.match(detailOf(edited('"sha256"', '"sha255"')), /lists/);
  t.match(detailOf(edited('{"checkpoint"', '{ "checkpoint"')), /RFC 8785/);
  t.match(detailOf(sample().checkpoint), /version 1/, 'a checkpoint is no snapshot');
  t.end();
});

void t.test('lines are those of changes, with the entry that said them', (t) => {
  const line = snapshotLine({ collection: 'tax', body: '{"taxCode":"V"}', entry: 17 });
  t.equal(line, '{"collection":"tax","document":{"taxCode":"V"},"entry":17,"op":"put"}');
  const lines = linesOfChunk(Buffer.from(`${line}\n${line}\n`)).map((one) =>
    Buffer.from(one).toString(),
  );
  t.same(lines, [line, line]);
  t.same(linesOfChunk(new Uint8Array(0)), []);
  t.equal(linesOfChunk(Buffer.from('cut off')).length, 1);
  t.end();
});

void t.test('the known answer of the specification', (t) => {
  const note = signSnapshot(sample(), signer);
  const name = '0f4dfa3a2b143cc3d5e9626e3172cb6ecaba74336e5f3725d2d8b4c61590e051';
  t.equal(snapshotNameOf(note), name);
  t.ok(readFileSync(new URL('../SPEC.md', import.meta.url), 'utf8').includes(note));
  t.end();
});
