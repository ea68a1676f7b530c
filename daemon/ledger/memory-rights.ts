/** The rows of rights in memory; reads and pruning are those of sqlite-rights.ts. */
import { REQUEST_INTERVAL_MS } from '../../protocol/rights/holder.ts';
import { isOpen, NO_RIGHTS } from '../../protocol/rights/rights-view.ts';
import type { RightsWrites } from '../../protocol/rights/rights-view.ts';
import type { RightsReads } from './ledger-port.ts';
import type { MemoryRights } from './memory-tables.ts';

const NO_STATE = NO_RIGHTS.state();

export function memoryRights(rights: MemoryRights): RightsReads {
  return {
    grantsOf: (pool) => rights.grants.get(pool) ?? [],
    openGrants: (pool) => {
      const state = rights.state.get('state') ?? NO_STATE;
      return (rights.grants.get(pool) ?? []).filter((row) => isOpen(row, state));
    },
    grant: (pool, grantId) => rights.grants.get(pool)?.find((row) => row.grantId === grantId),
    terms: (couponId) => rights.terms.get(couponId)?.terms,
    codeUse: (couponId, code) => rights.uses.get(couponId)?.get(code),
    policyUses: (couponId) =>
      [...(rights.uses.get(couponId)?.values() ?? [])].filter((by) => by === 'policy').length,
    reservation: (reservationId) => rights.reservations.get(reservationId),
    request: (pool) => rights.requests.get(pool),
    state: () => rights.state.get('state') ?? NO_STATE,
    isEmpty: () =>
      [rights.grants, rights.terms, rights.uses, rights.reservations].every(
        ({ size }) => size === 0,
      ),
    poolCount: (most) => Math.min(most, rights.grants.size),
    requests: (limit) =>
      [...rights.requests.values()].sort((a, b) => b.atMs - a.atMs).slice(0, limit),
    knownTerms: (after, limit) =>
      [...rights.terms.values()]
        .filter(({ couponId }) => couponId > after)
        .sort((a, b) => (a.couponId < b.couponId ? -1 : 1))
        .slice(0, limit),
  };
}

export function writeMemoryRights(rights: MemoryRights, writes: RightsWrites): void {
  for (const row of writes.grants) {
    const others = (rights.grants.get(row.pool) ?? []).filter(
      ({ grantId }) => grantId !== row.grantId,
    );
    rights.grants.set(row.pool, [...others, row]);
  }
  for (const known of writes.terms) rights.terms.set(known.couponId, known);
  for (const { couponId, code, by } of writes.uses) {
    rights.uses.set(couponId, new Map([...(rights.uses.get(couponId) ?? []), [code, by]]));
  }
  for (const row of writes.reservations) rights.reservations.set(row.reservationId, row);
  for (const { pool, row } of writes.requests) {
    rights.requests.delete(pool);
    if (row === null) continue;
    for (const [other, { atMs }] of rights.requests) {
      if (Math.abs(row.atMs - atMs) >= REQUEST_INTERVAL_MS) rights.requests.delete(other);
    }
    rights.requests.set(pool, row);
  }
  if (writes.state !== undefined) rights.state.set('state', writes.state);
}
