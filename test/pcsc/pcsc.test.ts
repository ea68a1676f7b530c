/** Card readers with the real PC/SC daemon, its virtual reader and the package nfc-pcsc. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { need } from '../support/need-tool.ts';
import { canMakeWorlds, runInWorld } from '../support/run-in-world.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const IN_WORLD = fileURLToPath(new URL('./pcsc-in-world.ts', import.meta.url));

function hasNfcPackage(): boolean {
  try {
    createRequire(import.meta.url)('nfc-pcsc');
    return true;
  } catch {
    // Optional: it is left out where it cannot be compiled.
    return false;
  }
}

void t.test('tags are read over the real daemon', async (t) => {
  if (!canMakeWorlds(t, ['pcscd', 'ip'])) return;
  if (!need(t, hasNfcPackage(), 'the optional package nfc-pcsc (libpcsclite-dev, npm ci)')) return;
  await runInWorld(t, `${HERE}pcsc-world.sh`, [IN_WORLD]);
});
