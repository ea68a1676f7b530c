// Compiles the sources to dist/ and copies what they read beside themselves (JSON, SQL, samples):
// the published package holds JavaScript only, since Node does not strip types under node_modules.
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleTypebox } from './bundle-typebox.js';
import { ASSET, FOLDERS, stampOf } from './compiled-files.js';

const root = fileURLToPath(new URL('..', import.meta.url));

// Made beside and put in place at the end: processes that run from dist go on finding their files.
const next = join(root, `dist-next-${process.pid}`);
const old = join(root, `dist-old-${process.pid}`);
const dist = join(root, 'dist');
const compiler = join(root, 'node_modules/typescript/bin/tsc');
const compiled = spawnSync(
  process.execPath,
  [compiler, '-p', 'tsconfig.build.json', '--outDir', next],
  { cwd: root, stdio: 'inherit' },
);
for (const folder of FOLDERS) {
  const names = readdirSync(join(root, folder), { recursive: true });
  for (const name of names.filter((candidate) => ASSET.test(candidate))) {
    cpSync(join(root, folder, name), join(next, folder, name));
  }
}
if (compiled.status === 0) await bundleTypebox(root, next);
await addEmptyCluster();
if (existsSync(dist)) renameSync(dist, old);
renameSync(next, dist);
rmSync(old, { recursive: true, force: true });
// Its time says when: sources that are newer count instead of it.
if (compiled.status === 0) writeFileSync(stampOf(root), '');
process.exitCode = compiled.status ?? 1;

/**
 * An empty cluster of the embedded database, so that a headquarters' first start unpacks one instead
 * of making it, which takes seconds. Its name is that of the release it is for.
 */
async function addEmptyCluster() {
  const manifest = join(root, 'node_modules/@electric-sql/pglite/package.json');
  const { version } = JSON.parse(readFileSync(manifest, 'utf8'));
  const place = join('hq/projection', `empty-cluster-${version}.tar.gz`);
  if (existsSync(join(dist, place))) {
    cpSync(join(dist, place), join(next, place));
    return;
  }
  const { PGlite } = await import('@electric-sql/pglite');
  const folder = mkdtempSync(join(tmpdir(), 'tillgate-cluster-'));
  const database = await PGlite.create(join(folder, 'cluster'));
  const file = await database.dumpDataDir('gzip');
  writeFileSync(join(next, place), Buffer.from(await file.arrayBuffer()));
  await database.close();
  rmSync(folder, { recursive: true });
}
