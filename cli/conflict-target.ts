/**
 * Whose conflicts a command is about: headquarters' with `--hq` or where the home holds only a
 * headquarters, else the gateway's.
 */
import { existsSync } from 'node:fs';
import { gatewayPaths, hqPaths } from '../config/paths.ts';
import type { CommandContext, CommandOption } from './command.ts';
import type { CommandInput } from './command-input.ts';

export const CONFLICTS_OF_HQ: CommandOption = {
  flags: '--hq',
  summary: "headquarters' conflicts; needless where the home has no gateway",
};

export function isAboutHq({ home }: CommandContext, input: CommandInput): boolean {
  if (input.flag('hq')) return true;
  return !existsSync(gatewayPaths(home).configFile) && existsSync(hqPaths(home).configFile);
}
