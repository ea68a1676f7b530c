/**
 * Goal: an embedded database that a power cut damaged is made again from custody, with no person at
 * the keyboard. Method: a real PGlite folder whose pages of one table are overwritten between two
 * runs; the catalogue stays whole, so that opening alone does not notice.
 */
import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { SampleLog } from '../../protocol/replication/fixtures/sample-log.ts';
import { admitSample, sampleAppend } from '../custody/contract-samples.ts';
import { FileCustody } from '../custody/files/file-custody.ts';
import type { ProjectionTotals } from './projection-call.ts';
import { ProjectionService } from './projection-service.ts';

/** The embedded database starts three times. */
t.setTimeout(110_000);

const PAGE_BYTES = 8_192;
/** Files of the tables that the projection made; below it are PostgreSQL's own. */
const FIRST_USER_FILE = 16_384;
const HEAL_MS_MAX = 60_000;

/** Overwrites the largest table. */
function damage(projection: string): void {
  const base = join(projection, 'base');
  const files = readdirSync(base, { recursive: true, encoding: 'utf8' })
    .filter((name) => Number(name.split('/').at(-1)) >= FIRST_USER_FILE)
    .map((name) => ({ path: join(base, name), bytes: statSync(join(base, name)).size }))
    .toSorted((a, b) => b.bytes - a.bytes);
  const [largest] = files;
  if (largest === undefined) return;
  const descriptor = openSync(largest.path, 'r+');
  writeSync(descriptor, Buffer.alloc(Math.max(PAGE_BYTES, largest.bytes), 0x5a), 0);
  closeSync(descriptor);
}

async function totalsSoon(service: ProjectionService): Promise<ProjectionTotals | undefined> {
  const deadline = performance.now() + HEAL_MS_MAX;
  while (performance.now() < deadline) {
    const totals = await service.totals().catch(() => undefined);
    if (totals?.complete === true) return totals;
    await delay(100);
  }
  return undefined;
}

void t.test('tables that a power cut damaged are made again', { timeout: 100_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tillgate-damage-'));
  const custody = await FileCustody.openForWriting(join(folder, 'custody'));
  t.teardown(async () => {
    await custody.close();
    rmSync(folder, { recursive: true });
  });
  const log = new SampleLog('d/acme/s1/g1/e1');
  log.appendMany(500);
  await admitSample(custody, log);
  await custody.append(sampleAppend(log, 0, 480));
  const projection = join(folder, 'projection');
  const sources = {
    custody: { kind: 'files', folder: join(folder, 'custody') },
    database: { kind: 'pglite', folder: projection },
  } as const;
  const monotonicMs = (): number => performance.now();
  const before = new ProjectionService(sources, monotonicMs);
  t.match(await totalsSoon(before), { entries: 480, quarantined: 480 });
  await before.end();

  damage(projection);
  await custody.append(sampleAppend(log, 480, 500));
  const after = new ProjectionService(sources, monotonicMs);
  t.match(await totalsSoon(after), { entries: 500, quarantined: 500 });
  await after.end();
});
