/** What must hold in every history; each finding is a sentence. */
import { spendable } from '../../../protocol/rights/spend-rights.ts';
import type { RightsView } from '../../../protocol/rights/rights-view.ts';
import type { PoolState } from '../../../protocol/rights/pool-state.ts';
import { POOLS } from './model-command.ts';
import type { ModelGateway } from './model-gateway.ts';
import { conflictsIn } from './model-conflicts.ts';
import { factsOf } from './model-headquarters.ts';
import type { ModelWorld } from './model-world.ts';

/** After each command: nobody was promised what is not there. */
export function overspent({ truth, gateways, isForked }: ModelWorld): string[] {
  if (isForked) return [];
  const findings = truth
    .pools()
    .filter((pool) => truth.spent(pool) > truth.limit(pool))
    .map((pool) => `${pool}: ${truth.spent(pool)} spent of ${truth.limit(pool)}`);
  for (const gateway of gateways) {
    for (const pool of POOLS) {
      for (const { grantId, left } of gateway.rights.grantsOf(pool)) {
        if (left < 0) findings.push(`${gateway.name} has ${left} of ${grantId} of ${pool}`);
      }
    }
  }
  return findings;
}

/** Once everything has reached everybody: all replicas are equal. */
export function unequal(world: ModelWorld): string[] {
  const { hq, gateways, isForked } = world;
  const findings: string[] = [];
  const forward = hq.rebuilt();
  // Copies of one log may answer one recall differently: then the first to come in counts.
  const others = isForked ? [] : [hq.rebuilt('by log')];
  const books = [hq.book, hq.rebuilt('as after a start'), forward, ...others];
  for (const { pool } of forward.pools()) {
    const known = books.map((book) => counted(book.pool(pool), hq.book.online, gateways));
    if (new Set(known).size !== 1) findings.push(`${pool}: books say ${known.join(' and ')}`);
  }
  for (const gateway of gateways) {
    const before = shown(gateway.rights);
    gateway.refold();
    const after = shown(gateway.rights);
    if (before !== after) findings.push(`${gateway.name} folds to ${after}, not ${before}`);
    if (isForked || gateway.isFrozen) continue;
    for (const pool of POOLS) {
      const own = spendable(pool, gateway.rights);
      const told = forward.pool(pool)?.rest(gateway.name) ?? 0;
      if (own !== told) findings.push(`${gateway.name} holds ${own} of ${pool}, HQ says ${told}`);
    }
  }
  return findings;
}

/** All that a book says of a pool, whether it keeps its grants at rest or their sum. */
function counted(
  pool: PoolState | undefined,
  online: string,
  gateways: readonly ModelGateway[],
): string {
  if (pool === undefined) return 'nothing';
  const rests = [online, ...gateways.map(({ name }) => name)].map((name) => pool.rest(name));
  return `${pool.available()} left, ${pool.spent()} spent, ${rests.join('/')} held`;
}

/** Every conflict that there is has one entry, and every entry is about one. */
export function conflicting({ hq, isForked }: ModelWorld): string[] {
  const { arrivals, conflicts } = hq.held;
  const there = conflictsIn(arrivals.flatMap(factsOf)).sort();
  const written = [...conflicts].sort();
  const findings: string[] = [];
  if (JSON.stringify(there) !== JSON.stringify(written)) {
    findings.push(`there are ${there.join(', ')}; written is ${written.join(', ')}`);
  }
  // Nobody draws more than a grant is, unless a log was copied.
  const overdrafts = isForked ? [] : written.filter((id) => id.startsWith('overdraft:'));
  return [...findings, ...overdrafts.map((id) => `${id} without a fork`)];
}

/** What may be spent, and of what; of a grant that is closed it is all the same how. */
function shown(rights: RightsView): string {
  const rows = POOLS.map((pool) =>
    rights
      .grantsOf(pool)
      .map(({ grantId, amount, left, isClosed }) =>
        isClosed ? `${grantId}!` : `${grantId}=${left}/${amount}`,
      )
      .sort(),
  );
  return JSON.stringify(rows);
}
