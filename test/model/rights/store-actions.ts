/** What tills and tablets do at a gateway. */
import { couponPool, poolKind, stockPool } from '../../../protocol/rights/pool.ts';
import type { RightsAsked } from '../../../protocol/rights/right-entries.ts';
import type { Actions } from './model-command.ts';
import type { ModelGateway } from './model-gateway.ts';
import type { ModelWorld } from './model-world.ts';

export const storeActions: Actions<ModelWorld, 'spend' | 'earn' | 'code' | 'hold' | 'end'> = {
  spend(world, { pool, amount, ...by }) {
    if (poolKind(pool) === 'stock') return;
    const units = poolKind(pool) === 'coupon' ? 1 : amount;
    const debits = [{ pool, amount: units, path: '' }];
    sell(world, by, { debits, credits: [] });
  },

  earn(world, { pool, amount, ...by }) {
    sell(world, by, { debits: [], credits: [{ pool, amount }] });
  },

  code(world, { code, ...by }) {
    const debits = [{ pool: couponPool('u', code), amount: 1, path: '' }];
    sell(world, by, { debits, credits: [] });
  },

  hold(world, { gateway: index, id }) {
    const gateway = world.at(index);
    const pool = stockPool(gateway.store, 'milk');
    const wanted = { pool, amount: 1 + (id % HELD_MAX) };
    const reservationId = reservationOf(gateway, id);
    const events = gateway.ask({ type: 'hold', reservationId, ...wanted });
    if (events === undefined) gateway.ask({ type: 'request', ...wanted });
    else if (events.length > 0) world.truth.spend(reservationId, [wanted]);
  },

  end(world, { gateway: index, id, isCollected }) {
    const gateway = world.at(index);
    const reservationId = reservationOf(gateway, id);
    if (isCollected) {
      gateway.ask({ type: 'collect', reservationId });
      return;
    }
    const events = gateway.ask({ type: 'release', reservationId, reason: 'cancelled' });
    if (events !== undefined && events.length > 0) world.truth.release(reservationId);
  },
};

const HELD_MAX = 4;

/** Ids say who made them and what for: other content under one id is tested elsewhere. */
function sell(
  world: ModelWorld,
  { gateway: index, id: number }: { gateway: number; id: number },
  asked: RightsAsked,
): void {
  const gateway = world.at(index);
  const id = `t${number}@${gateway.name}#${gateway.copy} ${JSON.stringify(asked)}`;
  const rights = gateway.sell(id, asked);
  if (rights === undefined) return;
  world.truth.spend(
    id,
    rights.debits.filter(({ by }) => by === 'grant'),
  );
  for (const { pool, amount } of rights.credits) world.truth.earn(pool, amount);
}

function reservationOf({ name, copy }: ModelGateway, id: number): string {
  return `r${id}@${name}#${copy}`;
}
