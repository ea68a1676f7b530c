/**
 * Goal: a status that can no longer be read is told to the owner instead of ending the process from
 * a timer. Method: a reading that fails on demand, and the real timer.
 */
import t from 'tap';
import type { GatewayStatus } from '../control/gateway-status.ts';
import { StatusPublisher } from './status-publisher.ts';

void t.test('a reading that fails is told once', async (t) => {
  const status = { uplink: { state: 'off' }, alarms: [] } as unknown as GatewayStatus;
  const damage = new TypeError('the disk is gone');
  let isDamaged = false;
  const published: string[] = [];
  const failure = await new Promise((resolve) => {
    const publisher = new StatusPublisher({
      read: () => {
        if (isDamaged) throw damage;
        return status;
      },
      publish: (json) => published.push(json),
      onFailure: resolve,
    });
    t.teardown(() => publisher.close());
    isDamaged = true;
    // The publisher's own timer keeps no process alive.
    const alive = setTimeout(() => resolve('nobody was told'), 10_000);
    t.teardown(() => clearTimeout(alive));
  });
  t.equal(failure, damage);
  t.equal(published.length, 1);
});
