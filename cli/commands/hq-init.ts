/** `tillgate hq init`: a home for a new headquarters, with its keys and a commented configuration. */
import type { Command } from '../command.ts';

export const hqInit: Command = {
  words: 'hq init',
  summary: 'set up a headquarters: its configuration and its keys',
  details:
    'Nothing is overwritten. Keep a copy of the keys folder: with it alone a headquarters that lost ' +
    'everything else lets all its stores in again.',
  options: [
    {
      flags: '--domain <name>',
      summary: 'the DNS name that the keys are named under',
      defaultText: 'tillgate.invalid',
    },
  ],
  async run(context, input) {
    const { initialiseHq } = await import('../../hq/control/initialise-hq.ts');
    const made = initialiseHq(context.home, input.option('domain'));
    const text = [`home    ${made.home}`, `domain  ${made.domain}`, ...made.hqKeys].join('\n');
    context.output.result(made, text);
    context.output.note('Next: tillgate hq run, then tillgate hq store add --verifier-key KEY');
    return undefined;
  },
};
