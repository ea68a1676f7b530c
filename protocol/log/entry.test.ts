import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { createHash } from 'node:crypto';
import t from 'tap';
import type { Json } from '../json/json-value.ts';
import { canonicalText, parseCanonicalText } from './canonical-line.ts';
import {
  INLINE_BODY_MAX,
  LEAF_BYTES_MAX,
  blobBody,
  blobHash,
  decodeEntry,
  encodeEntry,
  inlineBody,
} from './entry.ts';
import type { EntryHeader } from './entry.ts';

function headerOf(members: Partial<EntryHeader> = {}): EntryHeader {
  return {
    v: 1,
    kind: 'transaction',
    index: 41,
    recordedAt: '2010-12-01T08:26:00.123Z',
    clock: { wall: 1_291_191_960_123, monotonicMs: 512, bootId: 'b-1', source: 'system' },
    hlc: '001291191960123-00000',
    deviceId: 'till-1',
    mediaType: 'application/json',
    body: inlineBody(),
    ...members,
  };
}

const bytes = (text: string) => new Uint8Array(Buffer.from(text));
const text = (leaf: Uint8Array) => Buffer.from(leaf).toString('utf8');

void t.test('an entry is canonical JSON, LF and the body as received', (t) => {
  const body = bytes('{"total": 1824}\n  \u0000');
  const leaf = encodeEntry(headerOf({ body: inlineBody(body) }), body);
  const sha256 = createHash('sha256').update(body).digest('base64');
  t.equal(
    text(leaf),
    `{"body":{"at":"inline","length":19,"sha256":"${sha256}"},` +
      '"clock":{"bootId":"b-1","monotonicMs":512,"source":"system","wall":1291191960123},' +
      '"deviceId":"till-1","hlc":"001291191960123-00000","index":41,"kind":"transaction",' +
      '"mediaType":"application/json","recordedAt":"2010-12-01T08:26:00.123Z","v":1}\n' +
      text(body),
  );
  const decoded = decodeEntry(leaf);
  t.same(decoded.header, headerOf({ body: inlineBody(body) }));
  t.same(Buffer.from(decoded.body), Buffer.from(body));
  t.end();
});

void t.test('a blob leaves nothing but its salted hash', (t) => {
  const salt = new Uint8Array(32).fill(9);
  const blob = bytes('a rejected body');
  const header = headerOf({ kind: 'rejected', body: blobBody(salt, blob) });
  const leaf = encodeEntry(header);
  t.notMatch(text(leaf), /a rejected body/);
  t.equal(decodeEntry(leaf).body.length, 0);
  t.equal(
    Buffer.from(blobHash(salt, blob)).toString('hex'),
    createHash('sha256').update(salt).update(blob).digest('hex'),
  );
  t.throws(() => encodeEntry(header, blob), { code: 'LOG_ENTRY_INVALID' });
  t.end();
});

void t.test('header and body must belong together', (t) => {
  const body = bytes('body');
  const header = headerOf({ body: inlineBody(body) });
  const refused = (run: () => unknown, message: RegExp) =>
    t.throws(run, { code: 'LOG_ENTRY_INVALID', message });
  refused(() => encodeEntry(header), /0 bytes where the header says 4/);
  refused(() => encodeEntry(header, bytes('bodY')), /SHA-256/);
  refused(() => encodeEntry(headerOf(), body), /4 bytes where the header says 0/);
  const large = new Uint8Array(INLINE_BODY_MAX + 1);
  refused(() => encodeEntry(headerOf({ body: inlineBody(large) }), large), /more than 32768/);
  const most = new Uint8Array(INLINE_BODY_MAX);
  t.ok(encodeEntry(headerOf({ body: inlineBody(most) }), most).length < LEAF_BYTES_MAX);
  refused(() => encodeEntry(headerOf({ note: 'x'.repeat(70_000) })), /65535 at most/);
  refused(() => encodeEntry(headerOf({ note: '\ud800' })), /no RFC 8785 form/);
  t.end();
});

void t.test('each member of version 1 is checked', (t) => {
  for (const [name, wrong] of [
    ['v', 2],
    ['kind', ''],
    ['index', -1],
    ['index', 1.5],
    ['recordedAt', '2010-12-01T08:26:00Z'],
    ['recordedAt', '2010-12-01T09:26:00.000+01:00'],
    ['hlc', '12-3'],
    ['clock', null],
    ['clock', { wall: 1, monotonicMs: 1.5, bootId: '', source: '' }],
    ['clock', { wall: 1, monotonicMs: 1, bootId: '' }],
    ['body', null],
    ['body', { at: 'elsewhere', length: 0, sha256: inlineBody().sha256 }],
    ['body', { at: 'inline', length: 0, sha256: 'AAAA' }],
    ['deviceId', 7],
    ['contentHash', 7],
  ] as const) {
    const header = { ...headerOf(), [name]: wrong };
    t.throws(() => encodeEntry(header), { code: 'LOG_ENTRY_INVALID' }, `encode ${name}`);
    if (name === 'v') continue;
    const leaf = bytes(`${String(canonicalize(header))}\n`);
    t.throws(() => decodeEntry(leaf), { code: 'LOG_ENTRY_INVALID' }, `decode ${name}`);
  }
  t.end();
});

