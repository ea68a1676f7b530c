/**
 * USB with the real package over a USB file system in user space, in mounts of its own so that
 * nothing leaks into the machine; and a machine without USB, which this one may well be.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { openUsb } from '../../drivers/transport/usb-transport.ts';
import { need } from '../support/need-tool.ts';
import { canMakeWorlds, runInWorld } from '../support/run-in-world.ts';
import { ownFolder } from '../support/own-folder.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const IN_WORLD = fileURLToPath(new URL('./usb-in-world.ts', import.meta.url));

void t.test('USB keeps the contract of transports', async (t) => {
  if (!canMakeWorlds(t, ['gcc', 'pkg-config', 'fusermount3'])) return;
  const flags = spawnSync('pkg-config', ['--cflags', '--libs', 'fuse3'], { encoding: 'utf8' });
  if (!need(t, flags.status === 0, 'FUSE headers (Debian: libfuse3-dev)')) return;
  const fusb = join(ownFolder(t), 'fusb');
  const words = flags.stdout.trim().split(/\s+/);
  const sources = ['-O1', '-Wall', '-Wextra', '-Werror', `${HERE}fusb.c`, '-o', fusb];
  const compiled = spawnSync('gcc', [...sources, ...words, '-lpthread'], { encoding: 'utf8' });
  if (compiled.status !== 0) throw new Error(compiled.stderr);
  await runInWorld(t, `${HERE}usb-world.sh`, [IN_WORLD, fusb]);
});

void t.test('a machine that has no such device, or no USB at all, says absent', async (t) => {
  const address = { kind: 'usb', vendorId: 'dead', productId: 'beef' } as const;
  await t.rejects(openUsb(address), { code: 'TRANSPORT_ABSENT', retryable: true });
});
