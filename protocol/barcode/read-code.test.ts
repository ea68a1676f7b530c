import fc from 'fast-check';
import t from 'tap';
import { checkDigit, isGtin } from './gtin.ts';
import { labelValue, readCode } from './read-code.ts';

const GTIN14 = '04006381333931';

void t.test('one article, however it is read', (t) => {
  const same = [
    '4006381333931',
    `01${GTIN14}10LOT7`,
    `(01)${GTIN14}(10)LOT7`,
    `]C101${GTIN14}17270101`,
    `]d201${GTIN14}21SERIAL\u001d17270101`,
    `https://id.example.com/01/${GTIN14}/10/LOT7?3103=000150`,
  ];
  for (const code of same) t.equal(readCode(code).readings[0]?.code, GTIN14, code);
  t.match(readCode('4711'), { readings: [{ code: '4711' }] });
  t.end();
});

void t.test('what GS1 says of weight and price', (t) => {
  const read = readCode(`(01)${GTIN14}(3103)001250(3922)0399`).readings[0];
  t.match(read, { weight: { value: 1250, scale: 3 }, price: { value: 399, scale: 2 } });
  t.end();
});

void t.test('a label of the store', (t) => {
  const digits = '210012300399';
  const code = `${digits}${checkDigit(digits)}`;
  const { label } = readCode(code);
  t.ok(label?.prefixes.includes('2100123'));
  t.same(labelValue(code, { prefix: '2100123', digits: 5, scale: 2 }), { value: 399, scale: 2 });
  t.equal(labelValue(code, { prefix: '2100124', digits: 5, scale: 2 }), undefined);
  t.equal(readCode('4006381333931').label, undefined);
  t.end();
});

void t.test('any text has a reading, at once', (t) => {
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), (text) => readCode(text).readings.length > 0),
    { numRuns: 300 },
  );
  fc.assert(
    fc.property(fc.stringMatching(/^[0-9]{12}$/), (digits) =>
      isGtin(`${digits}${checkDigit(digits)}`),
    ),
    { numRuns: 50 },
  );
  t.pass();
  t.end();
});
