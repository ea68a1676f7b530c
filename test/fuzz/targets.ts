/** What the fuzzer can be set on, and how each is run. */
import { fuzzGuard } from './guard-target.ts';
import { openHqTarget } from './hq-target.ts';
import { fuzzJson } from './json-target.ts';
import { Random } from './random.ts';
import { fuzzReplication } from './replication-target.ts';
import { openStoreTarget } from './store-target.ts';

export interface OpenTarget {
  /** One input; throws or rejects when a promise is broken. */
  run(random: Random): Promise<void> | void;
  /** Asked between batches, when no run is under way. */
  check?(): Promise<void>;
  close?(): Promise<void>;
}

export const TARGETS: Readonly<Record<string, () => Promise<OpenTarget>>> = {
  guard: () => Promise.resolve({ run: fuzzGuard }),
  json: () => Promise.resolve({ run: fuzzJson }),
  replication: () => Promise.resolve({ run: fuzzReplication }),
  store: openStoreTarget,
  hq: openHqTarget,
};

export interface Finding {
  target: string;
  /** Repeats it: `--target T --seed S --runs 1`. */
  seed: number;
  error: unknown;
}

/** Inputs at once, for targets that wait for sockets. */
export const BATCH_RUNS = 50;

/** Runs `runs` inputs with seeds from `seed` on; stops at the first that breaks a promise. */
export async function fuzz(
  name: string,
  { seed, runs }: { seed: number; runs: number },
  onProgress: (runsDone: number) => void = () => undefined,
): Promise<Finding | undefined> {
  const open = TARGETS[name];
  if (open === undefined)
    throw new RangeError(`no target ${name}: ${Object.keys(TARGETS).join(', ')}`);
  const target = await open();
  try {
    for (let done = 0; done < runs; done += BATCH_RUNS) {
      const count = Math.min(BATCH_RUNS, runs - done);
      const seeds = Array.from({ length: count }, (_, at) => seed + done + at);
      const failures = await Promise.all(seeds.map((one) => failureOf(target, one)));
      const at = failures.findIndex((failure) => failure !== undefined);
      if (at >= 0) return { target: name, seed: seeds[at] ?? seed, error: failures[at] };
      await target.check?.();
      onProgress(done + count);
    }
    return undefined;
  } finally {
    await target.close?.();
  }
}

async function failureOf(target: OpenTarget, seed: number): Promise<unknown> {
  try {
    await target.run(new Random(seed));
    return undefined;
  } catch (error) {
    return error;
  }
}
