import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { spaceLeft } from './space-left.ts';
import { LEDGER_FILE } from './sqlite-schema.ts';

const DAY_MS = 86_400_000;
const MEBIBYTE = 1024 * 1024;

void t.test('the days of sales that a disk has left', (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'tillgate-space-'));
  t.teardown(() => rmSync(dataDir, { recursive: true }));
  writeFileSync(join(dataDir, LEDGER_FILE), new Uint8Array(80 * MEBIBYTE));
  const { bavail, bsize } = statfsSync(dataDir);
  const free = bavail * bsize;
  const near = (got: number | null, wanted: number): boolean =>
    got !== null && Math.abs(got - wanted) <= 1 + wanted / 100;

  const afterTenDays = spaceLeft({ dataDir, keptMs: 10 * DAY_MS, size: 1_000 });
  t.ok(near(afterTenDays.daysOfSales, free / (8 * MEBIBYTE)), 'follows the pace of the log');

  const afterYears = spaceLeft({ dataDir, keptMs: 4_000 * DAY_MS, size: 1_000 });
  t.ok(near(afterYears.daysOfSales, free / (4 * MEBIBYTE)), 'counts a quiet log as a busy store');

  const fresh = spaceLeft({ dataDir, keptMs: 60_000, size: 1 });
  t.equal(fresh.daysOfSales, null, 'says nothing before the first sale');
  t.end();
});
