import t from 'tap';
import { readFeedFile } from './read-feed-file.ts';

const read = (file: string, text: string) => readFeedFile(file, Buffer.from(text), undefined);

void t.test('a CSV file says the same as JSON', (t) => {
  const csv = read(
    'item.csv',
    '\ufeffitemId,name:en,gtins,codes,labelPrefix,labelHolds,labelDigits,labelScale\r\n' +
      '1,"Milk, fresh",4006381333931,7 8,2100123,weight,5,3\r\n',
  );
  const document = {
    ...{ itemId: '1', names: { en: 'Milk, fresh' }, gtins: ['4006381333931'], codes: ['7', '8'] },
    embedded: { prefix: '2100123', holds: 'weight', digits: 5, scale: 3 },
  };
  t.same(csv.problems, []);
  t.same(csv.lines, [2]);
  const lines = read('x.ndjson', `${JSON.stringify({ collection: 'item', document })}\n\n`);
  t.same(lines.changes, csv.changes);
  t.same(read('x.json', JSON.stringify([{ collection: 'item', document }])).changes, csv.changes);
  t.same(read('item.json', JSON.stringify([document])).changes, csv.changes, 'a bare document');
  t.end();
});

void t.test('prices, their places, and what goes away', (t) => {
  const { changes, problems } = read(
    'prices-2026.csv',
    'op,itemId,currency,amount,zone,store,from\n' +
      ',1,EUR,1.2345,,,\n,1,EUR,2,north,,2026-01-01T00:00:00Z\ndelete,1,EUR,,,s1,\n',
  );
  t.same(problems, []);
  t.match(changes, [
    { id: '1/EUR//', document: { amount: { value: 12_345, scale: 4 } } },
    { id: '1/EUR/z:north/2026-01-01T00:00:00Z' },
    { op: 'delete', id: '1/EUR/s:s1/' },
  ]);
  t.end();
});

void t.test('what is wrong is named with its line', (t) => {
  const csv = read('price.csv', 'itemId,currency,amount\n1,EUR,one\n1,EUR,-1\n1,EUR,2\n');
  t.match(csv.problems, [
    { line: 2, code: 'FEED_FILE_INVALID', message: /amount/ },
    { line: 3, code: 'FEED_PRICE_NEGATIVE' },
  ]);
  t.match(read('price.csv', 'a,b\n1,2,3\n').problems, [{ code: 'FEED_FILE_INVALID', line: 2 }]);
  t.match(read('things.csv', 'itemId\n1\n').problems, [{ message: /collection/ }]);
  t.match(read('x.ndjson', '{"collection":\n{}\n').problems, [
    { line: 1, code: 'FEED_FILE_INVALID' },
    { line: 2, code: 'FEED_COLLECTION_UNKNOWN' },
  ]);
  t.match(read('x.json', '[{"a":1.5}]').problems, [{ code: 'FEED_FILE_INVALID' }]);
  t.end();
});

void t.test('what gateways are told has columns, and rights have none', (t) => {
  const config = read(
    'config.csv',
    'gateway,key,value,locked\n' +
      'g1,uplink.maxBytesPerSecond,5000,true\n,peripherals.receipts.header,"[""Hi""]",false\n' +
      ',log.level,debug,\n',
  );
  t.same(config.problems, []);
  t.match(config.changes, [
    { id: 'g1/uplink.maxBytesPerSecond', document: { value: 5_000, locked: true } },
    { document: { value: ['Hi'], locked: undefined } },
    { id: '/log.level', document: { value: 'debug' } },
  ]);
  const role = read('role.csv', 'roleId,publish,subscribe\nstaff,a/b c/#,gateway/status\n');
  t.match(role.changes, [{ document: { publish: ['a/b', 'c/#'] } }]);
  const device = read('device.csv', 'deviceId,role,key,revoked\nt1,till,-----BEGIN X,true\n');
  t.match(device.changes, [{ document: { keys: ['-----BEGIN X'], revoked: true } }]);
  const command = read('command.csv', 'commandId,action,peripheralId\nc1,restartPeripheral,p1\n');
  t.match(command.changes, [{ document: { peripheralId: 'p1' } }]);
  const supply = read('supply.csv', 'pool,amount\npoints:m1,5\n');
  t.match(supply.problems, [{ code: 'FEED_COLLECTION_RESERVED', line: 2 }]);
  t.end();
});
