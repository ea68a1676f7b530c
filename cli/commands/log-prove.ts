/** `tillgate log prove`: one file that convinces whoever has the verifier key. */
import type { Command } from '../command.ts';
import { EPOCH_OPTION, epochOf } from '../log-target.ts';

export const logProve: Command = {
  words: 'log prove',
  summary: 'print a proof that the log holds an entry',
  details:
    'The proof is a c2sp.org/tlog-proof with the entry itself in its extra line. Anybody with the ' +
    'verifier key checks it, here with `tillgate log check-proof`, elsewhere with stock tools.',
  arguments: [{ name: 'entry', summary: 'its index, or the transactionId that it books' }],
  options: [EPOCH_OPTION],
  async run(context, input) {
    const { LogInspection } = await import('../../daemon/control/log-inspection.ts');
    const { withGateway } = await import('../../daemon/control/with-gateway.ts');
    const log = new LogInspection(context.home);
    try {
      const ref = log.find(input.argument('entry'), epochOf(input));
      const proof = await log.prove(ref, () =>
        withGateway(context, (call) => call('head.sign', {})),
      );
      context.output.result({ index: ref.index, epoch: ref.epoch, proof }, proof);
    } finally {
      log.close();
    }
    return undefined;
  },
};
