/** `tillgate log export`: the log as lines of JSON, with the head that proves all of it. */
import { once } from 'node:events';
import { encodeBase64 } from '../../protocol/log/base64.ts';
import type { Command, CommandContext } from '../command.ts';
import { TillgateError } from '../../protocol/errors.ts';

export const logExport: Command = {
  words: 'log export',
  summary: 'print the log as lines of JSON, with a signed head over all of it',
  details:
    'The first line holds origin, verifierKey, size and the signed checkpoint; then follows a line ' +
    'an entry: index, leaf in base64, and salt and body of bodies kept beside the log. The leaves ' +
    'hash to the root in the checkpoint.',
  async run(context) {
    if (context.json) {
      throw new TillgateError('USAGE', 'An export is lines of JSON already; --json is not for it.');
    }
    const { LogInspection } = await import('../../daemon/control/log-inspection.ts');
    const { withGateway } = await import('../../daemon/control/with-gateway.ts');
    const log = new LogInspection(context.home);
    try {
      const { size, note } = await withGateway(context, (call) => call('head.sign', {}));
      const key = log.keys()[0];
      await write({ ...key, size, checkpoint: note });
      const progress = context.output.progress('entries', size);
      for (const { index, leaf } of log.reader.entries(0, size)) {
        const blob = log.reader.blob(index);
        await write({
          index,
          leaf: encodeBase64(leaf),
          ...(blob !== undefined && {
            salt: encodeBase64(blob.salt),
            body: encodeBase64(blob.bytes),
          }),
        });
        progress.update(index + 1);
        stopIfAborted(context);
      }
      progress.stop();
    } finally {
      log.close();
    }
    return undefined;
  },
};

async function write(line: object): Promise<void> {
  if (!process.stdout.write(`${JSON.stringify(line)}\n`)) await once(process.stdout, 'drain');
}

function stopIfAborted({ signal }: CommandContext): void {
  if (signal.aborted) {
    throw new TillgateError('CANCELED', 'The export was interrupted.', { retryable: true });
  }
}
