import fc from 'fast-check';
import t from 'tap';
import { NDEF_BYTES_MAX, parseNdef } from './ndef.ts';

const hex = (text: string): Uint8Array =>
  Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const base64 = (text: string): string => Buffer.from(text).toString('base64');

void t.test('texts, links and typed data are read', (t) => {
  // "Hello" in English, as in the examples of the NFC Forum's Text Record Type Definition.
  t.same(parseNdef(hex('d1 01 08 54 02 65 6e 48 65 6c 6c 6f')), [
    { kind: 'text', language: 'en', text: 'Hello' },
  ]);
  t.same(parseNdef(hex('d1 01 08 55 01 6e 66 63 2e 63 6f 6d')), [
    { kind: 'uri', uri: 'http://www.nfc.com' },
  ]);
  t.same(parseNdef(hex('d1 01 07 54 82 7a 68 4f 60 59 7d')), [
    { kind: 'text', language: 'zh', text: '你好' },
  ]);
  t.same(parseNdef(hex('d2 03 02 612f62 c3a9')), [
    { kind: 'mime', mediaType: 'a/b', data: base64('é') },
  ]);
  t.same(parseNdef(hex('d4 03 01 612e62 00')), [
    { kind: 'other', format: 'external', name: 'a.b', data: 'AA==' },
  ]);
  t.same(parseNdef(hex('d0 00 00')), [], 'an empty tag');
  t.end();
});

void t.test('several records, long lengths and ids are read', (t) => {
  const first = '91 01 04 54 02 65 6e 41';
  const second = '49 01 00 00 00 04 02 54 6964 02 65 6e 42';
  t.same(parseNdef(hex(first + second)), [
    { kind: 'text', language: 'en', text: 'A' },
    { kind: 'text', language: 'en', text: 'B' },
  ]);
  t.end();
});

void t.test('what is malformed is nothing as a whole', (t) => {
  for (const [why, text] of [
    ['cut', 'd1 01 08 54 02 65 6e 48'],
    ['no lengths', 'd1'],
    ['chunked', 'b1 01 01 54 00'],
    ['no text', 'd1 01 00 54'],
    ['language longer than the record', 'd1 01 02 54 3f 65'],
    ['not UTF-8', 'd1 01 05 54 02 65 6e ff ff'],
    ['no such prefix', 'd1 01 02 55 70 61'],
    ['a length of 4 GiB', 'c1 01 ff ff ff ff 54'],
  ] as const) {
    t.equal(parseNdef(hex(text)), undefined, why);
  }
  t.equal(parseNdef(hex('91 01 04 54 02 65 6e 41'.repeat(33))), undefined, 'too many records');
  t.equal(parseNdef(new Uint8Array(NDEF_BYTES_MAX + 1)), undefined);
  t.end();
});

void t.test('no bytes make it throw', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      const records = parseNdef(bytes);
      return records === undefined || Array.isArray(records);
    }),
    { numRuns: 500 },
  );
  t.end();
});
