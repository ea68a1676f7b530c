/** The option of `alarm` commands that asks headquarters instead of the gateway. */
import type { CommandOption } from './command.ts';

export const ALARMS_OF_HQ: CommandOption = {
  flags: '--hq',
  summary: "headquarters' alarms instead of the gateway's",
};
