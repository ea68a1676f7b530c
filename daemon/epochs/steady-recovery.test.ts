/** Goal: what stops a recovery is told, tried again, and forgotten when it comes through. */
import t from 'tap';
import type { ErrorCode } from '../../protocol/errors.ts';
import { TillgateError } from '../../protocol/errors.ts';
import { silentLog } from '../../platform/logging.ts';
import { SteadyRecovery } from './steady-recovery.ts';

function fixture(runs: (() => Promise<void>)[]) {
  const alarms = new Set<string>();
  const timers: { callback: () => void; delayMs: number }[] = [];
  const failed: unknown[] = [];
  const stopping = new AbortController();
  const steady = new SteadyRecovery({
    recovery: { run: () => runs.shift()?.() ?? Promise.resolve() },
    alarms: {
      raise: (code: ErrorCode) => {
        alarms.add(code);
        return true;
      },
      clear: (code) => {
        alarms.delete(code);
        return [];
      },
    },
    schedule: (callback, delayMs) => {
      const timer = { callback, delayMs };
      timers.push(timer);
      return () => void timers.splice(timers.indexOf(timer), 1);
    },
    signal: stopping.signal,
    log: silentLog,
    failed: (error) => failed.push(error),
  });
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const nextTry = async (): Promise<number | undefined> => {
    const timer = timers.shift();
    timer?.callback();
    await settle();
    return timer?.delayMs;
  };
  return { steady, alarms, timers, failed, stopping, settle, nextTry };
}

const broken = (): Promise<void> => Promise.reject(new Error('the registry takes no writes'));
const whole = (): Promise<void> => Promise.resolve();

void t.test('it heals without a restart when the cause goes', async (t) => {
  const { steady, alarms, timers, settle, nextTry } = fixture([broken, broken, whole, broken]);
  steady.run();
  await settle();
  t.ok(alarms.has('LOG_RECOVERY_STOPPED'));
  t.equal(await nextTry(), 60_000);
  t.ok(alarms.has('LOG_RECOVERY_STOPPED'), 'still');
  t.equal(await nextTry(), 120_000, 'less often');
  t.same([...alarms], [], 'it came through');
  t.same(timers, []);
  steady.run();
  await settle();
  t.match(timers, [{ delayMs: 60_000 }], 'the next trouble begins anew');
});

void t.test('a new reason to run takes the place of the next try', async (t) => {
  const { steady, timers, settle } = fixture([broken, broken]);
  steady.run();
  await settle();
  steady.run();
  await settle();
  t.equal(timers.length, 1, 'one try waits, not two');
});

void t.test('a failed ledger ends the process, and a stop ends the tries', async (t) => {
  const lost = (): Promise<void> => Promise.reject(new TillgateError('LEDGER_IO', 'no disk'));
  const { steady, alarms, timers, failed, stopping, settle } = fixture([lost, broken]);
  steady.run();
  await settle();
  t.match(failed, [{ code: 'LEDGER_IO' }]);
  t.same([...alarms], []);
  steady.run();
  await settle();
  t.equal(timers.length, 1);
  stopping.abort();
  t.same(timers, []);
});
