/** `tillgate hq store fence`: says that a gateway is dead, which frees the rights it held. */
import { userInfo } from 'node:os';
import { TillgateError } from '../../protocol/errors.ts';
import type { Command } from '../command.ts';

export const hqStoreFence: Command = {
  words: 'hq store fence',
  summary: 'free the rights of a gateway that will not come back',
  details:
    "For a disk that is lost: it cannot be undone, and is an entry of headquarters' own log. What " +
    'the gateway still sends stays in custody and counts; spends from rights that were freed show as ' +
    'an overdraft. Its successor needs a name of its own.',
  arguments: [{ name: 'place', summary: 'CHAIN/STORE/GATEWAY, or CHAIN/STORE for all of a store' }],
  options: [
    { flags: '--reason <text>', summary: 'why, for those who ask later', required: true },
    { flags: '--by <name>', summary: 'who decided it', defaultText: 'the user who runs it' },
  ],
  async run(context, input) {
    const { withHq } = await import('../../hq/control/with-hq.ts');
    const [chain = '', store = '', gateway, ...more] = input.argument('place').split('/');
    if (chain === '' || store === '' || gateway === '' || more.length > 0) {
      throw new TillgateError('USAGE', 'The place is CHAIN/STORE or CHAIN/STORE/GATEWAY.');
    }
    const why = {
      reason: input.requiredOption('reason'),
      by: input.option('by') ?? userInfo().username,
    };
    const params = { chain, store, ...(gateway !== undefined && { gateway }), ...why };
    const answer = await withHq(context, (call) => call('store.fence', params));
    const names = answer.fenced.join(', ');
    context.output.result(
      answer,
      answer.isNew ? `Fenced: ${names}. Its rights are free.` : `${names} was fenced before.`,
    );
    return undefined;
  },
};
