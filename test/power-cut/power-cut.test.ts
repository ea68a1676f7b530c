/**
 * A short slice of `npm run power-cut`, and the proof that it would find something: with fsync turned
 * off from outside (eatmydata) the same cuts lose what was told, at the gateway and at headquarters.
 */
import t from 'tap';
import type { Test } from 'tap';
import { need, needTool } from '../support/need-tool.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { runPowerCuts } from './campaign.ts';
import { missingForCuts } from './needs.ts';
import { lossOfQueue } from './queue-contestant.ts';
import { VolatileDisk } from './volatile-disk.ts';
import { ownFolder } from '../support/own-folder.ts';

t.setTimeout(280_000);

const CUTS = 4;
const WITHOUT_FSYNC = { before: ['eatmydata'] };

function canCut(t: Test): boolean {
  const missing = missingForCuts();
  return need(t, missing.length === 0, missing.join(', '));
}

for (const disk of ['volatile', 'snapshot'] as const) {
  void t.test(`nothing that a till was told is lost in a power cut (${disk} disk)`, async (t) => {
    if (!canCut(t)) return;
    const cuts = { folder: ownFolder(t), seed: 5, cuts: CUTS, disks: [disk] };
    const { violations, accepted } = await runPowerCuts(cuts);
    t.same(violations, []);
    t.ok(accepted > 0, `${accepted} sales accepted`);
  });
}

void t.test('no message that was acknowledged for a session is lost (volatile disk)', async (t) => {
  if (!canCut(t)) return;
  const disk = new VolatileDisk({ folder: ownFolder(t), random: new SeededRandom(5) });
  t.teardown(() => disk.close());
  const trial = { messages: 500, cuts: 2, inFlight: 50, pauseMs: 0 };
  t.same(await lossOfQueue(disk, trial), { acknowledged: 500, lost: 0 });
});

void t.test('a gateway and a headquarters that do not sync are found', async (t) => {
  if (!canCut(t) || !needTool(t, 'eatmydata')) return;
  const { violations } = await runPowerCuts({
    ...{ folder: ownFolder(t), seed: 5, cuts: 2, disks: ['volatile'] },
    wrap: () => ({ gateway: WITHOUT_FSYNC, hq: WITHOUT_FSYNC }),
  });
  const found = violations.join('\n');
  t.match(found, /was accepted at \d+, beyond the end|the ledger is gone/, 'the gateway');
  t.match(found, /headquarters cosigned \d+ entries and holds \d+|could not start/, 'headquarters');
});
