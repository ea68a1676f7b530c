// Which files of the command line to run: the compiled ones in dist/, which start faster and need a
// third less memory because nothing is stripped at run time, unless a source is newer than they are.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** The folders that make up the product, as compiled by bin/build.js. */
export const FOLDERS = ['protocol', 'platform', 'config', 'drivers', 'daemon', 'hq', 'cli', 'demo'];
/** What sources read beside themselves. */
export const ASSET = /\.(json|sql|gz|csv|html|css|py|txt)$/;

/** Written last by bin/build.js, so its time is that of the whole build. */
export const stampOf = (root) => join(root, 'dist', 'built');

/** The file to start: `cli/main.ts` in a clone that changed since its last build, else dist's. */
export function entryOf(root) {
  const source = join(root, 'cli/main.ts');
  if (!existsSync(source)) return join(root, 'dist/cli/main.js');
  return isCompiled(root) ? join(root, 'dist/cli/main.js') : source;
}

function isCompiled(root) {
  const stamp = stampOf(root);
  if (!existsSync(stamp)) return false;
  const builtMs = statSync(stamp).mtimeMs;
  return FOLDERS.every((folder) => isOlder(join(root, folder), builtMs));
}

function isOlder(folder, builtMs) {
  return readdirSync(folder, { withFileTypes: true }).every((item) => {
    const path = join(folder, item.name);
    if (item.isDirectory()) return statSync(path).mtimeMs < builtMs && isOlder(path, builtMs);
    return item.name.endsWith('.test.ts') || statSync(path).mtimeMs < builtMs;
  });
}
