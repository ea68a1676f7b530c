/** The jobs that wait for a scale, one after the other, and what is not let in. Holds no time. */
import type { JobProblem } from '../job.ts';
import { jobProblem } from '../job-problem.ts';
import type { ReadParams, ScaleDialect, ScaleWish } from './scale-dialect.ts';
import type { ScaleParams } from './scale-operations.ts';
import { convertWeight } from '../weight.ts';
import type { WeightUnit } from '../weight.ts';

/** More tills than this do not share one scale; each waits for the one before it. */
const SCALE_JOBS_MAX = 8;

export interface PendingRead {
  readonly type: 'read';
  readonly jobId: string;
  /** The same object through all questions of this job: dialects tell exchanges apart by it. */
  readonly read: ReadParams;
}

export interface PendingCommand {
  readonly type: 'command';
  readonly jobId: string;
  readonly wish: Exclude<ScaleWish, { type: 'weight' }>;
  /** Its bytes have left: it is never sent a second time. */
  isSent: boolean;
  isAnswered: boolean;
}

export type PendingJob = PendingRead | PendingCommand;

/** What waits its turn; the other jobs are answered at once. */
export type QueuedParams = Exclude<ScaleParams, { type: 'status' | 'live' }>;

export class ScaleQueue {
  readonly #dialect: ScaleDialect;
  readonly #unit: WeightUnit;
  readonly #jobs: PendingJob[] = [];

  constructor(dialect: ScaleDialect, unit: WeightUnit) {
    this.#dialect = dialect;
    this.#unit = unit;
  }

  get length(): number {
    return this.#jobs.length;
  }

  get first(): PendingJob | undefined {
    return this.#jobs[0];
  }

  /** The command whose turn it is and whose bytes have left. */
  get sent(): PendingCommand | undefined {
    const [first] = this.#jobs;
    return first?.type === 'command' && first.isSent ? first : undefined;
  }

  get unsent(): PendingCommand | undefined {
    const [first] = this.#jobs;
    return first?.type === 'command' && !first.isSent ? first : undefined;
  }

  /** What the weight is asked for: the read whose turn it is, or to watch the plate. */
  get weightWish(): Extract<ScaleWish, { type: 'weight' }> {
    const [first] = this.#jobs;
    return { type: 'weight', ...(first?.type === 'read' && { read: first.read }) };
  }

  named(jobId: string): PendingJob | undefined {
    return this.#jobs.find((job) => job.jobId === jobId);
  }

  /** Why it is not let in; undefined where it waits now. */
  admit(jobId: string, params: QueuedParams): JobProblem | undefined {
    if (this.#jobs.length >= SCALE_JOBS_MAX) {
      return jobProblem('PERIPHERAL_BUSY', 'Too many jobs wait for this scale.');
    }
    const problem = whyNot(params, this.#dialect, this.#unit);
    if (problem !== undefined) return problem;
    if (params.type === 'read') {
      this.#jobs.push({ type: 'read', jobId, read: params.read });
    } else {
      this.#jobs.push({ type: 'command', jobId, wish: params, isSent: false, isAnswered: false });
    }
    return undefined;
  }

  /** Returns whether it was its turn. */
  remove(job: PendingJob): boolean {
    const at = this.#jobs.indexOf(job);
    if (at >= 0) this.#jobs.splice(at, 1);
    return at === 0;
  }

  clear(): readonly PendingJob[] {
    return this.#jobs.splice(0);
  }
}

/** Why a job cannot be begun with this scale, whatever lies on it. */
function whyNot(
  params: QueuedParams,
  dialect: ScaleDialect,
  unit: WeightUnit,
): JobProblem | undefined {
  if (params.type !== 'read') return dialect.check(params);
  const { tare } = params.read;
  if (tare !== undefined && convertWeight(tare, unit) === undefined) {
    const message = `The tare cannot be said exactly in ${unit}, the unit of this scale.`;
    return jobProblem('JOB_INVALID', message, { path: '/tare' });
  }
  return dialect.check({ type: 'weight', read: params.read });
}
