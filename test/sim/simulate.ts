/** Seeds in, verdicts out. */
import { ChainWorld } from './chain-world.ts';
import type { DeliberateBug } from './deliberate-bugs.ts';
import { Dice } from './dice.ts';
import type { Violation } from './oracle.ts';
import type { Step } from './script.ts';
import { writeScript, type ScriptOptions } from './write-script.ts';

export type Scenario = 'small' | 'wide' | 'long';

/** Small worlds find most, because many of them fit into a night. */
export const SCENARIOS: Readonly<Record<Scenario, Omit<ScriptOptions, 'stores'>>> = {
  small: { tillsPerStore: 2, sales: 12, faults: 8, lengthMs: 90_000 },
  wide: { tillsPerStore: 3, sales: 40, faults: 12, lengthMs: 180_000 },
  long: { tillsPerStore: 2, sales: 60, faults: 30, lengthMs: 900_000 },
};

export type RunOptions = {
  seed: string;
  scenario: Scenario;
  stores: number;
  bug?: DeliberateBug | undefined;
};

export type RunResult = {
  seed: string;
  violations: readonly Violation[];
  events: number;
  messages: number;
  answers: number;
  steps: number;
  coverage: ReadonlyMap<string, number>;
  digest: string;
  /** The last things that happened. */
  trace: readonly string[];
};

export function scriptOf({ seed, scenario, stores }: RunOptions): Step[] {
  return writeScript(new Dice(`${seed}/script`), { ...SCENARIOS[scenario], stores });
}

/** One run, of the whole script of its seed or of some steps of it. */
export async function simulate(options: RunOptions, script?: readonly Step[]): Promise<RunResult> {
  const { seed, scenario, stores, bug } = options;
  const { tillsPerStore, lengthMs } = SCENARIOS[scenario];
  const steps = script ?? scriptOf(options);
  const world = new ChainWorld({ seed, stores, tillsPerStore, lengthMs, script: steps, bug });
  await world.run();
  return {
    seed,
    violations: world.oracle.violations,
    events: world.time.events,
    messages: world.messages,
    answers: world.oracle.answered,
    steps: steps.length,
    coverage: world.coverage.counts,
    digest: world.trace.digest(),
    trace: world.trace.lines,
  };
}
