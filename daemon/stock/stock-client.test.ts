/**
 * Goal: the thread begins when it is needed, comes up to the log, says a deficit until the log has it,
 * and takes no other ledger's file for its own. Method: the thread over a real ledger.
 */
import { copyFileSync, existsSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import t from 'tap';
import type { Test } from 'tap';
import { systemSchedule } from '../../platform/schedule.ts';
import { StockClient } from './stock-client.ts';
import type { Deficit } from './stock-database.ts';
import { moved, sold, StockLab } from '../../test/support/stock-lab.ts';

interface Heard {
  deficits: Deficit[];
  replaced: (string | undefined)[];
}

function clientOf(t: Test, lab: StockLab): { client: StockClient; heard: Heard } {
  const heard: Heard = { deficits: [], replaced: [] };
  const client = new StockClient({
    ...{ dataDir: lab.dataDir, stockFile: `${lab.dataDir}/other.db`, schedule: systemSchedule },
    tip: () => lab.core.tip(),
    onDeficits: (deficits) => void heard.deficits.push(...deficits),
    onExpired: () => undefined,
    onNews: () => undefined,
    onReplaced: (message) => void heard.replaced.push(message),
    log: { warn: (details) => t.fail(JSON.stringify(details)) },
  });
  t.teardown(() => client.close());
  return { client, heard };
}

/** A thread may take longer to begin, on a busy machine, than a question waits. */
async function caughtUp(client: StockClient, lab: StockLab): Promise<void> {
  do await client.reached();
  while (client.status.size < lab.core.tip().size);
}

void t.test('it begins when it is needed', async (t) => {
  const lab = new StockLab(t, { onDisk: true });
  lab.book('c', moved({ movement: 'count' }, 'A', 1));
  const index = lab.book('s', sold('A', 2));
  const { client, heard } = clientOf(t, lab);
  client.committed();
  t.notOk(client.isRunning);
  t.notOk(client.status.running);
  await caughtUp(client, lab);
  t.match(client.status, { running: true, items: 1, size: lab.core.tip().size, behind: 0 });
  while (heard.deficits.length === 0) await turn();
  t.match(heard.deficits, [{ itemId: 'A', index, onHand: -1_000_000 }]);
  client.known(heard.deficits);
  lab.book('s2', sold('B', 1));
  await caughtUp(client, lab);
  t.equal(client.status.items, 2);
  await client.close();
  t.equal(heard.deficits.length, 1);
});

void t.test('the file of another ledger is begun anew', async (t) => {
  const other = new StockLab(t, { onDisk: true });
  other.book('r', moved({ movement: 'receipt' }, 'X', 1));
  other.follow();
  other.database.close();
  const lab = new StockLab(t, { onDisk: true });
  lab.book('r', moved({ movement: 'receipt' }, 'A', 1));
  copyFileSync(other.stockFile, `${lab.dataDir}/other.db`);
  other.reopen();
  const { client, heard } = clientOf(t, lab);
  t.ok(client.isRunning, 'there was a file');
  await caughtUp(client, lab);
  t.strictSame(heard.replaced, [undefined], 'and nobody need be told');
  t.equal(client.status.items, 1);
  await client.close();
  t.ok(existsSync(`${lab.dataDir}/other.db`));
});
