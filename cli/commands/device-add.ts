/** `tillgate device add`: the password is shown here and never again. */
import { readFileSync } from 'node:fs';
import { withGateway } from '../../daemon/control/with-gateway.ts';
import type { Command } from '../command.ts';

export const deviceAdd: Command = {
  words: 'device add',
  summary: 'enrol a device and print its credential, once',
  details:
    'A key is the public half only, as PEM (SPKI) or JWK, Ed25519 or P-256. A device with a key has\nto sign what it submits, unless the configuration says otherwise.',
  arguments: [{ name: 'id', summary: 'its name: lower-case letters, digits and -, up to 32' }],
  options: [
    { flags: '--role <role>', summary: 'till, kiosk, handheld, display, …', required: true },
    { flags: '--key <file>', summary: 'its public key' },
  ],
  async run(context, input) {
    const deviceId = input.argument('id');
    const role = input.requiredOption('role');
    const keyFile = input.option('key');
    const key = keyFile === undefined ? {} : { key: readFileSync(keyFile, 'utf8') };
    const credential = await withGateway(context, (call) =>
      call('device.add', { deviceId, role, ...key }),
    );
    context.output.result(
      credential,
      [
        `device    ${credential.deviceId}`,
        `username  ${credential.username}`,
        `password  ${credential.password}`,
      ].join('\n'),
    );
    context.output.note('The password is not kept: write it into the device now.');
    return undefined;
  },
};
