/** Many histories from one seed, and what they met; the first that breaks is made short. */
import fc from 'fast-check';
import { history } from './model-command.ts';
import type { Command } from './model-command.ts';
import { runHistory } from './run-history.ts';
import type { ModelBug } from './model-world.ts';

export type CampaignOptions = {
  seed: number;
  runs: number;
  /** Commands of a history at most. */
  length: number;
  bug?: ModelBug | undefined;
  onProgress?: (runsDone: number) => void;
};

export type CampaignSummary = {
  runs: number;
  /** Histories in which something was met, by name. */
  met: Record<string, number>;
  failure: { seed: number; findings: string[]; commands: readonly Command[] } | undefined;
};

/** Histories that are made from one seed of fast-check's: a failure is found again by that alone. */
const PART = 500;

export function runCampaign(options: CampaignOptions): CampaignSummary {
  const { seed, runs, length, bug, onProgress } = options;
  const met: Record<string, number> = {};
  let done = 0;
  for (let part = 0; done < runs; part++) {
    const played = fc.property(history(length), (commands) => {
      const { findings, world } = runHistory(commands, bug);
      for (const name of metIn(world)) met[name] = (met[name] ?? 0) + 1;
      return findings.length === 0;
    });
    const numRuns = Math.min(PART, runs - done);
    const { failed, counterexample } = fc.check(played, { seed: seed + part, numRuns });
    done += numRuns;
    onProgress?.(done);
    if (!failed) continue;
    const [commands] = counterexample ?? [[]];
    const { findings } = runHistory(commands, bug);
    return { runs: done, met, failure: { seed: seed + part, findings, commands } };
  }
  return { runs: done, met, failure: undefined };
}

function metIn({ hq, truth, gateways, isForked, hasRestored, hasFenced }: World): string[] {
  const names: [string, boolean][] = [
    ['spends', truth.pools().some((pool) => truth.spent(pool) > 0)],
    ['forks', isForked],
    ['restored headquarters', hasRestored],
    ['fenced gateways', hasFenced],
    ['grants at rest', hq.restingCount > 0],
    ['epochs that follow another', gateways.some(({ past }) => past.length > 0)],
    ['rights frozen to the end', gateways.some(({ isFrozen }) => isFrozen)],
    ['overdrafts', hq.held.conflicts.some((id) => id.startsWith('overdraft:'))],
    ['codes used twice', hq.held.conflicts.some((id) => id.startsWith('couponTwice:'))],
  ];
  return names.flatMap(([name, isMet]) => (isMet ? [name] : []));
}

type World = ReturnType<typeof runHistory>['world'];
