/**
 * Goal: the queue's limits and its promise: what was handed over is never given back.
 * Method: a clock that moves by hand and a handover that records.
 */
import t from 'tap';
import type { TillgateError } from '../../protocol/errors.ts';
import { FakeClock } from './ledger-fixtures.ts';
import { WaitingQueue } from './waiting-queue.ts';

function lab(): {
  queue: WaitingQueue<string>;
  clock: FakeClock;
  batches: string[][];
  givenBack: [string, TillgateError][];
} {
  const clock = new FakeClock();
  const batches: string[][] = [];
  const givenBack: [string, TillgateError][] = [];
  const queue = new WaitingQueue<string>({
    clock,
    itemsMax: 4,
    bytesMax: 100,
    windowItems: 2,
    windowBytes: 50,
    waitMsMax: 2_000,
    handOver: (batch) => batches.push(batch),
    giveBack: (item, error) => givenBack.push([item, error]),
  });
  return { queue, clock, batches, givenBack };
}

void t.test('the window bounds what is under way; the rest follows in order', (t) => {
  const { queue, batches } = lab();
  for (const item of ['a', 'b', 'c', 'd']) queue.push(item, 1);
  queue.flush();
  t.strictSame(batches, [['a', 'b']]);
  queue.settled(1);
  queue.flush();
  t.strictSame(batches, [['a', 'b'], ['c']]);
  t.equal(queue.waitingItems, 1);
  queue.fail(new RangeError() as unknown as TillgateError);
  t.end();
});

void t.test('above its bounds it gives back at once', (t) => {
  const { queue, givenBack } = lab();
  for (const item of ['a', 'b', 'c', 'd', 'e']) queue.push(item, 1);
  t.match(givenBack, [['e', { code: 'LEDGER_BUSY', retryable: true }]]);
  queue.flush();
  queue.push('large', 200);
  t.match(givenBack[1], ['large', { code: 'LEDGER_BUSY' }]);
  queue.fail(new RangeError() as unknown as TillgateError);
  t.end();
});

void t.test('what waited two seconds is given back, what was handed over is not', (t) => {
  const { queue, clock, batches, givenBack } = lab();
  for (const item of ['a', 'b', 'c']) queue.push(item, 1);
  queue.flush();
  clock.monotonic += 1_999;
  queue.push('d', 1);
  queue.flush();
  t.strictSame(givenBack, []);
  clock.monotonic += 1;
  queue.flush();
  t.match(givenBack, [['c', { code: 'LEDGER_BUSY' }]]);
  queue.settled(1);
  queue.flush();
  t.strictSame(batches, [['a', 'b'], ['d']]);
  t.end();
});

void t.test('one item larger than the window passes when nothing else is under way', (t) => {
  const { queue, batches } = lab();
  queue.push('large', 90);
  queue.flush();
  t.strictSame(batches, [['large']]);
  t.end();
});
