// Compiles the sources to dist/ and copies what they read beside themselves (JSON, SQL, samples),
// so that the published package holds JavaScript only: Node does not strip types under node_modules.
import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const FOLDERS = ['protocol', 'platform', 'config', 'daemon', 'hq', 'cli', 'demo'];
const ASSET = /\.(json|sql|gz|csv|html|css)$/;

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
process.exitCode = compiled.status ?? 1;
