/**
 * What the projection makes of what came in, in memory: each fact that counts, once, and the grants at
 * rest among the facts that are added up. The rule is the product's; the SQL that says it is tested
 * beside it.
 */
import { isAtRest } from '../../../protocol/rights/at-rest.ts';
import type { GrantAtRest } from '../../../protocol/rights/at-rest.ts';
import { OWN_GRANT } from '../../../protocol/rights/right-entries.ts';
import type { RightFact } from '../../../protocol/rights/right-fact.ts';

/** Facts of which an earlier entry said the same are left out. */
export class CountedFacts {
  readonly #first = new Map<string, string>();

  of(facts: readonly RightFact[]): RightFact[] {
    return facts.filter((fact) => {
      const key = keyOf(fact);
      if (key === '') return true;
      const name = `${fact.store} ${fact.event} ${fact.pool} ${key}`;
      const place = `${fact.origin}#${fact.index}`;
      const first = this.#first.get(name) ?? place;
      this.#first.set(name, first);
      return first === place;
    });
  }
}

/** By what an event is the same as an earlier one; empty where each counts. */
function keyOf({ event, grantId, key }: RightFact): string {
  switch (event) {
    case 'drawn':
    case 'policy':
    case 'credited':
    case 'released':
      return key;
    case 'returned':
      if (grantId !== OWN_GRANT) return grantId;
      return key === '' ? '' : `own ${key}`;
    case 'received':
      return grantId;
    default:
      return '';
  }
}

/** With what was drawn of each. */
export type Resting = GrantAtRest & { drawn: number };

export function restingIn(facts: readonly RightFact[], isEager: boolean): Map<string, Resting> {
  const sum = (wanted: Partial<RightFact>): RightFact[] =>
    facts.filter((fact) =>
      Object.entries(wanted).every(([name, value]) => fact[name as keyof RightFact] === value),
    );
  const amountOf = (some: readonly RightFact[]): number =>
    some.reduce((total, { amount }) => total + amount, 0);
  const resting = new Map<string, Resting>();
  for (const { grantId, pool, store, gateway, amount, hqTime: ends } of sum({
    event: 'received',
  })) {
    const of = { store, gateway, pool, grantId };
    const drawn = amountOf(sum({ ...of, event: 'drawn' }));
    const returned = amountOf(sum({ ...of, event: 'returned' }));
    const anchors = sum({ event: 'anchor', store, gateway }).map(({ hqTime }) => hqTime ?? 0);
    const reached = Math.max(0, ...anchors);
    const received = isEager && drawn > 0 ? 0 : amount;
    if (!isAtRest({ received, drawn, returned, ends, reached })) continue;
    resting.set(grantId, { ...of, amount, ends, drawn });
  }
  return resting;
}
