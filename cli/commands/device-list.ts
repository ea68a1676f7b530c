/** `tillgate device list` */
import { withGateway } from '../../daemon/control/with-gateway.ts';
import type { Command } from '../command.ts';
import { asTable } from '../table.ts';

export const deviceList: Command = {
  words: 'device list',
  summary: 'list the devices of this gateway',
  async run(context) {
    const answer = await withGateway(context, (call) => call('device.list', {}));
    const rows = answer.devices.map(({ deviceId, role, addedAt, revokedAt, keys, from }) => [
      deviceId,
      role,
      revokedAt === null ? 'live' : `revoked ${revokedAt}`,
      String(keys.filter((key) => key.revokedAt === null).length),
      from,
      addedAt,
    ]);
    const table = asTable(['device', 'role', 'state', 'keys', 'from', 'enrolled'], rows);
    context.output.result(answer, rows.length === 0 ? 'No devices yet.' : table);
    return undefined;
  },
};
