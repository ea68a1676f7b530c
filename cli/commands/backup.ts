/** `tillgate backup`: a copy of this gateway, taken while it runs and restored once on trial. */
import { gatewayPaths } from '../../config/paths.ts';
import type { Command } from '../command.ts';

export const backup: Command = {
  words: 'backup',
  summary: 'copy this gateway into a folder, while it runs, and try the copy out',
  details:
    'The copy holds the log, the devices, the configuration and the private keys: keep it as secret\n' +
    'as the keys. It is restored on trial before it gets its name. Headquarters is still the backup\n' +
    'of the sales themselves; this one brings a gateway back with its devices and its name.',
  arguments: [{ name: 'folder', summary: 'the folder to make; it must not exist yet' }],
  async run(context, input) {
    const { makeBackup } = await import('../../daemon/control/make-backup.ts');
    const made = await makeBackup({
      paths: gatewayPaths(context.home),
      target: input.argument('folder'),
      clock: context.clock,
      onStep: (step) => context.output.note(`… ${step}`),
    });
    const { folder, origin, size, bytes, madeAt, root } = made;
    const text =
      `${folder} holds ${origin} with ${size} entries (${bytes} bytes).\n` +
      'It was restored on trial. It contains the private key of the log: keep it where keys are kept.';
    context.output.result({ folder, origin, size, root, bytes, madeAt }, text);
    return undefined;
  },
};
