/**
 * Conflicts as headquarters finds them in what came in, by the product's rules: each written once into
 * its own log, whenever it looks.
 */
import { couponTwice } from '../../../protocol/conflicts/coupon-twice.ts';
import { overdraft } from '../../../protocol/conflicts/overdraft.ts';
import { couponOfPool } from '../../../protocol/rights/pool.ts';
import { OWN_GRANT } from '../../../protocol/rights/right-entries.ts';
import type { RightFact } from '../../../protocol/rights/right-fact.ts';

const CHAIN = 'acme';

/** The ids of all conflicts in `facts`, which are in custody order. */
export function conflictsIn(facts: readonly RightFact[]): string[] {
  const draws = new Map<string, RightFact[]>();
  const uses = new Map<string, RightFact[]>();
  /** As the log of its holder received it. */
  const amounts = new Map<string, number>();
  for (const fact of facts) {
    const { event, grantId, pool } = fact;
    if (event === 'drawn' && grantId !== OWN_GRANT)
      draws.set(grantId, [...(draws.get(grantId) ?? []), fact]);
    if (event === 'received')
      amounts.set(grantId, Math.max(fact.amount, amounts.get(grantId) ?? 0));
    const isUse = event === 'policy' || event === 'drawn';
    if (isUse && couponOfPool(pool)?.code !== undefined)
      uses.set(pool, [...(uses.get(pool) ?? []), fact]);
  }
  const found: string[] = [];
  for (const [grantId, drawn] of draws) {
    const amount = amounts.get(grantId);
    const pool = drawn[0]?.pool;
    if (pool === undefined || amount === undefined) continue;
    const grant = { key: grantId, chain: CHAIN, grantId, pool, amount };
    const conflict = overdraft(grant, drawn.map(named));
    if (conflict !== undefined) found.push(conflict.conflictId);
  }
  for (const [pool, taken] of uses) {
    const { couponId = '', code = '' } = couponOfPool(pool) ?? {};
    const of = { chain: CHAIN, couponId, code };
    const conflicts = couponTwice(
      of,
      taken.map((fact) => ({ ...named(fact), uses: 1 })),
    );
    found.push(...conflicts.map(({ conflictId }) => conflictId));
  }
  return found;
}

/** Logs of the model have short names; conflicts name whole ones. */
function named(fact: RightFact): RightFact {
  return { ...fact, origin: `hq.example.com/${CHAIN}/${fact.origin}` };
}
