/** Every command, in the order of the help text. A new command is one file and one line here. */
import type { Command } from './command.ts';
import { demo } from './commands/demo.ts';
import { deviceList } from './commands/device-list.ts';

export const COMMANDS: readonly Command[] = [deviceList, demo];
