/** `tillgate device revoke` */
import { withGateway } from '../../daemon/control/with-gateway.ts';
import type { Command } from '../command.ts';

export const deviceRevoke: Command = {
  words: 'device revoke',
  summary: 'put a device and its keys out of service, at once',
  arguments: [{ name: 'id', summary: 'the device' }],
  async run(context, input) {
    const deviceId = input.argument('id');
    const device = await withGateway(context, (call) => call('device.revoke', { deviceId }));
    context.output.result(device, `${deviceId} is revoked; its connections are closed.`);
    return undefined;
  },
};
