/** `tillgate peripheral remove` */
import { withGateway } from '../../daemon/control/with-gateway.ts';
import type { Command } from '../command.ts';

export const peripheralRemove: Command = {
  words: 'peripheral remove',
  summary: 'remove a peripheral; what it was asked and answered is kept',
  arguments: [{ name: 'id', summary: 'the peripheral' }],
  async run(context, input) {
    const peripheralId = input.argument('id');
    const removed = await withGateway(context, (call) =>
      call('peripheral.remove', { peripheralId }),
    );
    context.output.result(removed, `${peripheralId} is removed.`);
    return undefined;
  },
};
