/** `tillgate conflict resolve` */
import { withGateway } from '../../daemon/control/with-gateway.ts';
import { TillgateError } from '../../protocol/errors.ts';
import { CONFLICTS_OF_HQ, isAboutHq } from '../conflict-target.ts';
import type { Command } from '../command.ts';
import type { CommandInput } from '../command-input.ts';

export const conflictResolve: Command = {
  words: 'conflict resolve',
  summary: 'say how a conflict ends',
  details:
    'What is said is an entry of the log of whoever decides about it, once; headquarters tells the ' +
    'stores. A side is chosen only where the rule leaves it to a person.',
  arguments: [{ name: 'id', summary: 'as `conflict list` shows it' }],
  options: [
    { flags: '--note <text>', summary: 'what was done, for those who ask later', required: true },
    { flags: '--winner <side>', summary: 'the side that stands, as `conflict show` counts them' },
    CONFLICTS_OF_HQ,
  ],
  async run(context, input) {
    const conflictId = input.argument('id');
    const note = input.requiredOption('note');
    const winner = winnerOf(input);
    const given = winner === undefined ? {} : { winner };
    const answer = isAboutHq(context, input)
      ? await (
          await import('../../hq/control/with-hq.ts')
        ).withHq(context, (call) => call('conflict.resolve', { conflictId, note, ...given }))
      : await withGateway(context, (call) =>
          call('conflict.resolve', { conflictId, note, winner: String(winner ?? '') }),
        );
    const { origin, index } = answer.entry;
    const result = { conflictId, ...answer };
    context.output.result(result, `It is entry ${index} of ${origin}.`);
    return undefined;
  },
};

function winnerOf(input: CommandInput): number | undefined {
  const text = input.option('winner');
  if (text === undefined) return undefined;
  if (/^(?:0|[1-9][0-9]?)$/.test(text)) return Number(text);
  throw new TillgateError('USAGE', '--winner is the number of a side, from 0.');
}
