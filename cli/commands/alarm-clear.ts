/** `tillgate alarm clear` */
import { withGateway } from '../../daemon/control/with-gateway.ts';
import { TillgateError } from '../../protocol/errors.ts';
import { ALARMS_OF_HQ } from '../alarms-of-hq.ts';
import type { Command } from '../command.ts';
import type { CommandInput } from '../command-input.ts';

export const alarmClear: Command = {
  words: 'alarm clear',
  summary: 'take an alarm off the list, once somebody has dealt with it',
  details: 'An alarm that is raised again comes back.',
  arguments: [{ name: 'id', summary: 'its id or its code', required: false }],
  options: [{ flags: '--all', summary: 'every alarm' }, ALARMS_OF_HQ],
  async run(context, input) {
    const which = whichOf(input);
    const answer = input.flag('hq')
      ? await (
          await import('../../hq/control/with-hq.ts')
        ).withHq(context, (call) => call('alarm.clear', { which }))
      : await withGateway(context, (call) => call('alarm.clear', { which }));
    const lines = answer.cleared.map(({ id, code }) => `${code} (${id}) is cleared.`);
    context.output.result(answer, lines.length === 0 ? 'No alarms.' : lines.join('\n'));
    return undefined;
  },
};

function whichOf(input: CommandInput): string {
  const id = input.optionalArgument('id');
  if (input.flag('all') !== (id === undefined)) {
    throw new TillgateError('USAGE', 'Name one alarm, or give --all.');
  }
  return id ?? 'all';
}
