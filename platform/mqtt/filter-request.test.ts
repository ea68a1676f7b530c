/** What a client hears for its filters where the broker answers for different ones only. */
import t from 'tap';
import { FilterRequest } from './filter-request.ts';
import { SUBSCRIBE, UNSUBSCRIBE } from './packet-check.ts';

const ID = [0x12, 0x34];
const SUBACK = [0x90, 0x04, ...ID, 1, 0x80];

function bodyOf(...filters: [filter: string, qos: number][]): Buffer {
  const parts = filters.map(([filter, qos]) => [0, filter.length, ...Buffer.from(filter), qos]);
  return Buffer.from([...ID, ...parts.flat()]);
}

void t.test('each filter once: the answer is the broker’s', (t) => {
  const request = new FilterRequest();
  request.begin(SUBSCRIBE, bodyOf(['a', 1], ['b', 0]));
  t.ok(request.isOpen);
  t.same([...request.answer(Buffer.from(SUBACK))], SUBACK);
  t.notOk(request.isOpen);
  t.end();
});

void t.test('a filter twice has two codes, each in its place', (t) => {
  const request = new FilterRequest();
  request.begin(SUBSCRIBE, bodyOf(['a', 2], ['b', 1], ['a', 1], ['b', 0]));
  const heard = request.answer(Buffer.from(SUBACK));
  t.same([...heard], [0x90, 0x06, ...ID, 2, 0x80, 1, 0x80]);
  t.end();
});

void t.test('an answer above 127 bytes has a longer length', (t) => {
  const request = new FilterRequest();
  const filters = Array.from({ length: 200 }, (): [string, number] => ['a', 1]);
  request.begin(SUBSCRIBE, bodyOf(...filters));
  const heard = request.answer(Buffer.from([0x90, 0x03, ...ID, 1]));
  t.same([...heard.subarray(0, 5)], [0x90, 0xca, 0x01, ...ID]);
  t.equal(heard.length, 3 + 202);
  t.end();
});

void t.test('an UNSUBACK stays as it is', (t) => {
  const request = new FilterRequest();
  request.begin(UNSUBSCRIBE, Buffer.from([...ID, 0, 1, 97, 0, 1, 97]));
  t.same([...request.answer(Buffer.from([0xb0, 0x02, ...ID]))], [0xb0, 0x02, ...ID]);
  t.end();
});
