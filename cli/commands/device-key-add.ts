/** `tillgate device key add` */
import { readFileSync } from 'node:fs';
import { withGateway } from '../../daemon/control/with-gateway.ts';
import type { Command } from '../command.ts';

export const deviceKeyAdd: Command = {
  words: 'device key add',
  summary: 'enrol a public key with which a device signs',
  arguments: [
    { name: 'id', summary: 'the device' },
    { name: 'file', summary: 'the public key, PEM (SPKI) or JWK, Ed25519 or P-256' },
  ],
  async run(context, input) {
    const deviceId = input.argument('id');
    const key = readFileSync(input.argument('file'), 'utf8');
    const added = await withGateway(context, (call) => call('device.key.add', { deviceId, key }));
    context.output.result(added, `${deviceId} may sign with ${added.alg} key ${added.kid}.`);
    return undefined;
  },
};
