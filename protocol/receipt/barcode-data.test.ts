import t from 'tap';
import { checkBarcode, gtinCheckDigit } from './barcode-data.ts';

void t.test('check digits are those of the GS1 specifications', (t) => {
  t.equal(gtinCheckDigit('629104150021'), '3');
  t.equal(gtinCheckDigit('400638133393'), '1');
  t.equal(gtinCheckDigit('9638507'), '4');
  t.equal(gtinCheckDigit('03600029145'), '2');
  t.end();
});

void t.test('a check digit is added or must be right', (t) => {
  t.strictSame(checkBarcode('ean13', '400638133393'), { ok: true, data: '4006381333931' });
  t.strictSame(checkBarcode('ean8', '96385074'), { ok: true, data: '96385074' });
  t.match(checkBarcode('upca', '036000291453'), { ok: false, reason: /is 2/ });
  t.match(checkBarcode('ean8', '1234'), { ok: false, reason: /7 digits/ });
  t.match(checkBarcode('ean13', '40063813339３'), { ok: false });
  t.end();
});

void t.test('other symbologies take what they can hold', (t) => {
  t.match(checkBarcode('code39', 'ABC-12 $/+%.'), { ok: true });
  t.match(checkBarcode('code39', 'AB*'), { ok: false });
  t.match(checkBarcode('itf', '0123456789'), { ok: true });
  t.match(checkBarcode('itf', ''), { ok: false });
  t.match(checkBarcode('code128', 'a~ {}'), { ok: true });
  t.match(checkBarcode('code128', 'x'.repeat(81)), { ok: false });
  t.end();
});
