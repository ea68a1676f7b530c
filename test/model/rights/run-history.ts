/** Plays one history and says what broke. */
import type { Command } from './model-command.ts';
import { overspent, unequal } from './model-oracle.ts';
import { ModelWorld } from './model-world.ts';
import type { ModelBug } from './model-world.ts';

export type Played = { findings: string[]; world: ModelWorld };

export function runHistory(commands: readonly Command[], bug?: ModelBug): Played {
  const world = new ModelWorld(bug);
  for (const command of commands) {
    world.run(command);
    const findings = overspent(world);
    if (findings.length > 0) return { findings, world };
  }
  world.heal();
  return { findings: [...overspent(world), ...unequal(world)], world };
}
