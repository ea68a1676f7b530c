/**
 * Goal: the edge bears what stores and their mishaps bring, with the real daemon; the full size is
 * `npm run edge-load`, with figures. Here everything is smaller, and only promises are held.
 */
import t from 'tap';
import { FLOODS } from './flood-kinds.ts';
import { crowd, flood, frozen, pipeline } from './scenarios.ts';
import { startStoreUnderLoad } from './store-under-load.ts';
import { ownFolder } from '../support/own-folder.ts';

/**
 * At rest a gateway has 250 MiB, and one flood after the other takes it to 620 to 720, where it stays. A
 * leak under load would pass this within seconds; the unit ends the gateway at 1,024.
 */
const RESIDENT_MIB_MAX = 850;
const SALES_DURING_MIN = 50;
/** A flood's first second may still hold what the one before it left on its way. */
const FLOOD_MS = 5_000;
/** Half a minute on an idle machine. */
const TEST_MS_MAX = 180_000;
t.setTimeout(TEST_MS_MAX);

void t.test('one gateway under all of it', { timeout: TEST_MS_MAX }, async (t) => {
  const store = await startStoreUnderLoad(ownFolder(t));
  t.teardown(() => store.stop());

  await t.test('2,000 pipelined sales are acknowledged in order', async () => {
    await pipeline(store, 2_000);
  });

  await t.test('subscribers that read nothing slow nobody', async (t) => {
    const report = await frozen(store, { count: 100, untilCutOff: false });
    t.ok(report.during.sales >= SALES_DURING_MIN, `${report.during.sales} sales meanwhile`);
    t.ok(report.residentMib.most < RESIDENT_MIB_MAX, `${report.residentMib.most} MiB`);
  });

  await t.test('a crowd comes in at once and stays', async (t) => {
    const report = await crowd(store, 300);
    t.ok(report.during.sales >= SALES_DURING_MIN, `${report.during.sales} sales meanwhile`);
  });

  for (const kind of FLOODS) {
    await t.test(`a flood of ${kind} from one client leaves others their turn`, async (t) => {
      const report = await flood(store, { kind, floodMs: FLOOD_MS });
      t.ok(report.during.sales >= SALES_DURING_MIN, `${report.during.sales} sales meanwhile`);
      t.ok(report.residentMib.most < RESIDENT_MIB_MAX, `${report.residentMib.most} MiB`);
    });
  }
});
