/** `tillgate alarm list` */
import { withGateway } from '../../daemon/control/with-gateway.ts';
import { ALARMS_OF_HQ } from '../alarms-of-hq.ts';
import type { Command } from '../command.ts';
import { asTable } from '../table.ts';

export const alarmList: Command = {
  words: 'alarm list',
  summary: 'list what a person has to know',
  options: [ALARMS_OF_HQ],
  async run(context, input) {
    const answer = input.flag('hq')
      ? await (
          await import('../../hq/control/with-hq.ts')
        ).withHq(context, (call) => call('alarm.list', {}))
      : await withGateway(context, (call) => call('alarm.list', {}));
    const rows = answer.alarms.map(({ id, code, since, lastAt, count, message }) => [
      id,
      code,
      since,
      count === 1 ? 'once' : `${count} times, last ${lastAt}`,
      message,
    ]);
    const table = asTable(['id', 'code', 'since', 'seen', 'what'], rows);
    context.output.result(answer, rows.length === 0 ? 'No alarms.' : table);
    return undefined;
  },
};
