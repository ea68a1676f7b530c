/** `tillgate quarantine retry`, run on headquarters' home. */
import { TillgateError } from '../../protocol/errors.ts';
import { EXIT } from '../exit-code.ts';
import { ENTRY, entryOf } from '../quarantined-entry.ts';
import type { Command } from '../command.ts';

export const quarantineRetry: Command = {
  words: 'quarantine retry',
  summary: 'project an entry in quarantine once more, or all',
  details: 'Exits with 1 when something stays in quarantine.',
  arguments: ENTRY.map((argument) => ({ ...argument, required: false })),
  options: [{ flags: '--all', summary: 'every open entry' }],
  async run(context, input) {
    const { withHq } = await import('../../hq/control/with-hq.ts');
    const isAll = input.optionalArgument('origin') === undefined;
    if (isAll !== input.flag('all')) {
      throw new TillgateError('USAGE', 'Name one entry by ORIGIN and INDEX, or give --all.');
    }
    const params = isAll ? {} : entryOf(input);
    const answer = await withHq(context, (call) => call('quarantine.retry', params));
    const lines = answer.retried.map(
      ({ origin, index, outcome, reason }) =>
        `${origin} ${index}: ${outcome}${reason === null ? '' : `: ${reason}`}`,
    );
    context.output.result(answer, lines.length === 0 ? 'Nothing is open.' : lines.join('\n'));
    return answer.retried.some(({ outcome }) => outcome === 'quarantined') ? EXIT.check : EXIT.ok;
  },
};
