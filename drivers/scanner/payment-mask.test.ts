import fc from 'fast-check';
import t from 'tap';
import { createPaymentMask } from './payment-mask.ts';

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const bytes = (given: string): Uint8Array => Uint8Array.from(Buffer.from(given, 'latin1'));
const WECHAT = '134567890123456789';

void t.test('a payment code keeps its first two and last four digits', (t) => {
  const mask = createPaymentMask();
  t.equal(text(mask(bytes(`${WECHAT}\r\n`))), '13************6789\r\n');
  t.equal(text(mask(bytes(`]Q1${WECHAT}\r`))), ']Q113************6789\r');
  t.equal(text(mask(bytes(`]C06212345678901234567\r`))), ']C062*************4567\r');
  t.equal(text(mask(bytes('4006381333931\r'))), '4006381333931\r');
  t.equal(text(mask(bytes('0104006381333931\r'))), '0104006381333931\r');
  t.end();
});

void t.test('a code in two chunks is hidden in both', (t) => {
  const mask = createPaymentMask();
  t.equal(text(mask(bytes('13456789'))), '13******');
  t.equal(text(mask(bytes('0123456789\r'))), '******6789\r');
  t.equal(text(mask(bytes('1'))), '1');
  t.equal(text(mask(bytes('3'))), '3');
  t.equal(text(mask(bytes(WECHAT.slice(2)))), '*'.repeat(16));
  t.equal(text(mask(bytes('\r'))), '\r');
  t.end();
});

void t.test('masking twice changes nothing more', (t) => {
  const once = createPaymentMask()(bytes(`${WECHAT}\r`));
  t.strictSame(createPaymentMask()(once), once);
  t.end();
});

void t.test('however the line cuts it, the middle never shows', (t) => {
  const code = fc
    .tuple(fc.constantFrom('10', '15', '25', '28', '30', '62'), fc.stringMatching(/^\d{22}$/))
    .map(([prefix, rest]) => {
      const length =
        prefix === '62' ? 19 : prefix.startsWith('1') ? 18 : 16 + (Number(rest.charAt(0)) % 9);
      return `${prefix}${rest}`.slice(0, length);
    });
  const around = fc.constantFrom('', 'ab', ']Q1', '\x00\x02', '4006381333931\r');
  fc.assert(
    fc.property(
      code,
      around,
      fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1 }),
      (pay, before, cuts) => {
        const mask = createPaymentMask();
        const whole = bytes(`${before}${pay}\r`);
        let shown = '';
        let at = 0;
        for (let turn = 0; at < whole.length; turn += 1) {
          const size = cuts[turn % cuts.length] ?? 1;
          shown += text(mask(whole.subarray(at, at + size)));
          at += size;
        }
        t.equal(shown.length, whole.length);
        const inside = shown.slice(before.length, -1);
        t.match(inside, /^\d{2}\*+\d{0,4}$/);
        t.ok(inside.startsWith(pay.slice(0, 2)));
        t.equal(inside.slice(2, -4).replace(/\*/g, ''), '');
      },
    ),
    { numRuns: 300 },
  );
  t.end();
});

void t.test('a code with a damaged digit is hidden too', (t) => {
  const mask = createPaymentMask();
  t.equal(
    text(mask(bytes('1345678\xf5 0123456789\r'))),
    '13*****\xf5 0123456789\r',
    'a blank ends it',
  );
  t.equal(text(mask(bytes('13456789\xf50123456789\r'))), '13******\xf5**********\r');
  t.equal(text(mask(bytes('13456789\xf501'))), '13******\xf5**');
  t.equal(text(mask(bytes('23456\r4006381333931\r'))), '*****\r4006381333931\r');
  t.end();
});
