import t from 'tap';
import { judgeHealth } from './health.ts';
import type { HealthReadings } from './health.ts';

const readings = (changes: Partial<HealthReadings> = {}): HealthReadings => ({
  pendingItems: 0,
  commits: 10,
  diskFull: false,
  diskFreeBytes: 10 * 1024 ** 3,
  eventLoopLagMs: 20,
  uplinkState: 'idle',
  ...changes,
});

void t.test('an idle gateway and a busy one are healthy, with headquarters or without', (t) => {
  t.equal(judgeHealth(readings(), undefined).ok, true);
  t.equal(judgeHealth(readings(), readings()).ok, true, 'nothing to do is no standstill');
  const before = readings({ pendingItems: 5 });
  t.equal(judgeHealth(readings({ pendingItems: 9, commits: 11 }), before).ok, true);
  t.match(judgeHealth(readings({ uplinkState: 'off' }), undefined), {
    ok: true,
    checks: { uplink: { detail: 'off' } },
  });
  t.end();
});

void t.test('work that waits at two looks without a commit is stuck', (t) => {
  const before = readings({ pendingItems: 5 });
  const health = judgeHealth(readings({ pendingItems: 5 }), before);
  t.match(health, { ok: false, checks: { ledger: { ok: false, detail: /5 submissions wait/ } } });
  t.equal(judgeHealth(readings({ pendingItems: 5 }), undefined).ok, true, 'one look is too early');
  t.end();
});

void t.test('a full or nearly full disk and a loop that is held up are not healthy', (t) => {
  t.match(judgeHealth(readings({ diskFull: true }), undefined), {
    ok: false,
    checks: { ledger: { ok: false }, disk: { ok: false } },
  });
  t.equal(judgeHealth(readings({ diskFreeBytes: 1024 ** 2 }), undefined).ok, false);
  t.match(judgeHealth(readings({ eventLoopLagMs: 1_000 }), undefined), {
    ok: false,
    checks: { eventLoop: { ok: false } },
  });
  t.equal(judgeHealth(readings({ eventLoopLagMs: 999 }), undefined).ok, true);
  t.end();
});
