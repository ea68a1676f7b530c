/** Worlds one after the other until there were enough deaths, or something is wrong. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { SeededRandom } from '../support/seeded-random.ts';
import { CrashWorld } from './crash-world.ts';

export interface CrashCampaign {
  folder: string;
  seed: number;
  /** Deaths in all. */
  runs: number;
  onDeath?: (deaths: number) => void;
}

export interface CrashSummary {
  gatewayDeaths: number;
  hqDeaths: number;
  /** How often each way to die was taken. */
  ways: Map<string, number>;
  accepted: number;
  kept: number;
  repeated: number;
  worlds: number;
  violations: string[];
  /** Where the homes of the failed world lie. */
  evidence: string | undefined;
}

/** A world grows; a new one also dies in its first moments again. */
const DEATHS_PER_WORLD = 100;

export async function runCrashes(campaign: CrashCampaign): Promise<CrashSummary> {
  const summary: CrashSummary = {
    gatewayDeaths: 0,
    hqDeaths: 0,
    ways: new Map(),
    accepted: 0,
    kept: 0,
    repeated: 0,
    worlds: 0,
    violations: [],
    evidence: undefined,
  };
  const deaths = (): number => summary.gatewayDeaths + summary.hqDeaths;
  while (deaths() < campaign.runs && summary.violations.length === 0) {
    summary.worlds += 1;
    const folder = join(campaign.folder, `world-${summary.worlds}`);
    const world = new CrashWorld({
      folder,
      number: summary.worlds,
      random: new SeededRandom(campaign.seed * 1_000 + summary.worlds),
      deaths: Math.min(DEATHS_PER_WORLD, campaign.runs - deaths()),
      onDeath: (who, how) => {
        if (who === 'gateway') summary.gatewayDeaths += 1;
        else summary.hqDeaths += 1;
        const way = `${who} ${how}`;
        summary.ways.set(way, (summary.ways.get(way) ?? 0) + 1);
        campaign.onDeath?.(deaths());
      },
    });
    summary.violations = await world.run();
    summary.accepted += world.book.acceptedCount;
    summary.kept += world.book.keptCount;
    summary.repeated += world.book.repeated;
    if (summary.violations.length > 0) summary.evidence = folder;
    else rmSync(folder, { recursive: true, force: true });
  }
  return summary;
}
