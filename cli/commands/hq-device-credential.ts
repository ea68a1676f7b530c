/** `tillgate hq device credential`: a password, and the hash for the document of a device. */
import type { Command } from '../command.ts';

export const hqDeviceCredential: Command = {
  words: 'hq device credential',
  summary: 'make a password for a device and the hash that is published',
  details:
    'The hash goes into the member `credential` of a document of the collection device; the password ' +
    'is shown this once and kept nowhere.',
  async run(context) {
    const { makeCredential } = await import('../../daemon/control/device-credential.ts');
    const made = await makeCredential();
    const text = `password    ${made.password}\ncredential  ${made.credential}`;
    context.output.result(made, text);
    return undefined;
  },
};
