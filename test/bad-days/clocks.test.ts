/**
 * Goal: a store's clock that is wrong by decades refuses no sale, and the times of headquarters still
 * say when it was made. Method: real processes; libfaketime gives the gateway another wall clock and
 * leaves its monotonic one alone, headquarters has the true one.
 */
import { execFileSync } from 'node:child_process';
import t from 'tap';
import type { TimeBracket } from '../../daemon/control/time-bracket.ts';
import { expectAllAtHq, expectTotals, sellCash, startChain } from '../support/chain-under-test.ts';
import { findTool, needTool } from '../support/need-tool.ts';
import { saleId, TillUnderTest } from '../support/till-under-test.ts';

t.setTimeout(120_000);

interface Shown {
  header: { recordedAt: string };
  timeBracket: TimeBracket;
}

/** What makes a process believe that it starts at `time`; what faketime itself would set. */
function wallClock(time: string): Record<string, string> {
  const words = ['-m', '--exclude-monotonic', '-f', `@${time}`, 'printenv'];
  const printed = execFileSync(findTool('faketime') ?? '', words, { encoding: 'utf8' });
  const wanted = /^(LD_PRELOAD|FAKETIME|\w*DONT_FAKE_MONOTONIC)=(.+)$/gm;
  const environment: Record<string, string> = {};
  for (const [, name = '', value = ''] of printed.matchAll(wanted)) environment[name] = value;
  return environment;
}

void t.test('a clock in 1999 and one in 2040 refuse nothing, and the bracket holds', async (t) => {
  if (!needTool(t, 'faketime')) return;
  const chain = await startChain(t);
  const { gateway, hq } = chain;
  const credential = await gateway.addDevice('till-1');
  await expectAllAtHq(t, gateway);
  let sumMinor = 0;
  let number = 0;
  await gateway.stop();
  for (const year of ['1999', '2040']) {
    const beforeMs = Date.now();
    const { mqtt } = await gateway.start(wallClock(`${year}-05-05 12:00:00`));
    const till = await TillUnderTest.connect(mqtt, credential);
    sumMinor += await sellCash(till, { from: number + 1, to: number + 5 });
    number += 5;
    await till.end();
    await expectAllAtHq(t, gateway);
    const status = await gateway.status();
    t.match(status, { alarms: [], uplink: { problem: null }, ledger: { diskFull: false } });
    t.match(status.startedAt, year);
    t.ok((status.ledger?.daysOfSales ?? 0) > 0, 'the estimate stays sensible');
    // Its end writes down the newest head of headquarters.
    await gateway.stop();
    const shown = await gateway.json<Shown>('log', 'show', saleId(number));
    t.match(shown.header.recordedAt, year, 'the entry says what the clock said');
    const { after, before } = shown.timeBracket;
    const [afterMs, untilMs] = [Date.parse(after?.time ?? ''), Date.parse(before?.time ?? '')];
    t.ok(afterMs <= beforeMs + 1_000, `written after ${after?.time}`);
    // Headquarters' times are whole seconds.
    t.ok(untilMs >= beforeMs - 1_000 && untilMs <= Date.now(), `and before ${before?.time}`);
  }
  await expectTotals(t, hq, { sales: number, sumMinor });
  t.match(await gateway.ok('log', 'verify', '--signatures'), 'The log is as it was written');
});
