/** `tillgate device key revoke` */
import { withGateway } from '../../daemon/control/with-gateway.ts';
import type { Command } from '../command.ts';

export const deviceKeyRevoke: Command = {
  words: 'device key revoke',
  summary: 'put one key of a device out of service; the device itself stays',
  arguments: [
    { name: 'id', summary: 'the device' },
    { name: 'kid', summary: 'the key, as `device key list` shows it' },
  ],
  async run(context, input) {
    const deviceId = input.argument('id');
    const kid = input.argument('kid');
    const key = await withGateway(context, (call) => call('device.key.revoke', { deviceId, kid }));
    context.output.result(key, `${deviceId} may no longer sign with ${kid}.`);
    return undefined;
  },
};
