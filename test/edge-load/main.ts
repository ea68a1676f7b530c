/**
 * What the edge bears, at full size, against the real daemon, one figure a line as JSON.
 *
 *   npm run edge-load -- [--sales 2000] [--frozen 1000] [--clients 5000] [--flood-ms 10000]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { FLOODS } from './flood-kinds.ts';
import { crowd, flood, frozen, pipeline } from './scenarios.ts';
import { startStoreUnderLoad } from './store-under-load.ts';
import type { StoreUnderLoad } from './store-under-load.ts';

const { values } = parseArgs({
  options: {
    sales: { type: 'string', default: '2000' },
    frozen: { type: 'string', default: '1000' },
    clients: { type: 'string', default: '5000' },
    'flood-ms': { type: 'string', default: '10000' },
  },
});

/** Each in a gateway of its own, so that no figure carries another's memory. */
async function report(
  name: string,
  play: (store: StoreUnderLoad) => Promise<object>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tillgate-edge-load-'));
  const store = await startStoreUnderLoad(folder);
  try {
    console.log(JSON.stringify({ scenario: name, ...(await play(store)) }));
  } finally {
    await store.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

await report('pipeline', (store) => pipeline(store, Number(values.sales)));
await report('frozen', (store) =>
  frozen(store, { count: Number(values.frozen), untilCutOff: true }),
);
await report('crowd', (store) => crowd(store, Number(values.clients)));
for (const kind of FLOODS) {
  await report(`flood of ${kind}`, (store) =>
    flood(store, { kind, floodMs: Number(values['flood-ms']) }),
  );
}
