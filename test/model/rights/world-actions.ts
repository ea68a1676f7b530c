/** What goes wrong, and what goes on: parts of logs and feeds, restarts, copies and restores. */
import type { Actions } from './model-command.ts';
import type { ModelWorld } from './model-world.ts';

type WorldAction =
  | 'up'
  | 'down'
  | 'anchor'
  | 'restart'
  | 'restartHq'
  | 'copyHq'
  | 'restoreHq'
  | 'rollBack'
  | 'clone';

/** Two copies of each gateway at most, or little else would happen. */
const GATEWAYS_MAX = 4;

export const worldActions: Actions<ModelWorld, WorldAction> = {
  up(world, { gateway, entries }) {
    world.up(world.at(gateway), entries);
  },

  down(world, { gateway, changes }) {
    world.down(world.at(gateway), changes);
  },

  anchor(world, { gateway }) {
    world.anchor(world.at(gateway));
  },

  restart(world, { gateway: index }) {
    const gateway = world.at(index);
    gateway.refold(world.bug === 'forgets what was spent when it starts');
    gateway.keep();
  },

  restartHq({ hq }) {
    hq.rebuild();
  },

  copyHq(world) {
    const { hq } = world;
    const supplies = hq.book.pools().map(({ pool, supply }) => [pool, supply ?? 0] as const);
    world.image = { image: hq.image(), supplies: new Map(supplies) };
  },

  /** Not after a fence: a gateway that is gone for good cannot give anything back. */
  restoreHq(world) {
    if (world.image === undefined || world.hasFenced) return;
    const { image, supplies } = world.image;
    world.hasRestored = true;
    world.hq.restore(
      image,
      world.gateways.map(({ name }) => name),
    );
    for (const [pool, amount] of supplies) world.truth.supplyAtLeast(pool, amount);
  },

  /** An older image of the disk; `isSeen` where the signed head lies elsewhere and shows it. */
  rollBack(world, { gateway: index, entries, isSeen }) {
    const gateway = world.at(index);
    const until = gateway.log.entries.length;
    const kept = Math.max(0, until - entries);
    const image = gateway.image();
    image.log.entries.length = kept;
    gateway.load(image);
    if (!isSeen) {
      world.isForked = true;
      return;
    }
    const held = world.hq.custodyOf(gateway.log.origin).length;
    world.leave(gateway, 'rolledBack', { start: Math.min(kept, held), until });
  },

  clone(world, { gateway }) {
    if (world.gateways.length >= GATEWAYS_MAX) return;
    world.isForked = true;
    world.addCopy(world.at(gateway));
  },
};
