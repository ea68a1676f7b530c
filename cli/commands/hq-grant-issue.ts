/** `tillgate hq grant issue`: hands a part of a pool to one gateway. */
import { randomUUID } from 'node:crypto';
import { TillgateError } from '../../protocol/errors.ts';
import { CHAIN_OPTION, POOL_OPTIONS, amountOf, poolOf, shownAmount } from '../pool-target.ts';
import type { Command } from '../command.ts';

export const hqGrantIssue: Command = {
  words: 'hq grant issue',
  summary: 'hand a part of a pool to a gateway',
  details:
    'The gateway spends it without asking, offline too. The same --id again is the same grant. ' +
    'A single-use code needs no --amount.',
  options: [
    ...POOL_OPTIONS,
    { flags: '--to <store/gateway>', summary: 'who may spend it', required: true },
    { flags: '--amount <n>', summary: 'in units, uses, points or major units', defaultText: '1' },
    { flags: '--expires <time>', summary: 'from when on it is worth nothing (RFC 3339)' },
    { flags: '--id <id>', summary: 'of the grant', defaultText: 'a new one' },
    CHAIN_OPTION,
  ],
  async run(context, input) {
    const { withHq } = await import('../../hq/control/with-hq.ts');
    const pool = poolOf(input);
    const [store = '', gateway = '', ...more] = input.requiredOption('to').split('/');
    if (store === '' || gateway === '' || more.length > 0) {
      throw new TillgateError('USAGE', '--to is STORE/GATEWAY.');
    }
    const expiresAt = input.option('expires');
    const chain = input.option('chain');
    const params = {
      ...{ grantId: input.option('id') ?? randomUUID(), pool, store, gateway },
      amount: amountOf(pool, input.option('amount') ?? '1'),
      ...(expiresAt !== undefined && { expiresAt }),
      ...(chain !== undefined && { chain }),
    };
    const answer = await withHq(context, (call) => call('grant.issue', params));
    const what = `${shownAmount(pool, answer.amount)} of ${pool} to ${store}/${gateway}`;
    context.output.result(
      answer,
      answer.isNew ? `Grant ${answer.grantId}: ${what}.` : `Granted before: ${what}.`,
    );
    return undefined;
  },
};
