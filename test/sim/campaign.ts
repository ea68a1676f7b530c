/** Many seeds over several worker threads, added up. A thread runs its seeds one after the other. */
import { Worker } from 'node:worker_threads';
import type { DeliberateBug } from './deliberate-bugs.ts';
import type { PromiseKept } from './oracle.ts';
import type { Scenario } from './simulate.ts';

export type CampaignOptions = {
  /** Runs have the seeds `seed`, `seed + 1`, … */
  seed: number;
  runs: number;
  stores: number;
  scenario: Scenario;
  jobs: number;
  bug?: DeliberateBug | undefined;
  onProgress?: (runsDone: number) => void;
};

export type Failure = { seed: number; promise: PromiseKept; detail: string };

export type CampaignSummary = {
  runs: number;
  events: number;
  messages: number;
  answers: number;
  seconds: number;
  runsPerSecond: number;
  /** Runs in which something was met at all, by name. */
  coverage: Readonly<Record<string, number>>;
  failures: readonly Failure[];
};

/** What a thread is asked to do: every `stride`-th seed. */
export type CampaignPart = Omit<CampaignOptions, 'onProgress' | 'jobs'> & {
  offset: number;
  stride: number;
};

/** What a thread tells, some runs at a time. */
export type CampaignReport = Pick<CampaignSummary, 'runs' | 'events' | 'messages' | 'answers'> & {
  coverage: [string, number][];
  failures: Failure[];
};

/** The first failures say everything; a thread stops when it has found so many. */
export const FAILURES_MAX = 10;

export async function runCampaign(options: CampaignOptions): Promise<CampaignSummary> {
  const startedMs = performance.now();
  const sum = { runs: 0, events: 0, messages: 0, answers: 0 };
  const coverage = new Map<string, number>();
  const failures: Failure[] = [];
  const take = (report: CampaignReport): void => {
    sum.runs += report.runs;
    sum.events += report.events;
    sum.messages += report.messages;
    sum.answers += report.answers;
    for (const [name, count] of report.coverage) {
      coverage.set(name, (coverage.get(name) ?? 0) + count);
    }
    failures.push(...report.failures);
    options.onProgress?.(sum.runs);
  };
  const { seed, runs, stores, scenario, bug } = options;
  const common = { seed, runs, stores, scenario, bug };
  const stride = Math.max(1, Math.min(options.jobs, runs));
  const parts = Array.from({ length: stride }, (_, offset) => ({ ...common, offset, stride }));
  await Promise.all(parts.map((part) => runPart(part, take)));
  const seconds = (performance.now() - startedMs) / 1_000;
  const sorted = [...coverage].sort(([a], [b]) => (a < b ? -1 : 1));
  failures.sort((a, b) => a.seed - b.seed);
  const runsPerSecond = sum.runs / seconds;
  return { ...sum, seconds, runsPerSecond, coverage: Object.fromEntries(sorted), failures };
}

function runPart(part: CampaignPart, take: (report: CampaignReport) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const url = new URL('./campaign-worker.ts', import.meta.url);
    const worker = new Worker(url, { workerData: part });
    worker.on('message', take);
    worker.once('error', reject);
    worker.once('exit', () => {
      resolve();
    });
  });
}
