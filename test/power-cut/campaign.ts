/** Worlds on one disk after the other until there were enough cuts, or something is wrong. */
import { join } from 'node:path';
import { SeededRandom } from '../support/seeded-random.ts';
import type { CutDisk, CutDiskOptions } from './cut-disk.ts';
import { PowerWorld } from './power-world.ts';
import type { Wrap } from './power-world.ts';
import { SnapshotDisk } from './snapshot-disk.ts';
import { VolatileDisk } from './volatile-disk.ts';

export type DiskName = CutDisk['name'];

export interface PowerCampaign {
  folder: string;
  seed: number;
  /** Cuts in all. */
  cuts: number;
  disks: readonly DiskName[];
  wrap?: Wrap;
  onCut?: (cuts: number) => void;
}

export interface PowerSummary {
  cuts: number;
  /** Starts of both processes on what a cut left. */
  starts: number;
  accepted: number;
  kept: number;
  worlds: number;
  /** Worlds in which headquarters began another segment of its journal. */
  rolls: number;
  violations: string[];
}

/** Cuts of one round: each of its last ones is started from, the others are only inspected. */
const CUTS_PER_ROUND = 20;
/** A world's disks are small, so that copies of them are quick. */
const ROUNDS_PER_WORLD = 3;

export async function runPowerCuts(campaign: PowerCampaign): Promise<PowerSummary> {
  const summary: PowerSummary = {
    ...{ cuts: 0, starts: 0, accepted: 0, kept: 0, worlds: 0, rolls: 0 },
    violations: [],
  };
  while (summary.cuts < campaign.cuts && summary.violations.length === 0) {
    await runWorld(campaign, summary);
  }
  return summary;
}

async function runWorld(campaign: PowerCampaign, summary: PowerSummary): Promise<void> {
  const number = (summary.worlds += 1);
  const random = new SeededRandom(campaign.seed * 1_000 + number);
  const name = campaign.disks[number % campaign.disks.length] ?? 'volatile';
  const disk = openDisk(name, { folder: join(campaign.folder, `world-${number}`), random });
  const world = new PowerWorld({
    ...{ disk, number, random },
    ...(campaign.wrap !== undefined && { wrap: campaign.wrap }),
    evidence: evidenceFolder(campaign.folder),
    onInspected: () => {
      summary.cuts += 1;
      campaign.onCut?.(summary.cuts);
    },
  });
  try {
    await world.begin();
    // In every second world on the disk whose copies cost nothing, whatever its size.
    if (number % 4 === 0) summary.violations.push(...(await world.fillSegment()));
    for (let round = 0; round < ROUNDS_PER_WORLD; round += 1) {
      const cuts = Math.min(CUTS_PER_ROUND, campaign.cuts - summary.cuts);
      if (cuts === 0 || summary.violations.length > 0) break;
      summary.violations.push(...(await world.round(cuts)));
      summary.starts += 1;
    }
    if (summary.violations.length === 0) summary.violations.push(...(await world.settle()));
  } finally {
    await world.end();
    disk.close();
  }
  if (world.segments > 1) summary.rolls += 1;
  summary.accepted += world.book.acceptedCount;
  summary.kept += world.book.keptCount;
}

/** Homes in which something was wrong, by cut. */
export const evidenceFolder = (folder: string): string => join(folder, 'evidence');

function openDisk(name: DiskName, options: CutDiskOptions): CutDisk {
  return name === 'snapshot' ? new SnapshotDisk(options) : new VolatileDisk(options);
}
