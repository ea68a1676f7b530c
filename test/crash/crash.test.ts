/**
 * A short slice of `npm run crash`: the gateway and headquarters are killed at random moments and at
 * named points, and what the tills were told holds. The seed is fixed; the moments depend on the
 * machine.
 */
import t from 'tap';
import { needTool } from '../support/need-tool.ts';
import { runCrashes } from './campaign.ts';
import { ownFolder } from '../support/own-folder.ts';

t.setTimeout(280_000);

const DEATHS = 10;

void t.test('nothing that a till was told is lost when processes are killed', async (t) => {
  if (!needTool(t, 'strace')) return;
  const summary = await runCrashes({ folder: ownFolder(t), seed: 4, runs: DEATHS });
  t.same(summary.violations, []);
  t.ok(summary.gatewayDeaths > 0 && summary.hqDeaths > 0, 'both died');
  t.ok(summary.accepted > 0, `${summary.accepted} sales accepted`);
});
