/** `tillgate log key`: what an auditor needs to check anything of this gateway. */
import type { Command } from '../command.ts';

export const logKey: Command = {
  words: 'log key',
  summary: "print the log's verifier keys, newest first",
  details:
    'One line an epoch: NAME+KEYID+KEY, as c2sp.org/signed-note defines it. It is public; give it ' +
    'to whoever has to check a proof of this gateway.',
  async run(context) {
    const { LogInspection } = await import('../../daemon/control/log-inspection.ts');
    const log = new LogInspection(context.home);
    try {
      const keys = log.keys();
      const text = keys.map(({ verifierKey }) => verifierKey).join('\n');
      context.output.result({ ...keys[0], keys }, text);
    } finally {
      log.close();
    }
    return undefined;
  },
};
