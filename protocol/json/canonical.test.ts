import canonicalize from 'canonicalize';
import fc from 'fast-check';
import t from 'tap';
import { isTillgateError } from '../errors.ts';
import { canonicalJson } from './canonical.ts';
import type { Json } from './json-value.ts';

const integerJson = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.string({ unit: 'binary' }).map((text) => text.toWellFormed()),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(
      fc.string({ unit: 'binary' }).map((text) => text.toWellFormed()),
      tie('value'),
      { maxKeys: 6 },
    ),
  ),
})).value;

void t.test(
  'equals the text of an independent implementation for every integer-only value',
  (t) => {
    fc.assert(
      fc.property(integerJson, (value) => canonicalJson(value) === canonicalize(value)),
      {
        numRuns: 2000,
      },
    );
    t.end();
  },
);

void t.test('sorts members by UTF-16 code units, as RFC 8785 section 3.2.3 shows', (t) => {
  const value = {
    '\u20ac': 1,
    '\r': 2,
    '\ufb33': 3,
    '1': 4,
    '\ud83d\ude00': 5,
    '\u0080': 6,
    '\u00f6': 7,
  };
  t.equal(
    canonicalJson(value),
    '{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\ud83d\ude00":5,"\ufb33":3}',
  );
  t.end();
});

void t.test('drops null members only when asked, and never array items', (t) => {
  const value = { b: null, a: [null, { c: null }] };
  t.equal(canonicalJson(value), '{"a":[null,{"c":null}],"b":null}');
  t.equal(canonicalJson(value, 'drop'), '{"a":[null,{}]}');
  t.end();
});

void t.test('asserts against what has no canonical form here', (t) => {
  for (const value of [1.5, Number.NaN, 2 ** 53, '\ud800', { '\udc00': 1 }]) {
    try {
      canonicalJson(value);
      t.fail('took a value without a canonical form');
    } catch (error) {
      t.ok(isTillgateError(error, 'INTERNAL'));
    }
  }
  t.end();
});
