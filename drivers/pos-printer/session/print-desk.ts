/**
 * The jobs of one printer: one is under way, the others wait their turn. Every job is settled once.
 * After a job whose end nobody knows, the next one begins with clearing the printer.
 */
import type { Json } from '../../../protocol/json/json-value.ts';
import type { Job, JobOutcome } from '../../job.ts';
import type { PrinterProfile } from '../printer-profile.ts';
import { Barriers } from './barriers.ts';
import { PADDING, clearCommands } from './clearing.ts';
import type { Cleanness } from './clearing.ts';
import type { EffectList } from './effect-list.ts';
import { LatePrints } from './late-prints.ts';
import { refused } from './outcomes.ts';
import type { PreparedPaper } from './paper-job.ts';
import { PrintRun } from './print-run.ts';
import type { StatusWatch } from './status-watch.ts';

/** A printer's queue is a queue of people: more than this many do not wait. */
const JOBS_MAX = 32;

export interface PrintDeskParts {
  readonly profile: PrinterProfile;
  readonly out: EffectList;
  readonly watch: StatusWatch;
  readonly nextId: () => string;
  readonly mayHoldRest: boolean;
  /** Bytes for a job that prints; called when its turn comes. */
  readonly prepare: (job: Job) => PreparedPaper;
  /** What the operation `status` tells. */
  readonly tell: () => Readonly<Record<string, Json>>;
}

export class PrintDesk {
  readonly #parts: PrintDeskParts;
  readonly #late: LatePrints;
  readonly #barriers: Barriers;
  #waiting: Job[] = [];
  /** `status` and `recover` wait for the end of a round of questions. */
  #asking: { readonly job: Job; readonly round: number }[] = [];
  #run: PrintRun | undefined;
  #cleanness: Cleanness;
  #hasPadded = false;

  constructor(parts: PrintDeskParts) {
    this.#parts = parts;
    this.#cleanness = parts.mayHoldRest ? 'dirty' : 'unclear';
    this.#late = new LatePrints(parts.out);
    this.#barriers = new Barriers(parts.out);
  }

  get run(): PrintRun | undefined {
    return this.#run;
  }

  get cleanness(): Cleanness {
    return this.#cleanness;
  }

  isClean(): boolean {
    return this.#cleanness === 'clean';
  }

  accept(job: Job): void {
    const { out, watch } = this.#parts;
    if (job.operation === 'status') {
      this.#askFor(job);
    } else if (job.operation === 'recover') {
      this.#run?.interrupt('JOB_INTERRUPTED', 'The printer was cleared while it printed this.');
      for (const command of clearCommands(this.#parts.profile)) out.write(command);
      watch.inquire();
      this.#askFor(job);
    } else if (this.#waiting.length >= JOBS_MAX) {
      const message = `${JOBS_MAX} jobs wait for this printer. Nothing was printed.`;
      this.#settle(job, refused('PERIPHERAL_BUSY', message));
    } else {
      this.#waiting.push(job);
    }
  }

  /** Goes as far as possible; called after every input. */
  advance(): void {
    this.#answer();
    this.#fillUp();
    for (;;) {
      this.#run ??= this.#startNext();
      const run = this.#run;
      if (run === undefined) return;
      run.advance();
      if (run.outcome === undefined) return;
      this.#run = undefined;
      this.#end(run, run.outcome);
    }
  }

  /** Is an answer to `GS r` owed? Only then is its byte one. */
  get waitsForSensor(): boolean {
    return this.#barriers.areOwed;
  }

  takeSensor(value: number): void {
    if (this.#run === undefined) this.#barriers.takeAnswer();
    else this.#run.takeSensor(value);
  }

  takeProcessId(id: string): void {
    this.#run?.takeProcessId(id);
    this.#late.take(id);
  }

  expire(jobId: string): void {
    if (this.#run?.job.jobId === jobId) {
      this.#run.interrupt('JOB_EXPIRED', 'The printer did not confirm it in time.');
      return;
    }
    const message = 'Its turn did not come in time. Nothing was printed.';
    for (const job of this.#waiting.filter((one) => one.jobId === jobId)) {
      this.#settle(job, refused('JOB_EXPIRED', message));
    }
    this.#waiting = this.#waiting.filter((one) => one.jobId !== jobId);
    for (const { job } of this.#asking.filter((one) => one.job.jobId === jobId)) {
      this.#settle(job, { state: 'done', result: this.#parts.tell() });
    }
    this.#asking = this.#asking.filter(({ job }) => job.jobId !== jobId);
  }

  close(): void {
    const run = this.#run;
    run?.interrupt('JOB_INTERRUPTED', 'The connection to the printer ended.');
    if (run?.outcome !== undefined) this.#settle(run.job, run.outcome);
    const message = 'The printer went away. Nothing was printed.';
    const left = [...this.#waiting, ...this.#asking.map(({ job }) => job)];
    for (const job of left) this.#settle(job, refused('PERIPHERAL_ABSENT', message));
    this.#run = undefined;
    this.#waiting = [];
    this.#asking = [];
  }

  /** A round that is under way began before the job: the next one answers it. */
  #askFor(job: Job): void {
    const { out, watch } = this.#parts;
    const isUnderWay = watch.isAsking;
    if (out.isLineFree) watch.inquire();
    this.#asking.push({ job, round: watch.rounds + (watch.isAsking && isUnderWay ? 2 : 1) });
  }

  #answer(): void {
    const { out, watch } = this.#parts;
    const due = this.#asking.filter(({ round }) => watch.rounds >= round);
    this.#asking = this.#asking.filter(({ round }) => watch.rounds < round);
    for (const { job } of due) this.#settle(job, { state: 'done', result: this.#parts.tell() });
    if (this.#asking.length > 0 && out.isLineFree) watch.inquire();
  }

  /**
   * In the middle of a picture a printer takes questions for dots and seems to be off. Once, it gets
   * as much white as a picture may lack.
   */
  #fillUp(): void {
    const { out, watch } = this.#parts;
    if (!watch.isMute || watch.isAsking || !out.isLineFree) return;
    if (this.#hasPadded || this.#cleanness === 'clean') return;
    this.#hasPadded = true;
    out.write(PADDING);
    watch.inquire();
  }

  #startNext(): PrintRun | undefined {
    for (;;) {
      const job = this.#waiting.shift();
      if (job === undefined) return undefined;
      const prepared = this.#parts.prepare(job);
      if (!prepared.ok) {
        this.#settle(job, { state: 'refused', error: prepared.problem });
        continue;
      }
      return new PrintRun(job, prepared.paper, {
        ...this.#parts,
        barriers: this.#barriers,
        cleanness: this.#cleanness,
      });
    }
  }

  #end(run: PrintRun, outcome: JobOutcome): void {
    this.#settle(run.job, outcome);
    if (outcome.state === 'done') this.#cleanness = 'clean';
    if (outcome.state !== 'unknown') return;
    this.#cleanness = 'dirty';
    this.#hasPadded = false;
    this.#late.expect(run.processId, run.job.jobId);
  }

  #settle(job: Job, outcome: JobOutcome): void {
    this.#parts.out.add({ type: 'settle', jobId: job.jobId, outcome });
  }
}
