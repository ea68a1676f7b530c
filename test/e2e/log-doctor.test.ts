/**
 * Goal: what is spoilt in a gateway's ledger comes back from headquarters, and the same log goes on.
 * Method: a real chain; leaves are spoilt while the gateway is stopped.
 */
import Database from 'better-sqlite3';
import { join } from 'node:path';
import t from 'tap';
import type { DoctorReport } from '../../daemon/control/log-doctor.ts';
import { expectAllAtHq, sellCash, startChain } from '../support/chain-under-test.ts';

t.setTimeout(180_000);

void t.test('headquarters gives back what is spoilt', async (t) => {
  const chain = await startChain(t);
  const { gateway } = chain;
  await sellCash(await chain.addTill('till-1'), { from: 1, to: 30 });
  await expectAllAtHq(t, gateway);
  const { origin } = await gateway.status();
  t.match(await gateway.ok('log', 'doctor'), 'The log is healthy.', 'beside the running gateway');
  await gateway.stop();
  const database = new Database(join(gateway.home, 'data', 'ledger.db'));
  const first = 2 ** 40 + 10;
  database.exec(`UPDATE entries SET leaf = zeroblob(9) WHERE id BETWEEN ${first} AND ${first + 4}`);
  database.close();

  const looked = await gateway.run('log', 'doctor');
  t.equal(looked.exitCode, 1);
  t.match(looked.stdout, `entries: entries 10–14 of ${origin}: lost or not as written.`);
  const report = await gateway.json<DoctorReport>('log', 'doctor', '--repair');
  t.match(report, { healthy: true, findings: [], lost: [] });
  t.match(report.repaired.join('\n'), `Headquarters gave back entries 10–14 of ${origin}.`);
  t.match(await gateway.ok('log', 'verify'), 'The log is as it was written');
  t.equal((await gateway.start()).origin, origin, 'no new epoch');
  await expectAllAtHq(t, gateway);
  t.equal((await gateway.run('log', 'doctor', '--repair')).exitCode, 75, 'not while it runs');
});
