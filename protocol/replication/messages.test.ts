/**
 * Goal: every message survives the wire as it was, and no bytes whatever make the decoder throw or
 * pass a limit. Method: pinned examples, a table of broken payloads, and fast-check.
 */
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import fc from 'fast-check';
import t from 'tap';
import { expandEntries, packEntries } from './batch-entries.ts';
import { BATCH_EXPANDED_BYTES_MAX, MESSAGE_BYTES_MAX } from './limits.ts';
import { decodeMessage, encodeMessage, type BatchMessage } from './messages.ts';
import type { ReplicationMessage } from './messages.ts';

const origin = 'hq.example.com/acme/s0417/g1/e1';
const note = `${origin}\n1\nAAAA\n\n— ${origin} AAAA\n`;
const sha256 = 'YmxvYnMgYXJlIG5hbWVkIGJ5IGEgaGFzaCBvZiAzMiE=';

const compress = (bytes: Uint8Array): Uint8Array => zstdCompressSync(bytes);

function expand(bytes: Uint8Array, bytesMax: number): Uint8Array | undefined {
  try {
    return zstdDecompressSync(bytes, { maxOutputLength: bytesMax });
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
}

function batchOf(leaves: Uint8Array[], start = 0): BatchMessage {
  const packed = packEntries(leaves, compress);
  return { type: 'batch', origin, round: 7, start, end: start + leaves.length, note, ...packed };
}

const examples: ReplicationMessage[] = [
  { type: 'checkpoint', origin, round: 1, note },
  { type: 'checkpoint', origin, round: 1, admission: 'tillgate-admission/v1\n', note },
  batchOf([Buffer.from('entry-0'), Buffer.from('entry-1')]),
  {
    type: 'blob',
    origin,
    round: 3,
    index: 9,
    sha256,
    length: 5,
    offset: 2,
    part: Buffer.from('abc'),
  },
  { type: 'head', origin, round: 3, size: 1, incarnation: 'a1', note },
  {
    type: 'head',
    origin,
    round: 3,
    size: 0,
    incarnation: 'a1',
    reason: 'blobs',
    missingBlobs: [{ index: 4, sha256 }],
    retryAfterMs: 250,
    note: '',
  },
  { type: 'control', origin, round: 0, action: 'introduce', evidence: '' },
  { type: 'control', origin, round: 0, action: 'fetch', start: 12, evidence: '' },
];

void t.test('every message comes back as it was sent', (t) => {
  for (const message of examples) {
    const decoded = decodeMessage(encodeMessage(message));
    t.same(decoded, { ok: true, message }, message.type);
  }
  t.end();
});

void t.test('the header is one canonical line', (t) => {
  const [first] = examples;
  if (first === undefined) throw new RangeError('an example is missing');
  const line = Buffer.from(encodeMessage(first)).toString('utf8').split('\n')[0];
  t.equal(line, `{"origin":"${origin}","round":1,"type":"checkpoint","v":1}`);
  t.end();
});

void t.test('an unknown header member is ignored', (t) => {
  const line = `{"later":[1],"origin":"${origin}","round":1,"type":"checkpoint","v":1}\n`;
  const decoded = decodeMessage(Buffer.from(line + note));
  t.same(decoded, { ok: true, message: examples[0] });
  t.end();
});

void t.test('broken payloads are refused with a reason', (t) => {
  const head = `"incarnation":"a","origin":"${origin}","round":1,"size":0,"type":"head","v":1}`;
  const refused: [string, string | Uint8Array, string][] = [
    ['nothing', '', 'encoding'],
    ['no header line', 'x'.repeat(5000), 'encoding'],
    ['not UTF-8', Buffer.from([0x7b, 0xff, 0x7d, 0x0a]), 'encoding'],
    ['not JSON', '{\n', 'encoding'],
    ['an array', '[]\n', 'encoding'],
    ['deep nesting', `${'['.repeat(4000)}\n`, 'encoding'],
    [
      'white space',
      `{ "origin":"${origin}","round":1,"type":"checkpoint","v":1}\n${note}`,
      'encoding',
    ],
    [
      'a duplicate member',
      `{"origin":"${origin}","round":1,"round":1,"type":"checkpoint","v":1}\n`,
      'encoding',
    ],
    [
      'another version',
      `{"origin":"${origin}","round":1,"type":"checkpoint","v":2}\n${note}`,
      'encoding',
    ],
    [
      'an unknown type',
      `{"origin":"${origin}","round":1,"type":"chat","v":1}\n${note}`,
      'encoding',
    ],
    [
      'a type from the prototype',
      `{"origin":"${origin}","round":1,"type":"__proto__","v":1}\n`,
      'encoding',
    ],
    [
      'a fraction',
      `{"origin":"${origin}","round":1.5,"type":"checkpoint","v":1}\n${note}`,
      'encoding',
    ],
    ['a bad origin', `{"origin":"a b","round":1,"type":"checkpoint","v":1}\n${note}`, 'encoding'],
    ['a head without note or reason', `{${head}\n`, 'encoding'],
    [
      'a head with a bad list',
      `{"incarnation":"a","missingBlobs":[{"index":1}],${head.slice(18)}\nx`,
      'encoding',
    ],
    ['too large', Buffer.alloc(200_000, 0x61), 'oversize'],
  ];
  for (const [name, payload, reason] of refused) {
    const decoded = decodeMessage(typeof payload === 'string' ? Buffer.from(payload) : payload);
    t.equal(decoded.ok ? 'ok' : decoded.reason, reason, name);
  }
  t.end();
});

void t.test('a message of many entries above 64 KiB is refused, one entry is not', (t) => {
  const noise = new Uint8Array(60_000).map((_, index) => (index * 7919) % 251);
  const batch: BatchMessage = {
    ...batchOf([noise]),
    encoding: 'identity',
    expandedBytes: 65_539,
    packed: new Uint8Array(65_539),
  };
  t.equal(decodeMessage(encodeMessage(batch)).ok, true);
  const line = `{"encoding":"identity","end":2,"expandedBytes":9,"origin":"${origin}","round":1,"start":0,"type":"batch","v":1}\n`;
  const two = Buffer.concat([Buffer.from(line), Buffer.alloc(MESSAGE_BYTES_MAX)]);
  t.match(decodeMessage(two), { ok: false, reason: 'oversize' });
  t.end();
});

void t.test('a bomb does not go off', (t) => {
  const bomb = zstdCompressSync(new Uint8Array(64 * 1024 * 1024));
  const small = { ...batchOf([Buffer.from('x')]), encoding: 'zstd' as const, packed: bomb };
  t.match(expandEntries(small, expand), { ok: false, reason: 'encoding' });
  const large = { ...small, expandedBytes: BATCH_EXPANDED_BYTES_MAX + 1 };
  t.match(expandEntries(large, expand), { ok: false, reason: 'oversize' });
  t.end();
});

void t.test('entries that do not match their announcement are refused', (t) => {
  const batch = batchOf([Buffer.from('one'), Buffer.from('two')]);
  const plain = Buffer.concat([
    Buffer.from('\0\0\0\x03one', 'latin1'),
    Buffer.from('\0\0\0\x03two'),
  ]);
  const identity = { ...batch, encoding: 'identity' as const, packed: plain };
  t.equal(expandEntries(identity, expand).ok, true);
  t.equal(expandEntries({ ...identity, end: 1 }, expand).ok, false, 'more than announced');
  t.equal(expandEntries({ ...identity, end: 3 }, expand).ok, false, 'fewer than announced');
  t.equal(expandEntries({ ...identity, expandedBytes: 13 }, expand).ok, false, 'cut off');
  const cut = { ...identity, packed: plain.subarray(0, 13), expandedBytes: 13 };
  t.equal(expandEntries(cut, expand).ok, false, 'an entry is cut off');
  const empty = { ...identity, packed: Buffer.alloc(14) };
  t.equal(expandEntries(empty, expand).ok, false, 'an empty leaf');
  t.end();
});

void t.test('any entries survive packing', (t) => {
  const leaf = fc.uint8Array({ minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(fc.array(leaf, { minLength: 1, maxLength: 40 }), (leaves) => {
      const decoded = decodeMessage(encodeMessage(batchOf(leaves, 5)));
      if (!decoded.ok || decoded.message.type !== 'batch') return false;
      const expanded = expandEntries(decoded.message, expand);
      return (
        expanded.ok &&
        expanded.leaves.every((bytes, i) => Buffer.compare(bytes, leaves[i] ?? bytes) === 0)
      );
    }),
  );
  t.end();
});

void t.test('no bytes make the decoder throw', (t) => {
  const valid = examples.map((message) => encodeMessage(message));
  fc.assert(
    fc.property(fc.constantFrom(...valid), fc.nat(), fc.nat(255), (payload, at, byte) => {
      const bytes = Uint8Array.from(payload);
      bytes[at % bytes.length] = byte;
      const decoded = decodeMessage(bytes);
      if (decoded.ok && decoded.message.type === 'batch') expandEntries(decoded.message, expand);
      decodeMessage(bytes.subarray(0, at % bytes.length));
    }),
    { numRuns: 2000 },
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => void decodeMessage(bytes)));
  t.end();
});
