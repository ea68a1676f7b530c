// Compiles the sources to dist/ and copies what they read beside themselves (JSON, SQL, samples),
// so that the published package holds JavaScript only: Node does not strip types under node_modules.
import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const FOLDERS = ['protocol', 'platform', 'config', 'daemon', 'hq', 'cli', 'demo'];
// The README.md of a data folder carries the attribution that its licence asks to go with every copy.
const ASSET = /\.(json|sql|csv|csv\.gz|html|css)$|^data\/README\.md$/;

rmSync(join(root, 'dist'), { recursive: true, force: true });
execFileSync(
  process.execPath,
  [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'],
  {
    cwd: root,
    stdio: 'inherit',
  },
);
for (const folder of FOLDERS) copyAssets(folder);

function copyAssets(folder) {
  let names = [];
  try {
    names = readdirSync(join(root, folder), { recursive: true });
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  for (const name of names.filter((candidate) => ASSET.test(candidate))) {
    cpSync(join(root, folder, name), join(root, 'dist', folder, name));
  }
}
