/** `tillgate hq grant recall`: asks the holder for what is left of a grant. */
import { CHAIN_OPTION } from '../pool-target.ts';
import type { Command } from '../command.ts';

export const hqGrantRecall: Command = {
  words: 'hq grant recall',
  summary: 'ask a gateway for what is left of a grant',
  details: 'What is left can be handed out again once the gateway has given it back.',
  arguments: [{ name: 'id', summary: 'the grant, as `hq grant list` shows it' }],
  options: [CHAIN_OPTION],
  async run(context, input) {
    const { withHq } = await import('../../hq/control/with-hq.ts');
    const chain = input.option('chain');
    const params = { grantId: input.argument('id'), ...(chain !== undefined && { chain }) };
    const answer = await withHq(context, (call) => call('grant.recall', params));
    const text = answer.isNew
      ? 'Recalled: what is left comes back when the gateway hears of it.'
      : 'It was recalled before, or there is nothing left of it.';
    context.output.result(answer, text);
    return undefined;
  },
};
