/** Everything that is read out of a code: check digits, GS1, embedded prices, payment, text. */
import fc from 'fast-check';
import t from 'tap';
import { decodeText } from './decode-text.ts';
import { readEmbedded, verifierOf } from './embedded-code.ts';
import type { EmbeddedLayout } from './embedded-code.ts';
import { readGs1 } from './gs1.ts';
import { checkDigitOf, expandUpcE, hasCheckDigit, readGtin } from './gtin.ts';
import { paymentClassOf } from './payment-code.ts';
import { readBarcode } from './read-barcode.ts';
import type { BarcodeOptions } from './read-barcode.ts';
import { symbologyOfAim, symbologyOfSsi } from './symbology.ts';

const layout = (text: string): EmbeddedLayout => ({
  ...{ layout: text, priceDecimals: 2, weightDecimals: 3, weightUnit: 'kg' },
});
const OPTIONS: BarcodeOptions = {
  ...{ fallbackEncoding: 'gb18030', embedded: [layout('2IIIIIVPPPPC')], paymentCodes: true },
};
const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));
const read = (text: string, options: Partial<BarcodeOptions> = {}): Record<string, unknown> =>
  readBarcode({ bytes: bytes(text) }, { ...OPTIONS, ...options });

void t.test('price verifiers as GS1 publishes them', (t) => {
  t.equal(verifierOf('2875'), 9);
  t.equal(verifierOf('14685'), 6);
  t.equal(verifierOf('123'), undefined);
  for (let price = 0; price < 10_000; price += 1) {
    if (verifierOf(String(price).padStart(5, '0')) === undefined)
      t.fail(`no verifier for ${price}`);
  }
  t.end();
});

void t.test('check digits and the long form of UPC-E', (t) => {
  t.ok(hasCheckDigit('4006381333931'));
  t.notOk(hasCheckDigit('4006381333932'));
  t.ok(hasCheckDigit('036000291452'));
  t.ok(hasCheckDigit('96385074'));
  t.equal(expandUpcE('04252614'), '042100005264');
  t.equal(expandUpcE('01234505'), '012000003455');
  t.equal(expandUpcE('425261'), '042100005264');
  t.equal(expandUpcE('123456789'), undefined);
  t.match(readGtin('UNKNOWN', '4006381333931'), { symbology: 'EAN13', gtin: '04006381333931' });
  t.match(readGtin('UNKNOWN', '4006381333932'), { symbology: 'UNKNOWN', checkDigit: 'wrong' });
  t.match(readGtin('EAN13', '036000291452'), { symbology: 'UPCA', checkDigit: 'ok' });
  t.match(readGtin('UPCE', '04252614'), { gtin: '00042100005264' });
  t.match(readGtin('EAN13_S', '977123456700312'), { symbology: 'EAN13_S' });
  t.equal(readGtin('Code128', '4006381333931'), undefined);
  t.match(readGtin('EAN13', '9771234567003'), { checkDigit: 'ok' });
  t.match(readGtin('EAN13_S', '977123456700312'), { gtin: '09771234567003' });
  t.match(readGtin('EAN13', '4006381332'), { checkDigit: 'wrong' }, 'too short for its symbol');
  t.match(readGtin('ITF', '14006381333938'), { gtin: '14006381333938' });
  t.equal(readGtin('ITF', '14006381333939'), undefined);
  t.end();
});

void t.test('a wrong digit is always seen', (t) => {
  fc.assert(
    fc.property(
      fc.stringMatching(/^\d{12}$/),
      fc.nat(11),
      fc.integer({ min: 1, max: 9 }),
      (code, at, by) => {
        const right = `${code}${checkDigitOf(code)}`;
        const digit = (Number(right.charAt(at)) + by) % 10;
        t.notOk(hasCheckDigit(`${right.slice(0, at)}${digit}${right.slice(at + 1)}`));
      },
    ),
    { numRuns: 200 },
  );
  t.end();
});

