/** Gateway homes with a large log, built once from a fixed seed and kept in the temporary folder. */
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildLedger } from '../test/support/built-ledger.ts';

/** Counts up when what is built changes, so that no old log is taken for a new one. */
const FORM = 2;

export function benchHome(log: { entries: number; bodyBytes: number }): string {
  const home = join(tmpdir(), `tillgate-bench-${log.entries}-${log.bodyBytes}-v${FORM}`);
  const done = join(home, 'built');
  if (existsSync(done)) return home;
  rmSync(home, { recursive: true, force: true });
  const main = fileURLToPath(new URL('../bin/tillgate.js', import.meta.url));
  const words = ['init', '--chain', 'acme', '--store', 's0417', '--gateway', 'g1'];
  const { status, stderr } = spawnSync(process.execPath, [main, '--home', home, ...words], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`init failed: ${stderr}`);
  const started = process.hrtime.bigint();
  console.error(`building a log of ${log.entries} entries in ${home}`);
  buildLedger({ dataDir: join(home, 'data'), ...log });
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  console.error(`built in ${seconds.toFixed(0)} s`);
  writeFileSync(done, '');
  return home;
}
