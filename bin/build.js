// Compiles the sources to dist/ and copies what they read beside themselves (JSON, SQL, samples):
// the published package holds JavaScript only, since Node does not strip types under node_modules.
import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ASSET, FOLDERS, stampOf } from './compiled-files.js';

const root = fileURLToPath(new URL('..', import.meta.url));

rmSync(join(root, 'dist'), { recursive: true, force: true });
const compiler = join(root, 'node_modules/typescript/bin/tsc');
const compiled = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
});
for (const folder of FOLDERS) {
  const names = readdirSync(join(root, folder), { recursive: true });
  for (const name of names.filter((candidate) => ASSET.test(candidate))) {
    cpSync(join(root, folder, name), join(root, 'dist', folder, name));
  }
}
if (compiled.status === 0) writeFileSync(stampOf(root), '');
process.exitCode = compiled.status ?? 1;
