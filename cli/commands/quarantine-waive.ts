/** `tillgate quarantine waive`, run on headquarters' home. */
import { ENTRY, entryOf } from '../quarantined-entry.ts';
import type { Command } from '../command.ts';

export const quarantineWaive: Command = {
  words: 'quarantine waive',
  summary: 'decide that nothing more is to be done about an entry',
  details: "The entry stays in custody; the waiver is an entry of headquarters' own log.",
  arguments: ENTRY,
  options: [
    { flags: '--reason <text>', summary: 'why, for those who ask later', required: true },
    { flags: '--by <name>', summary: 'who decided it', required: true },
  ],
  async run(context, input) {
    const { withHq } = await import('../../hq/control/with-hq.ts');
    const why = { reason: input.requiredOption('reason'), by: input.requiredOption('by') };
    const params = { ...entryOf(input), ...why };
    const answer = await withHq(context, (call) => call('quarantine.waive', params));
    const { origin, index } = answer.waiver;
    context.output.result(answer, `The waiver is entry ${index} of ${origin}.`);
    return undefined;
  },
};