void t.test('GS1 element strings', (t) => {
  const elements = (text: string): Record<string, string> =>
    Object.fromEntries(readGs1(text).elements);
  t.strictSame(elements('0104006381333931310300125017261231'), {
    ...{ '01': '04006381333931', '3103': '001250', '17': '261231' },
  });
  t.strictSame(elements('10ABC123\x1d21SER-1\x1d37' + '12'), {
    '10': 'ABC123',
    '21': 'SER-1',
    '37': '12',
  });
  t.strictSame(elements('\x1d01' + '04006381333931' + '\x1d' + '10L1'), {
    '01': '04006381333931',
    '10': 'L1',
  });
  t.strictSame(elements('8005000129'), { '8005': '000129' });
  const problem = (text: string): unknown => readGs1(text).error?.problem;
  t.equal(problem('0104006381333932'), 'checkDigit');
  t.equal(problem('01040063'), 'length');
  t.equal(problem('17261331'), 'date');
  t.equal(problem('17260230'), 'date');
  t.equal(problem('17260200'), undefined, 'day 00 is the end of the month');
  t.equal(problem('0512345'), 'identifier');
  t.equal(problem('10A\x1d10B'), 'twice');
  t.equal(problem(`10${'A'.repeat(21)}`), 'length');
  t.equal(problem('3103' + '00125A'), 'characters');
  t.match(readGs1('10A\x1d05').error, { at: 4 });
  t.end();
});

void t.test('GS1 strings read back, and no text at all throws', (t) => {
  const element = fc.oneof(
    fc
      .stringMatching(/^\d{13}$/)
      .map((digits): [string, string] => ['01', `${digits}${checkDigitOf(digits)}`]),
    fc.stringMatching(/^[A-Z0-9]{1,20}$/).map((lot): [string, string] => ['10', lot]),
    fc.stringMatching(/^\d{6}$/).map((weight): [string, string] => ['3102', weight]),
    fc.stringMatching(/^\d{1,8}$/).map((count): [string, string] => ['37', count]),
  );
  const distinct = fc.uniqueArray(element, { selector: ([id]) => id, maxLength: 4 });
  fc.assert(
    fc.property(distinct, (parts) => {
      const text = parts
        .map(([id, value]) => `${id}${value}${/^(10|37)$/.test(id) ? '\x1d' : ''}`)
        .join('');
      const reading = readGs1(text);
      t.equal(reading.error, undefined);
      t.strictSame([...reading.elements], parts);
    }),
    { numRuns: 200 },
  );
  fc.assert(
    fc.property(fc.string(), (text) => void readGs1(text)),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (data) => {
      t.equal(readBarcode({ bytes: data }, OPTIONS)['symbologyFrom'] === undefined, false);
    }),
    { numRuns: 300 },
  );
  t.end();
});

void t.test('prices and weights in codes, by layout', (t) => {
  const upc = `212345${verifierOf('0450') ?? ''}0450`;
  const code = `${upc}${checkDigitOf(upc)}`;
  t.match(readEmbedded(code, OPTIONS.embedded), {
    itemId: '12345',
    price: { value: 450, scale: 2 },
    verifier: 'ok',
  });
  t.match(readEmbedded(`0${code}`, OPTIONS.embedded), { itemId: '12345' }, 'as EAN-13');
  const wrong = `212345${((verifierOf('0450') ?? 0) + 1) % 10}0450`;
  t.strictSame(readEmbedded(`${wrong}${checkDigitOf(wrong)}`, OPTIONS.embedded), {
    itemId: '12345',
    verifier: 'wrong',
  });
  const ean = `281234501250`;
  const weighed = readEmbedded(`${ean}${checkDigitOf(ean)}`, [layout('28IIIIIWWWWWC')]);
  t.strictSame(weighed, { itemId: '12345', weight: { value: 1250, scale: 3, unit: 'kg' } });
  const long = '20123450125000450';
  const both = readEmbedded(`${long}${checkDigitOf(long)}`, [layout('20IIIIIWWWWWPPPPPC')]);
  t.match(both, { weight: { value: 1250 }, price: { value: 450 } });
  t.equal(readEmbedded('4006381333931', OPTIONS.embedded), undefined);
  t.end();
});

