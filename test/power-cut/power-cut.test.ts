/**
 * A short slice of `npm run power-cut`, and the proof that it would find something: with fsync turned
 * off from outside (eatmydata) the same cuts lose what was told, at the gateway and at headquarters.
 */
import t from 'tap';
import type { Test } from 'tap';
import { need, needTool } from '../support/need-tool.ts';
import { runPowerCuts } from './campaign.ts';
import type { DiskName, PowerSummary } from './campaign.ts';
import type { Side } from './cut-disk.ts';
import { missingForCuts } from './needs.ts';

t.setTimeout(280_000);

const CUTS = 5;
/** The first one shows it. */
const CUTS_WITHOUT_FSYNC = 2;
const WITHOUT_FSYNC = { before: ['eatmydata'] };

function cuts(t: Test, disk: DiskName, careless?: Side): Promise<PowerSummary> {
  const count = careless === undefined ? CUTS : CUTS_WITHOUT_FSYNC;
  return runPowerCuts({
    ...{ folder: t.testdir(), seed: 5, cuts: count, disks: [disk] },
    ...(careless !== undefined && { wrap: () => ({ [careless]: WITHOUT_FSYNC }) }),
  });
}

function canCut(t: Test): boolean {
  const missing = missingForCuts();
  return need(t, missing.length === 0, missing.join(', '));
}

for (const disk of ['volatile', 'snapshot'] as const) {
  void t.test(`nothing that a till was told is lost in a power cut (${disk} disk)`, async (t) => {
    if (!canCut(t)) return;
    const { violations, accepted } = await cuts(t, disk);
    t.same(violations, []);
    t.ok(accepted > 0, `${accepted} sales accepted`);
  });
}

void t.test('a gateway that does not sync is found', async (t) => {
  if (!canCut(t) || !needTool(t, 'eatmydata')) return;
  const { violations } = await cuts(t, 'volatile', 'gateway');
  t.match(violations.join('\n'), /was accepted at \d+, beyond the end|is gone/);
});

void t.test('a headquarters that does not sync is found', async (t) => {
  if (!canCut(t) || !needTool(t, 'eatmydata')) return;
  const { violations } = await cuts(t, 'volatile', 'hq');
  t.match(violations.join('\n'), /headquarters cosigned \d+ entries and holds \d+|lacks its blob/);
});
