/** `tillgate log give-up` */
import { userInfo } from 'node:os';
import { withGateway } from '../../daemon/control/with-gateway.ts';
import type { Command } from '../command.ts';

export const logGiveUp: Command = {
  words: 'log give-up',
  summary: 'stop waiting for entries that nobody can send back',
  details:
    'For a gateway that joined no headquarters and whose log went back, was lost or restored: points ' +
    'and money that customers earned here stay frozen until this is said. What was spent in the lost ' +
    'entries can be spent again. It is an entry of the log. Where headquarters is joined it is refused.',
  options: [
    { flags: '--reason <text>', summary: 'why, for those who ask later', required: true },
    { flags: '--by <name>', summary: 'who decided it', defaultText: 'the user who runs it' },
  ],
  async run(context, input) {
    const reason = input.requiredOption('reason');
    const by = input.option('by') ?? userInfo().username;
    const answer = await withGateway(context, (call) => call('log.giveUp', { reason, by }));
    const lines = answer.givenUp.map(
      (origin) => `Nothing waits for entries of ${origin} any more.`,
    );
    context.output.result(answer, lines.length === 0 ? 'Nothing is awaited.' : lines.join('\n'));
    return undefined;
  },
};
