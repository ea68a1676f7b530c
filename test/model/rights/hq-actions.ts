/** What people, headquarters itself and the online shop do at headquarters. */
import { poolKind, stockPool } from '../../../protocol/rights/pool.ts';
import { decideEnd, decideOnline } from '../../../protocol/rights/promise-decisions.ts';
import {
  decideFence,
  decideIssue,
  decideIssueAgain,
  decideRecall,
  decideSupply,
  decideTakeBack,
  recallable,
} from '../../../protocol/rights/pool-decisions.ts';
import { OWN_RECALL_PREFIX } from '../../../protocol/rights/right-entries.ts';
import type { Actions, CommandOf } from './model-command.ts';
import type { ModelWorld } from './model-world.ts';

type HqAction =
  | 'tick'
  | 'supply'
  | 'issue'
  | 'recall'
  | 'recallOwn'
  | 'serve'
  | 'online'
  | 'endOnline'
  | 'reclaim'
  | 'fence';

export const hqActions: Actions<ModelWorld, HqAction> = {
  tick({ hq }, { seconds }) {
    hq.timeSeconds += seconds;
  },

  supply(world, { pool, amount }) {
    if (!isLocked(world) && poolKind(pool) !== 'coupon') setSupply(world, pool, amount);
  },

  issue(world, command) {
    if (!isLocked(world)) issue(world, command);
  },

  recall(world, { id }) {
    const { hq } = world;
    if (isLocked(world) || hq.atRest(`k${id}`) !== undefined) return;
    hq.carryOut(decideRecall(hq.book, `k${id}`));
  },

  recallOwn(world, { id, gateway, pool }) {
    const { store, gateway: holder } = world.at(gateway);
    if (isLocked(world) || world.hq.book.pool(pool) === undefined) return;
    // Never the same for two holders, as headquarters makes them.
    const grantId = `${OWN_RECALL_PREFIX}${id}.${store}.${holder}.${pool.length}`;
    const document = { grantId, holder, pool, amount: 1, recall: true as const };
    const change = { op: 'put', collection: 'grant', id: grantId, document } as const;
    world.hq.carryOut({ ok: true, writes: [{ to: 'feed', store, change }] });
  },

  serve(world) {
    if (!isLocked(world)) serve(world);
  },

  online(world, command) {
    if (!isLocked(world)) online(world, command);
  },

  endOnline(world, { id, isCollected }) {
    const { hq, truth } = world;
    if (isLocked(world)) return;
    const decision = decideEnd(hq.book, `o${id}`, isCollected ? 'collected' : 'released');
    if (!decision.ok || decision.writes.length === 0) return;
    hq.carryOut(decision);
    if (!isCollected) truth.release(`o${id}`);
  },

  reclaim(world, { pool, amount }) {
    const { hq } = world;
    const state = hq.book.pool(pool);
    if (isLocked(world) || state === undefined) return;
    hq.carryOut({ ok: true, writes: decideTakeBack(hq.book, state, amount) });
  },

  /** Of what is dead: it says nothing any more, and spends nothing. */
  fence(world, { gateway: index }) {
    const { hq, gateways } = world;
    const { store, gateway, name } = world.at(index);
    const alive = gateways.filter((other) => other.name !== name);
    if (isLocked(world) || world.hasRestored || alive.length === 0) return;
    world.hasFenced = true;
    hq.carryOut(decideFence(hq.book, { store, gateway }, { by: 'p', reason: 'dead' }));
    // What it accepted and headquarters never heard of is lost with it.
    const dead = gateways.filter((other) => other.name === name);
    if (dead.some((one) => !world.isWhole(one))) world.isForked = true;
    gateways.splice(0, gateways.length, ...alive);
  },
};

export function setSupply({ hq, truth }: ModelWorld, pool: string, amount: number): void {
  if (hq.carryOut(decideSupply(hq.book, pool, amount))) truth.supply(pool, amount);
}

function isLocked({ hq, bug }: ModelWorld): boolean {
  return hq.isLocked && bug !== 'issues before all have reported';
}

function issue(
  world: ModelWorld,
  { id, pool, gateway: index, amount, lasts }: CommandOf<'issue'>,
): void {
  const { hq } = world;
  const { store, gateway } = world.at(index);
  if (poolKind(pool) === 'stock' && pool !== stockPool(store, 'milk')) return;
  const expiresAt =
    lasts === undefined ? undefined : new Date((hq.timeSeconds + lasts) * 1_000).toISOString();
  const asked = { grantId: `k${id}`, pool, holder: { store, gateway }, amount, expiresAt };
  const atRest = hq.atRest(asked.grantId);
  hq.carryOut(atRest === undefined ? decideIssue(hq.book, asked) : decideIssueAgain(atRest, asked));
}

/** What gateways asked for, as far as there is some; else others are asked for theirs. */
function serve(world: ModelWorld): void {
  const { hq } = world;
  for (const { store, gateway, pool, amount } of hq.book.requests()) {
    const state = hq.book.pool(pool);
    const grantId = `q${world.fresh()}.${hq.lives}`;
    const units = Math.min(state?.available() ?? 0, amount);
    if (units > 0) {
      const asked = { grantId, pool, holder: { store, gateway }, amount: units };
      hq.carryOut(decideIssue(hq.book, asked));
    } else if (state !== undefined) {
      const [first] = recallable(hq.book, state, `${store}/${gateway}`);
      if (first !== undefined) hq.carryOut(decideRecall(hq.book, first.grantId));
    }
  }
}

/** A promise counts when a gateway mirrors what it is made from. */
function online(
  world: ModelWorld,
  { id, isPromise, pool, amount, gateway }: CommandOf<'online'>,
): void {
  const { hq, truth, bug } = world;
  const kind = isPromise ? 'promise' : 'spend';
  const asked = { id: `o${id}`, kind, pool, amount, unique: String(world.fresh()) } as const;
  const decision = decideOnline(hq.book, asked);
  if (!decision.ok || decision.writes.length === 0) return;
  hq.carryOut({ ok: true, writes: decision.writes.filter(({ to }) => to === 'feed') });
  if (bug !== 'promises from what no gateway mirrors') {
    const mirror = world.at(gateway);
    world.down(mirror, Infinity);
    if (mirror.mirrored.life !== hq.life) return;
  }
  hq.carryOut({ ok: true, writes: decision.writes.filter(({ to }) => to === 'log') });
  truth.spend(`o${id}`, [{ pool, amount }]);
}
