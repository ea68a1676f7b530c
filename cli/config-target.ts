/** Which of the two configurations a `config` command is about. */
import type { ConfigKind } from '../config/config-kind.ts';
import { GATEWAY_CONFIG } from '../config/gateway-schema.ts';
import { HQ_CONFIG } from '../config/hq-schema.ts';
import { gatewayPaths, hqPaths } from '../config/paths.ts';
import type { CommandContext, CommandOption } from './command.ts';
import type { CommandInput } from './command-input.ts';

export const HQ_OPTION: CommandOption = {
  flags: '--hq',
  summary: "headquarters' configuration instead of the gateway's",
};

export interface ConfigTarget {
  /** What is read with it is only shown, so its exact type does not matter. */
  kind: ConfigKind<never>;
  file: string;
}

export function configTarget(context: CommandContext, input: CommandInput): ConfigTarget {
  return input.flag('hq')
    ? { kind: HQ_CONFIG, file: hqPaths(context.home).configFile }
    : { kind: GATEWAY_CONFIG, file: gatewayPaths(context.home).configFile };
}
