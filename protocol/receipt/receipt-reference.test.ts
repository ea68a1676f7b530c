import fc from 'fast-check';
import t from 'tap';
import { checkValue, formatReference, parseReference } from './receipt-reference.ts';

const leafHash = Uint8Array.from({ length: 32 }, (_, at) => at);
const sample = 'tillgate:hq.example.com/acme/s0417/g1/e1#41.AAECAwQF';

void t.test('a reference is written as the specification shows it', (t) => {
  const check = checkValue(leafHash);
  const reference = { origin: 'hq.example.com/acme/s0417/g1/e1', index: 41, check };
  t.equal(formatReference(reference), sample);
  t.strictSame(parseReference(sample), reference);
  t.end();
});

void t.test('a later epoch and index 0 read too', (t) => {
  const text = 'tillgate:hq.example.com/acme/s0417/g1/e2-0a1b2c3d#0.-_-_abcd';
  t.match(parseReference(text), { index: 0, check: '-_-_abcd' });
  t.end();
});

void t.test('whatever is not exactly a reference is none', (t) => {
  const others = [
    '',
    sample.slice(1),
    `${sample}x`,
    `${sample}\n`,
    sample.replace('#41', '#041'),
    sample.replace('#41', '#9007199254740993'),
    sample.replace('/e1', '/1'),
    sample.replace('AAECAwQF', 'AAECAwQ'),
    sample.replace('AAECAwQF', 'AAECAw+F'),
    sample.toUpperCase(),
  ];
  for (const text of others) t.equal(parseReference(text), undefined, JSON.stringify(text));
  fc.assert(
    fc.property(fc.string(), (text) => parseReference(`tillgate:${text}`) === undefined),
    { numRuns: 100 },
  );
  t.end();
});
