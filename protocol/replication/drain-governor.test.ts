/** Goal: caps hold over time, and live sales slow a backlog but never the live tail itself. */
import t from 'tap';
import { DrainEstimate } from './drain-estimate.ts';
import { DrainGovernor } from './drain-governor.ts';
import { BackOff } from './back-off.ts';

const spent = { bytes: 10_000, entries: 100, workMs: 5 };

/** Entries that leave within `seconds` when every batch leaves as soon as it may. */
function entriesWithin(governor: DrainGovernor, seconds: number, live: boolean): number {
  let nowMs = 0;
  let entries = 0;
  while (nowMs < seconds * 1_000) {
    if (live) governor.live(nowMs);
    nowMs = Math.max(nowMs + spent.workMs, governor.readyAtMs);
    governor.spent(spent, nowMs, true);
    entries += spent.entries;
  }
  return entries;
}

void t.test('the caps on bytes and entries hold', (t) => {
  const bytes = new DrainGovernor({ maxBytesPerSecond: 50_000, maxEntriesPerSecond: 0 });
  const byBytes = entriesWithin(bytes, 20, false);
  t.ok(byBytes > 9_000 && byBytes < 11_000, `${byBytes} entries of 100 bytes in 20 s`);
  const entries = new DrainGovernor({ maxBytesPerSecond: 0, maxEntriesPerSecond: 200 });
  const byEntries = entriesWithin(entries, 20, false);
  t.ok(byEntries > 3_600 && byEntries < 4_400, `${byEntries} entries in 20 s`);
  t.end();
});

void t.test('without caps and live sales nothing waits', (t) => {
  const free = new DrainGovernor({ maxBytesPerSecond: 0, maxEntriesPerSecond: 0 });
  t.equal(entriesWithin(free, 1, false), 20_000);
  t.end();
});

void t.test('live sales pace the backlog and not the tail', (t) => {
  const governor = new DrainGovernor({ maxBytesPerSecond: 0, maxEntriesPerSecond: 0 });
  const paced = entriesWithin(governor, 20, true);
  t.ok(paced > 7_000 * 20 && paced <= 8_500 * 20, `${paced} entries in 20 s`);
  const tail = new DrainGovernor({ maxBytesPerSecond: 0, maxEntriesPerSecond: 0 });
  tail.live(1_000);
  tail.spent(spent, 1_000, false);
  t.ok(tail.readyAtMs <= 1_000);
  t.end();
});

void t.test('the estimate follows the pace and knows when it does not', (t) => {
  const estimate = new DrainEstimate();
  t.equal(estimate.remainingSeconds(100), undefined);
  t.equal(estimate.remainingSeconds(0), 0);
  for (let nowMs = 0; nowMs <= 30_000; nowMs += 100) estimate.acknowledged(50, nowMs);
  t.equal(Math.round(estimate.entriesPerSecond), 500);
  t.equal(estimate.remainingSeconds(5_000), 10);
  estimate.pause();
  t.equal(estimate.remainingSeconds(5_000), undefined, 'a pace of before the pause says nothing');
  t.end();
});

void t.test('the estimate is true after a trickle and a night without headquarters', (t) => {
  const estimate = new DrainEstimate();
  for (let nowMs = 0; nowMs < 3_600_000; nowMs += 30_000) estimate.acknowledged(1, nowMs);
  estimate.pause();
  let left = 200_000;
  // Batches of 500 at an uneven pace, 4,000 entries/s in the mean.
  for (let nowMs = 40_000_000; left > 0; nowMs += left % 1_000 === 0 ? 200 : 50) {
    estimate.acknowledged(500, nowMs);
    left -= 500;
    const said = estimate.remainingSeconds(left);
    if (left <= 195_000 && left >= 40_000) {
      const real = left / 4_000;
      t.ok(said !== undefined && Math.abs(said - real) <= 1 + real / 4, `${said} for ${real} s`);
    }
  }
  t.end();
});

void t.test('back-off doubles, is capped, spreads over the whole range and starts again', (t) => {
  let random = 0.999_999;
  const backOff = new BackOff({ baseMs: 500, maxMs: 4_000, random: () => random });
  t.same(
    [1, 2, 3, 4, 5].map(() => backOff.nextMs()),
    [499, 999, 1_999, 3_999, 3_999],
  );
  t.equal(backOff.failures, 5);
  random = 0;
  t.equal(backOff.nextMs(), 0);
  backOff.reset();
  random = 0.5;
  t.equal(backOff.nextMs(), 250);
  t.end();
});
