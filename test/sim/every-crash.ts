/**
 * Runs one piece of work again and again and cuts the power before each single operation on the
 * disk, then lets the next life look at what is left: with nothing of what was not synced, with all
 * of it, with parts by chance, and after a kill that is followed by a power cut. What a check throws
 * is a violation, as is work that fails without a crash: reported with the place of the crash and
 * the operations before it.
 */
import type { FileSystem } from '../../platform/durable/file-system.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { SimulatedDisk, type SimulatedDiskOptions } from './simulated-disk.ts';
import type { Survival } from './simulated-file.ts';

export type CrashCase<P> = {
  /** What was promised so far: written by the work, read by the check. */
  promises: () => P;
  /** Ends with the disk, or by itself. */
  work: (disk: FileSystem, promised: P) => Promise<void>;
  /**
   * A next life that opens what is left and only looks: throws when a promise was broken, and tells
   * what it shows to others, which is a promise from then on.
   */
  look: (disk: FileSystem, promised: P) => Promise<P>;
  /** A last life that goes on writing. */
  goOn: (disk: FileSystem, promised: P) => Promise<void>;
  /** A mistake on purpose, between the code and the disk. */
  spoil?: (disk: FileSystem) => FileSystem;
  seed: number;
  /** Outcomes by chance at each place. */
  chances: number;
  /** Ends after so many. */
  violationsMax?: number;
};

export type CrashReport = { places: number; lives: number; violations: string[] };

/** Enough to see what is wrong. */
const VIOLATIONS_MAX = 5;
const OPERATIONS_SHOWN = 12;
/** Of the lives that are looked at: writing on costs most of the time, and says little that is new. */
const GOING_ON_SHARE = 0.25;

export async function everyCrash<P>(options: CrashCase<P>): Promise<CrashReport> {
  const report: CrashReport = { places: 0, lives: 0, violations: [] };
  const spoil = options.spoil ?? ((disk: FileSystem) => disk);
  for (let place = 1, isPast = false; !isPast; place++) {
    const random = new SeededRandom(options.seed * 1_000_003 + place).next;
    const disk = diskThatStopsAt(place, random);
    const promised = options.promises();
    const failure = await untilPowerCut(disk, () => options.work(spoil(disk), promised));
    if (failure !== undefined) report.violations.push(describe(disk, 'no crash', failure));
    if (report.violations.length >= (options.violationsMax ?? VIOLATIONS_MAX)) return report;
    isPast = !disk.isOff;
    report.places++;
    for (const { name, left } of nextLives(disk, { random, chances: options.chances })) {
      report.lives++;
      try {
        const seen = await options.look(spoil(left), promised);
        const last = left.afterPowerCut('none');
        await options.look(last, seen);
        if (random() < GOING_ON_SHARE) await options.goOn(last.afterKill(), seen);
      } catch (error) {
        report.violations.push(describe(disk, name, error));
        if (report.violations.length >= (options.violationsMax ?? VIOLATIONS_MAX)) return report;
      }
    }
  }
  return report;
}

function* nextLives(
  disk: SimulatedDisk,
  { random, chances }: { random: () => number; chances: number },
): Generator<{ name: string; left: SimulatedDisk }> {
  const options: SimulatedDiskOptions = { random };
  yield { name: 'a kill', left: disk.afterKill(options) };
  const survivals: Survival[] = ['none', 'all', ...Array<Survival>(chances).fill('some')];
  for (const survival of survivals) {
    const name = `a power cut that ${survival} of the unsynced survived`;
    yield { name, left: disk.afterPowerCut(survival, options) };
  }
}

/** A disk, or what is left of one, whose power goes before its operation number `place`. */
export function diskThatStopsAt(
  place: number,
  random: () => number,
  left?: SimulatedDisk,
): SimulatedDisk {
  const options: SimulatedDiskOptions = {
    random,
    before: ({ number }) => {
      if (number === place) disk.powerOff();
      return undefined;
    },
  };
  const disk: SimulatedDisk = left?.afterKill(options) ?? new SimulatedDisk(options);
  return disk;
}

/** What the work failed with before any crash. */
export async function untilPowerCut(
  disk: SimulatedDisk,
  work: () => Promise<void>,
): Promise<unknown> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return disk.isOff ? undefined : error;
  }
}

function describe(disk: SimulatedDisk, name: string, error: unknown): string {
  const shown = disk.operations
    .slice(-OPERATIONS_SHOWN)
    .map(({ number, kind, path, detail }) => `  ${number} ${kind} ${path} ${detail}`);
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return [
    `after ${name} before operation ${disk.operations.at(-1)?.number ?? 0}:`,
    what,
    ...shown,
  ].join('\n');
}
