/**
 * A sale in a schema of the future: the gateway takes it, headquarters keeps it and cannot read it,
 * and a person sees it, tries it again, and decides; the decision outlives the tables.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { expectAllAtHq, settled, startChain } from '../support/chain-under-test.ts';
import { sampleSale } from '../support/sample-sale.ts';
import { TillUnderTest } from '../support/till-under-test.ts';
import { tillgate } from '../support/tillgate-process.ts';

t.setTimeout(280_000);

type Listed = {
  items: { origin: string; index: number; uninterpreted: boolean; waiver: object | null }[];
  open: number;
  waived: number;
};

void t.test('what headquarters cannot read is listed, shown, tried and waived', async (t) => {
  const { hq, gateway } = await startChain(t);
  const quarantine = async (...words: string[]) => {
    const { exitCode, stdout, stderr } = await tillgate([
      ...['quarantine', ...words, '--home', hq.home, '--json'],
    ]);
    return { exitCode, stderr, json: JSON.parse(stdout) as unknown };
  };
  const list = async (): Promise<Listed> => (await quarantine('list')).json as Listed;
  const credential = await gateway.addDevice('till-1');
  const { mqtt } = await gateway.status();
  const till = await TillUnderTest.connect(mqtt, credential);
  t.teardown(() => till.end());
  const sold = await till.submit(sampleSale({ schemaVersion: 99, novelty: { of: 'the future' } }));
  t.match(sold, { outcome: 'accepted' });
  await expectAllAtHq(t, gateway);

  const seen = await settled(list, ({ open }) => open === 1);
  const { origin, index } = sold;
  t.match(seen, { items: [{ origin, index, uninterpreted: true, waiver: null }], waived: 0 });
  const shown = await quarantine('show', origin, String(index));
  t.match(shown.json, { origin, index, reason: /schemaVersion/, body: /the future/ });
  const tried = await quarantine('retry', '--all');
  t.match(tried, { exitCode: 1, json: { retried: [{ origin, index, outcome: 'quarantined' }] } });

  const why = ['--reason', 'a trial till', '--by', 'j.doe'];
  t.equal((await quarantine('waive', origin, '9999', ...why)).exitCode, 1, 'no such entry');
  t.equal((await quarantine('waive', origin, String(index), ...why)).exitCode, 0);
  const waived = await settled(list, (answer) => answer.waived === 1);
  t.match(waived, { open: 0, items: [{ index, waiver: { by: 'j.doe', reason: 'a trial till' } }] });

  await hq.stop();
  rmSync(join(hq.home, 'projection'), { recursive: true });
  t.match(await list(), { open: 0, waived: 1 }, 'also from custody alone, with headquarters down');
});
