/** `tillgate restore`: a gateway from its backup, under a new epoch of its log. */
import { gatewayPaths } from '../../config/paths.ts';
import type { Command } from '../command.ts';

export const restore: Command = {
  words: 'restore',
  summary: 'make this gateway again from a backup, under a new epoch',
  details:
    'The log of the backup is never continued: a new epoch follows it, so that nothing forks even if\n' +
    'the machine that made the backup still runs. Switch that one off all the same. What stands at\n' +
    'this home is kept under a dated name.',
  arguments: [{ name: 'folder', summary: 'what `tillgate backup` wrote' }],
  options: [{ flags: '--replace', summary: 'move a home that stands here aside' }],
  async run(context, input) {
    const { restoreBackup } = await import('../../daemon/control/restore-backup.ts');
    const restored = await restoreBackup({
      folder: input.argument('folder'),
      paths: gatewayPaths(context.home),
      clock: context.clock,
      replace: input.flag('replace'),
    });
    const { origin, prevOrigin, prevSize, movedAside } = restored;
    const kept = movedAside.map((path) => `\nkept: ${path}`).join('');
    const text =
      `${origin} follows ${prevOrigin}, of which ${prevSize} entries are here.${kept}\n` +
      'Start it with `tillgate run`. The machine that made the backup must not run any more.';
    context.output.result(restored, text);
    return undefined;
  },
};
