/** `tillgate status`: one screen, whether the daemon runs or not. */
import { statusOfGateway } from '../../daemon/control/with-gateway.ts';
import type { Command } from '../command.ts';
import { statusScreen } from '../status-screen.ts';

export const status: Command = {
  words: 'status',
  summary: 'show how the gateway is',
  async run(context) {
    const answer = await statusOfGateway(context);
    context.output.result(answer, statusScreen(answer));
    return undefined;
  },
};
