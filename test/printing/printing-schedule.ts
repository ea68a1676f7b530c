/**
 * A day of printing with bad luck, from a seed: jobs, and in between what happens to printers. The
 * paper is the judge: nothing that was refused stands on it, nothing at all stands on it twice, and
 * what was confirmed stands on it whole.
 */
import { PrintingWorld } from './printing-world.ts';
import type { PrintingWorldOptions, TriedJob } from './printing-world.ts';
import { SeededRandom } from '../support/seeded-random.ts';

const KINDS: readonly PrintingWorldOptions[] = [
  { kind: 'epson' },
  { kind: 'epson', bytesPerMs: 8 },
  { kind: 'epson', model: { isSerial: true }, bytesPerMs: 2 },
  { kind: 'epson', model: { bufferBytes: 256, mmPerSecond: 60 } },
  { kind: 'clone' },
  { kind: 'clone', model: { isSerial: true, mmPerSecond: 40 }, bytesPerMs: 2 },
  { kind: 'mute' },
];
const JOBS = 5;
const JOB_DEADLINE_MS = 15_000;

export interface ScheduleReport {
  readonly violations: readonly string[];
  readonly states: Readonly<Record<string, number>>;
}

export async function playSchedule(seed: number): Promise<ScheduleReport> {
  const random = new SeededRandom(seed);
  const world = new PrintingWorld({ ...random.pick(KINDS), seed });
  await world.run(random.below(4_000));
  for (let number = 0; number < JOBS; number += 1) {
    const lines = Array.from({ length: 3 + random.below(12) }, (_, at) => `J${number} L${at}.`);
    world.print(lines, { deadlineMs: JOB_DEADLINE_MS, image: random.chance(0.4) });
    if (random.chance(0.7)) await strike(world, random);
    else await world.run(random.below(3_000));
  }
  await world.run(60_000);
  return judge(world);
}

/** One misfortune at a random moment, and its end at another. */
async function strike(world: PrintingWorld, random: SeededRandom): Promise<void> {
  const { printer } = world;
  await world.run(random.below(random.chance(0.5) ? 120 : 1_500));
  const [misfortune, relief] = random.pick([
    ['paper out', 'paper ok'],
    [`paper out after ${1 + random.below(8)} lines`, 'paper ok'],
    ['cover open', 'cover close'],
    ['power off', 'power on'],
    ['power off', 'power on'],
    ['unplug', 'plug'],
    ['unplug', 'plug'],
    ['overheat', 'cool'],
    ['silent on', 'silent off'],
    [`garbage ${1 + random.below(400)}`, 'status'],
    ['cutter jam', 'cutter free'],
    ['kill', 'status'],
    ['drawer', 'drawer close'],
  ] as const);
  if (misfortune === 'kill') void world.session?.close();
  else if (misfortune === 'drawer') world.session?.toPort(Uint8Array.of(1, 60, 120));
  else printer.command(misfortune);
  if (random.chance(0.2)) printer.command(`garbage ${1 + random.below(40)}`);
  await world.run(random.below(random.chance(0.7) ? 4_000 : 20_000));
  printer.command(relief);
  if (random.chance(0.3)) world.perform('recover');
  await world.run(random.below(6_000));
}

function judge(world: PrintingWorld): ScheduleReport {
  const states: Record<string, number> = {};
  const violations = world.jobs.flatMap((job) => {
    const state = job.outcome?.state ?? 'notTried';
    states[state] = (states[state] ?? 0) + 1;
    return judgeJob(world, job);
  });
  return { violations, states };
}

function judgeJob(world: PrintingWorld, { jobId, lines, outcome }: TriedJob): string[] {
  const counts = lines.map((line) => world.countOf(line));
  const told = JSON.stringify(outcome);
  if (counts.some((count) => count > 1)) return [`${jobId} stands on paper twice: ${told}`];
  if (outcome?.state === 'refused' && counts.some((count) => count > 0)) {
    return [`${jobId} was refused and stands on paper: ${told}`];
  }
  const isConfirmed = outcome?.state === 'done' && outcome.result['confirmed'] === true;
  if (isConfirmed && counts.some((count) => count !== 1)) {
    return [`${jobId} was confirmed and is not whole (${counts.join('')}): ${told}`];
  }
  return [];
}