void t.test('a leaf has one form only', (t) => {
  const good = text(encodeEntry(headerOf()));
  t.ok(decodeEntry(bytes(good)));
  for (const [why, wrong] of [
    ['no LF', good.slice(0, -1)],
    ['a space', good.replace('"v":1', '"v": 1')],
    ['another order', good.replace(/^\{("body":\{[^}]*\}),(.*)\}\n$/, '{$2,$1}\n')],
    ['a duplicate key', good.replace('"v":1', '"v":1,"v":1')],
    ['an escape that need not be', good.replace('till-1', 'till\\u002d1')],
    ['another number form', good.replace('"index":41', '"index":41.0')],
    ['not an object', '[]\n'],
    ['not JSON', 'hello\n'],
    ['nothing', ''],
    ['only LF', '\n'],
    ['a byte order mark', `\ufeff${good}`],
    ['bytes after a body of none', `${good}x`],
    ['a header without a kind', '{"index":1,"v":9}\n'],
  ] as const) {
    t.throws(() => decodeEntry(bytes(wrong)), { code: 'LOG_ENTRY_INVALID' }, why);
  }
  const notUtf8 = bytes(good);
  notUtf8[good.indexOf('till')] = 0xff;
  t.throws(() => decodeEntry(notUtf8), { code: 'LOG_ENTRY_INVALID' });
  t.throws(() => decodeEntry(new Uint8Array(70_000)), { code: 'LOG_ENTRY_INVALID' });
  t.end();
});

void t.test('kinds and versions of later programs are entries like others', (t) => {
  const kind = encodeEntry(headerOf({ kind: 'somethingNew', mood: { good: [1, null, 'x'] } }));
  t.equal(decodeEntry(kind).header.kind, 'somethingNew');
  const version = bytes('{"index":7,"kind":"x","payload":{"free":true},"v":2}\nanything');
  const decoded = decodeEntry(version);
  t.equal(decoded.header.v, 2);
  t.equal(text(decoded.body), 'anything');
  t.end();
});

void t.test('a leaf inside a larger buffer is read from its own place', (t) => {
  const body = bytes('inside');
  const leaf = encodeEntry(headerOf({ body: inlineBody(body) }), body);
  const around = Buffer.concat([bytes('before'), leaf, bytes('after')]);
  const view = around.subarray(6, 6 + leaf.length);
  t.equal(text(decodeEntry(view).body), 'inside');
  t.end();
});

void t.test('any bit changed makes another leaf, and mostly none', (t) => {
  const body = bytes('{"a":1}');
  const leaf = encodeEntry(headerOf({ body: inlineBody(body) }), body);
  for (let bit = 0; bit < leaf.length * 8; bit += 3) {
    const changed = Uint8Array.from(leaf);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    try {
      const { header, body: rest } = decodeEntry(changed);
      // What still reads must say something else and be written as it was read.
      t.same(Buffer.from(encodeEntry(header, rest)), Buffer.from(changed));
    } catch (error) {
      t.match(error, { code: /^LOG_ENTRY_INVALID$/ });
    }
  }
  t.end();
});

void t.test('the quick way to canonical text writes what the general way writes', (t) => {
  const sorted = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(sorted);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, member]) => [key, sorted(member)]),
    );
  };
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const expected = canonicalize(value);
      return (
        canonicalText(value as Json) === expected &&
        canonicalText(sorted(value as Json)) === expected &&
        parseCanonicalText(expected ?? '') !== undefined
      );
    }),
    { numRuns: 2_000 },
  );
  for (const value of [
    { '10': 1, '9': 2 },
    { a: 1, B: 2, '': 3 },
    { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\u{1f600}': 5, '\u0080': 6, '\u00f6': 7 },
    [1e21, 1e-7, -0, 333333333.33333329, 4.5, 2e-3],
    '\u0000\u001f"\\/\u007f\u2028',
  ] as Json[]) {
    t.equal(canonicalText(value), canonicalize(value));
  }
  t.equal(canonicalText('\ud800'), undefined);
  t.equal(canonicalText({ '\udc00': 1 }), undefined);
  t.equal(canonicalText([Number.NaN]), undefined);
  t.equal(parseCanonicalText('"\\ud800"'), undefined);
  t.equal(parseCanonicalText('-0'), undefined);
  t.equal(parseCanonicalText('9007199254740993'), undefined);
  t.end();
});