void t.test('payment codes need their rule, their symbol and the option', (t) => {
  t.equal(paymentClassOf('134567890123456789', 'Code128'), 'wechat');
  t.equal(paymentClassOf('2812345678901234', 'QRCODE'), 'alipay');
  t.equal(paymentClassOf('300123456789012345678901', 'UNKNOWN'), 'alipay');
  t.equal(paymentClassOf('6212345678901234567', 'QRCODE'), 'unionpay');
  t.equal(paymentClassOf('134567890123456789', 'ITF'), undefined);
  t.equal(paymentClassOf('13456789012345678', 'Code128'), undefined);
  t.equal(paymentClassOf('164567890123456789', 'Code128'), undefined);
  const paid = read(']C0134567890123456789');
  t.strictSame(paid, {
    ...{ data: '13************6789', symbology: 'Code128', symbologyFrom: 'aim', aim: ']C0' },
    ...{ payment: { class: 'wechat' }, paymentCode: '134567890123456789' },
  });
  t.equal(read('134567890123456789', { paymentCodes: false })['data'], '134567890123456789');
  t.end();
});

void t.test('text is UTF-8, then GB18030, then nothing, with the bytes beside it', (t) => {
  const decoded = (hex: string): unknown =>
    decodeText(Uint8Array.from(Buffer.from(hex, 'hex')), 'gb18030');
  t.match(decoded('e4bda0e5a5bd'), { text: '你好', encoding: 'utf-8', isInDoubt: false });
  t.match(decoded('c4e3bac3'), { text: '你好', encoding: 'gb18030' });
  t.match(decoded('81308436'), { text: '¥', encoding: 'gb18030' });
  t.match(decoded('c1aacda8'), { text: '联通' });
  t.match(decoded('d0a1d0a1'), { encoding: 'utf-8', isInDoubt: true }, 'might be two Hanzi');
  t.equal(decoded('ff'), undefined);
  t.equal(decodeText(Uint8Array.of(0xc4), 'none'), undefined);
  const event = readBarcode({ bytes: Uint8Array.of(0xff, 0x00) }, OPTIONS);
  t.match(event, { data: null, dataBytes: '/wA=' });
  t.end();
});

void t.test('symbologies by AIM, by SSI and by what is in the code', (t) => {
  const cases = {
    ']C1': 'EAN128',
    ']d2': 'GS1DATAMATRIX',
    ']Q3': 'GS1QRCODE',
    ']e0': 'GS1DATABAR',
  };
  for (const [aim, name] of Object.entries(cases)) t.equal(symbologyOfAim(aim), name);
  t.equal(symbologyOfAim(']E4'), 'EAN8');
  t.equal(symbologyOfAim(']X0'), 'OTHER');
  t.equal(symbologyOfSsi(0x0b), 'EAN13');
  t.equal(symbologyOfSsi(0xee), 'OTHER');
  t.match(read(']C10104006381333931310300125' + '0'), {
    ...{ gs1: { '01': '04006381333931', '3103': '001250' } },
    embedded: { itemId: '04006381333931', weight: { value: 1250, scale: 3, unit: 'kg' } },
  });
  t.match(read(']d20104006381333931' + '3922499'), {
    embedded: { price: { value: 499, scale: 2 } },
  });
  t.match(read(']C105'), { gs1: {}, gs1Error: { problem: 'identifier', at: 0 } });
  t.match(read(']E04006381333931'), { symbology: 'EAN13', checkDigit: 'ok', symbologyFrom: 'aim' });
  t.end();
});
