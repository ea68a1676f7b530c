/** The thread of broker.db without its thread, over real files. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { BrokerDatabase } from './broker-database.ts';
import type { FromState } from './broker-state-messages.ts';
import { StateThread } from './state-thread.ts';

void t.test('without a place at the start it says so, and heals by itself', async (t) => {
  const folder = join(t.testdir(), 'not-there-yet');
  const said: FromState[] = [];
  const thread = new StateThread(
    {
      open: () => new BrokerDatabase(join(folder, 'broker.db')),
      setAside: () => '',
      post: (message) => void said.push(message),
    },
    undefined,
  );
  t.teardown(() => thread.close());
  t.same(said.splice(0), [{ type: 'full' }], 'nothing is stored');
  mkdirSync(folder);
  // Nobody writes meanwhile: what is full is not written to.
  while (said.at(-1)?.type !== 'durable') await delay(20);
  thread.changes(1, [['addSession', 1, 's1/kept', null]]);
  while (!said.some((each) => each.type === 'durable' && each.batch === 1)) await delay(20);
  t.pass('what comes then is written');
});
