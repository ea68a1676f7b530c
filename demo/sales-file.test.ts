import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { readSalesFile } from './sales-file.ts';

const HEAD = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n';

void t.test('lines of one invoice are gathered wherever they stand', (t) => {
  const path = join(t.testdir(), 'a.csv');
  const rows = [
    '1,A,"LOUNGE,METAL SIGN",2,2010-12-01 09:41:00,2.1,15311.0,United Kingdom',
    '2,B,,1,2010-12-01 09:42:00,1,,France',
    '1,C,"7"" SINGLE ",1,2010-12-01 09:40:00,0.123,15311.0,United Kingdom',
  ];
  writeFileSync(path, `${HEAD}${rows.join('\n')}\n`);
  const invoices = readSalesFile(path);
  t.same(
    invoices.map(({ invoiceNo, lines }) => [invoiceNo, ...lines.map((line) => line.description)]),
    [
      ['1', 'LOUNGE,METAL SIGN', '7" SINGLE '],
      ['2', ''],
    ],
  );
  writeFileSync(`${path}.gz`, gzipSync(`${HEAD}${rows.join('\r\n')}\r\n`));
  t.same(readSalesFile(`${path}.gz`), invoices);
  t.end();
});

void t.test('what is no sales file is refused with its name', (t) => {
  const folder = t.testdir({ 'a.csv': 'x,y\n1,2\n', 'b.csv': HEAD, 'c.csv.gz': 'no gzip' });
  t.throws(() => readSalesFile(join(folder, 'a.csv')), {
    code: 'DEMO_DATA',
    message: /InvoiceNo/,
  });
  t.throws(() => readSalesFile(join(folder, 'b.csv')), {
    code: 'DEMO_DATA',
    message: /no invoice/,
  });
  t.throws(() => readSalesFile(join(folder, 'c.csv.gz')), { code: 'DEMO_DATA' });
  t.throws(() => readSalesFile(join(folder, 'd.csv')), { code: 'DEMO_DATA', message: /d\.csv/ });
  t.end();
});
