/** Plays one history and says what broke. */
import type { Actions, Command } from './model-command.ts';
import { hqActions, setSupply } from './hq-actions.ts';
import { conflicting, overspent, unequal } from './model-oracle.ts';
import { ModelWorld } from './model-world.ts';
import type { ModelBug } from './model-world.ts';
import { storeActions } from './store-actions.ts';
import { worldActions } from './world-actions.ts';

export type Played = { findings: string[]; world: ModelWorld };

const ACTIONS: Actions<ModelWorld, Command['type']> = {
  ...storeActions,
  ...hqActions,
  ...worldActions,
};

const CAP = 5;
const SUPPLY = 10;

export function runHistory(commands: readonly Command[], bug?: ModelBug): Played {
  const world = begun(bug);
  for (const command of commands) {
    const act = ACTIONS[command.type] as (world: ModelWorld, command: Command) => void;
    act(world, command);
    const findings = overspent(world);
    if (findings.length > 0) return { findings, world };
  }
  world.heal();
  return { findings: [...overspent(world), ...unequal(world), ...conflicting(world)], world };
}

/** With something of each kind to begin with. */
function begun(bug: ModelBug | undefined): ModelWorld {
  const world = new ModelWorld(bug);
  const coupon = { names: { en: 'c' }, rate: { value: 1, scale: 1 } };
  const capped = { couponId: 'c', ...coupon, cap: CAP };
  const single = { couponId: 'u', ...coupon, singleUse: true, withoutGrant: 1 };
  world.hq.publish({ op: 'put', collection: 'coupon', id: 'c', document: capped });
  world.hq.publish({ op: 'put', collection: 'coupon', id: 'u', document: single });
  setSupply(world, 'coupon:c', CAP);
  for (const pool of ['stock:s1/milk', 'stock:s2/milk', 'points:m']) setSupply(world, pool, SUPPLY);
  return world;
}
