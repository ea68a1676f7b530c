// Runs after `npm ci` in a clone, so that `npx tillgate` finds the command there as it would in a
// project that has the package installed. A package from the registry never runs it.
import { existsSync, rmSync, symlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../node_modules/.bin', import.meta.url));
if (existsSync(folder)) {
  rmSync(`${folder}/tillgate`, { force: true });
  symlinkSync('../../bin/tillgate.js', `${folder}/tillgate`);
}
