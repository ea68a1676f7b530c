/** `tillgate peripheral list` */
import { withGateway } from '../../daemon/control/with-gateway.ts';
import type { Command } from '../command.ts';
import { asTable } from '../table.ts';

export const peripheralList: Command = {
  words: 'peripheral list',
  summary: 'list the peripherals of this gateway and how they are',
  async run(context) {
    const answer = await withGateway(context, (call) => call('peripheral.list', {}));
    const rows = answer.peripherals.map(
      ({ peripheralId, driver, address, identity, condition }) => [
        peripheralId,
        condition === undefined ? 'gateway is down' : condition.state,
        condition?.reasons.join(', ') ?? '',
        driver,
        address,
        [identity?.maker, identity?.model, identity?.serialNumber]
          .filter((part) => part !== undefined)
          .join(' '),
      ],
    );
    const troubles = answer.peripherals.flatMap(({ peripheralId, condition }) =>
      condition?.trouble === undefined
        ? []
        : [`${peripheralId}: ${condition.trouble.message}\n  Try: ${condition.trouble.hint}`],
    );
    const head = ['peripheral', 'state', 'reasons', 'driver', 'address', 'device'];
    const text = [asTable(head, rows), ...troubles].join('\n');
    context.output.result(answer, rows.length === 0 ? 'No peripherals yet.' : text);
    return undefined;
  },
};
