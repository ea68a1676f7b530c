/** Goal: time goes by headquarters once that is known, and by a clock that nobody sets from then on. */
import t from 'tap';
import { FakeClock } from '../ledger/ledger-fixtures.ts';
import type { LedgerReader } from '../ledger/reader.ts';
import { HqTime } from './hq-time.ts';

void t.test('what headquarters said counts, and what went by since', (t) => {
  const clock = new FakeClock();
  let timeSeconds: number | undefined;
  const reader: Pick<LedgerReader, 'epochs' | 'anchors'> = {
    epochs: () => [
      { epoch: 1, origin: 'a', size: 5 },
      { epoch: 2, origin: 'b', size: 1 },
    ],
    anchors: {
      below: ({ epoch, index }) =>
        epoch === 1 && timeSeconds !== undefined
          ? { ref: { epoch, index }, size: 1, timeSeconds }
          : undefined,
      over: () => undefined,
      count: () => 0,
    },
  };
  t.equal(new HqTime(clock, reader).nowMs(), clock.wall, 'nobody was heard yet');

  timeSeconds = clock.wall / 1_000 + 60;
  const time = new HqTime(clock, reader);
  t.equal(time.nowMs(), timeSeconds * 1_000, 'a clock that is behind is not believed');
  clock.wall += 100_000;
  t.equal(time.nowMs(), clock.wall, 'an old word of headquarters is only the least');

  timeSeconds += 10;
  t.equal(time.nowMs(), timeSeconds * 1_000);
  clock.wall = Date.UTC(2099, 0, 1);
  clock.monotonic += 5_000;
  t.equal(time.nowMs(), timeSeconds * 1_000 + 5_000, 'a clock of 2099 ends nothing');
  t.end();
});
