/** Pools and grants as people and other systems see them. */
import type { PoolBook } from '../../protocol/rights/pool-book.ts';
import type { HeldGrant, PoolState } from '../../protocol/rights/pool-state.ts';

export type ShownPool = {
  pool: string;
  /** Null where none was ever set. */
  supply: number | null;
  /** What may be handed out or promised; below zero where copied logs spent what was not theirs. */
  available: number;
  /** Handed out or spent: no supply may be lower. */
  outstanding: number;
  /** As far as the stores' logs are here. */
  spent: number;
  /** What headquarters keeps for its own promises. */
  online: number;
  holders: { holder: string; rest: number }[];
};

export type ShownGrant = {
  grantId: string;
  pool: string;
  holder: string;
  amount: number;
  expiresAt: string | null;
  /** `issued`: the log of its holder does not say yet that it is there. */
  state: 'issued' | 'open' | 'recalled' | 'settled';
  drawn: number;
};

export function shownPool(book: PoolBook, pool: PoolState): ShownPool {
  const holders = pool
    .holders()
    .map((holder) => ({ holder, rest: pool.rest(holder) }))
    .filter(({ rest }) => rest > 0);
  return {
    ...{ pool: pool.pool, supply: pool.supply ?? null, available: pool.available() },
    ...{ outstanding: pool.outstanding(), spent: pool.spent(), online: pool.rest(book.online) },
    holders: holders.sort((a, b) => (a.holder < b.holder ? -1 : 1)),
  };
}

export function shownGrants(pool: PoolState): ShownGrant[] {
  return [...pool.grants()].map((held) => {
    const { grantId, holder, amount, expiresAt, drawn } = held;
    const state = stateOf(pool, held);
    return { grantId, pool: pool.pool, holder, amount, expiresAt: expiresAt ?? null, state, drawn };
  });
}

function stateOf(pool: PoolState, held: HeldGrant): ShownGrant['state'] {
  if (pool.isSettled(held)) return 'settled';
  if (held.isRecalled) return 'recalled';
  return held.isReceived || held.drawn > 0 || !held.holder.includes('/') ? 'open' : 'issued';
}
