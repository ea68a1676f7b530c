/**
 * The verbs about the configuration: what a technician changes, and what people look at. Who changes
 * what, in which order and with what trace, is the keeper's (daemon/steering/config-keeper.ts).
 */
import type { GatewayConfig } from '../../config/gateway-schema.ts';
import { TillgateError } from '../../protocol/errors.ts';
import type { ConfigKeeper } from '../steering/config-keeper.ts';
import { configDifferences, configHistory } from '../steering/config-view.ts';
import type { VerbTable } from './verbs.ts';

export interface ConfigParts {
  keeper: () => ConfigKeeper;
  /** Looks at the file and at what headquarters says before anything is answered. */
  follow: () => Promise<void>;
  /** What the daemon works with, and what it began with; undefined when it is down. */
  running?: () => { running: GatewayConfig; started: GatewayConfig };
}

type ConfigVerb = 'config.set' | 'config.revert' | 'config.diff' | 'config.history';

const HISTORY_MAX = 1_000;

export function configVerbs({ keeper, follow, running }: ConfigParts): Pick<VerbTable, ConfigVerb> {
  return {
    'config.set': ({ key, text }) => keeper().set({ key, text }),
    'config.revert': ({ key, to }) => {
      return keeper().revert({ key, to: to === undefined ? undefined : whole('to', to, 0) });
    },
    'config.diff': async () => {
      await follow();
      const differences = configDifferences(keeper(), running?.() ?? {});
      return { running: running !== undefined, problem: keeper().problem, differences };
    },
    'config.history': async ({ key, limit }) => {
      await follow();
      const most = Math.min(whole('limit', limit, 1), HISTORY_MAX);
      return { history: configHistory(keeper(), { key, limit: most }) };
    },
  };
}

/** Parameters are text. */
function whole(name: string, text: string, min: number): number {
  const value = Number(text);
  if (/^\d{1,15}$/.test(text) && value >= min) return value;
  throw new TillgateError('USAGE', `${name} is a whole number from ${min} (got ${text}).`);
}
