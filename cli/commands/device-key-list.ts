/** `tillgate device key list` */
import { withGateway } from '../../daemon/control/with-gateway.ts';
import type { Command } from '../command.ts';
import { asTable } from '../table.ts';

export const deviceKeyList: Command = {
  words: 'device key list',
  summary: 'list the keys of a device',
  arguments: [{ name: 'id', summary: 'the device' }],
  async run(context, input) {
    const deviceId = input.argument('id');
    const answer = await withGateway(context, (call) => call('device.key.list', { deviceId }));
    const rows = answer.keys.map(({ kid, alg, addedAt, revokedAt }) => [
      kid,
      alg,
      revokedAt === null ? 'live' : `revoked ${revokedAt}`,
      addedAt,
    ]);
    const table = asTable(['key', 'algorithm', 'state', 'enrolled'], rows);
    context.output.result(answer, rows.length === 0 ? `${deviceId} has no key.` : table);
    return undefined;
  },
};
