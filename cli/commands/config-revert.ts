/** `tillgate config revert`: back to an earlier value of a key, as a new change. */
import { withGateway } from '../../daemon/control/with-gateway.ts';
import type { Command } from '../command.ts';

export const configRevert: Command = {
  words: 'config revert',
  summary: 'set a key back to what it was before its last change',
  details: 'It is a new change of the technician; a key that headquarters has locked is refused.',
  arguments: [{ name: 'key', summary: 'such as uplink.maxBytesPerSecond' }],
  options: [
    { flags: '--to <entry>', summary: 'to the value of this entry of `config history` instead' },
  ],
  async run(context, input) {
    const key = input.argument('key');
    const to = input.option('to');
    const answer = await withGateway(context, (call) =>
      call('config.revert', { key, ...(to !== undefined && { to }) }),
    );
    const when = answer.restart ? 'from the next start' : 'at once';
    const value = answer.value === null ? 'its default again' : JSON.stringify(answer.value);
    context.output.result(answer, `${answer.key} is now ${value}, ${when}.`);
    return undefined;
  },
};
