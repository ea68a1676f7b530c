/** `tillgate device list` */
import type { Command } from '../command.ts';

export const deviceList: Command = {
  words: 'device list',
  summary: 'list the devices of this gateway',
  run(context) {
    context.output.result({ devices: [] }, 'No devices yet.');
    return Promise.resolve(undefined);
  },
};
