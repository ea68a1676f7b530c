/**
 * The shell around a session machine: carries its effects out over a transport. Every job it is
 * given is settled exactly once, also where the machine, the transport or the owner fails.
 *
 * Inputs are taken one after the other: what an owner gives while effects are carried out waits until
 * all of them are, so that bytes leave in the order in which the machine asked for them.
 */
import type { Clock } from '../protocol/clock.ts';
import { TillgateError, isTillgateError } from '../protocol/errors.ts';
import type { Schedule } from '../platform/schedule.ts';
import type { Job, JobOutcome } from './job.ts';
import type { SessionEffect, SessionInput, SessionMachine } from './session-machine.ts';
import type { Transport, TransportEnd } from './transport/transport.ts';

/** What the session tells its owner; all called in the order of the machine's effects. */
export interface SessionEvents {
  onEffect(
    effect: Extract<
      SessionEffect,
      { type: 'event' | 'condition' | 'identity' | 'port' | 'discarded' }
    >,
  ): void;
}

export interface RunSessionOptions extends SessionEvents {
  readonly machine: SessionMachine;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly schedule: Schedule;
}

export interface RunningSession {
  /** Resolves after the last effect of the machine; all jobs are settled then. */
  readonly closed: Promise<TransportEnd>;
  /** Never rejects. */
  perform(job: Job, deadlineMs: number): Promise<JobOutcome>;
  /** For what hangs off this peripheral. */
  toPort(bytes: Uint8Array): void;
  close(): Promise<void>;
}

/** After its deadline a machine has this long to settle a job before the shell does. */
const EXPIRY_GRACE_MS = 2_000;

export function runSession(options: RunSessionOptions): RunningSession {
  return new Session(options);
}

interface PendingJob {
  readonly settle: (outcome: JobOutcome) => void;
  readonly stopTimer: () => void;
}

class Session implements RunningSession {
  readonly closed: Promise<TransportEnd>;
  readonly #options: RunSessionOptions;
  readonly #jobs = new Map<string, PendingJob>();
  readonly #timers = new Map<string, () => void>();
  /** Why the machine ended it; told as the reason of the transport's orderly close. */
  #fault: TillgateError | undefined;
  #isOver = false;
  readonly #inputs: SessionInput[] = [];
  #isStepping = false;

  constructor(options: RunSessionOptions) {
    this.#options = options;
    const { transport } = options;
    this.closed = transport.closed.then((end) => this.#finish(end));
    this.#step({ type: 'opened' });
    transport.onLines?.((lines) => this.#step({ type: 'lines', lines }));
    transport.onData((bytes) => this.#step({ type: 'data', bytes }));
  }

  perform(job: Job, deadlineMs: number): Promise<JobOutcome> {
    return new Promise((resolve) => {
      if (this.#isOver || this.#fault !== undefined) {
        resolve(neverBegun());
        return;
      }
      if (this.#jobs.has(job.jobId)) {
        resolve(underWay(job.jobId));
        return;
      }
      const expire = (): void => {
        this.#step({ type: 'expired', jobId: job.jobId });
        const pending = this.#jobs.get(job.jobId);
        if (pending === undefined) return;
        const stop = this.#options.schedule(() => {
          this.#settle(job.jobId, mayHaveHappened('The driver did not settle it in time.'));
        }, EXPIRY_GRACE_MS);
        this.#jobs.set(job.jobId, { ...pending, stopTimer: stop });
      };
      const stopTimer = this.#options.schedule(expire, deadlineMs);
      this.#jobs.set(job.jobId, { settle: resolve, stopTimer });
      this.#step({ type: 'job', job });
    });
  }

  toPort(bytes: Uint8Array): void {
    this.#step({ type: 'port', bytes });
  }

  close(): Promise<void> {
    return this.#options.transport.close();
  }

  #step(input: SessionInput): void {
    this.#inputs.push(input);
    if (this.#isStepping) return;
    this.#isStepping = true;
    for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift()) {
      this.#stepOnce(next);
    }
    this.#isStepping = false;
  }

  #stepOnce(input: SessionInput): void {
    if (this.#isOver || (this.#fault !== undefined && input.type !== 'closed')) return;
    try {
      const effects = this.#options.machine.step(input, this.#options.clock.monotonicMs());
      const isLast = input.type === 'closed';
      for (const effect of effects) {
        // Once it has ended the session, a machine may still say what became of its jobs.
        if (this.#fault === undefined || isLast || effect.type === 'settle') this.#carryOut(effect);
      }
    } catch (error) {
      this.#end(asFault(error));
    }
  }

  #carryOut(effect: SessionEffect): void {
    switch (effect.type) {
      case 'write':
        this.#write(effect.bytes, effect.mark);
        return;
      case 'timer':
        this.#startTimer(effect.name, effect.afterMs);
        return;
      case 'stopTimer':
        this.#stopTimer(effect.name);
        return;
      case 'settle':
        this.#settle(effect.jobId, effect.outcome);
        return;
      case 'end':
        this.#end(effect.error);
        return;
      default:
        this.#options.onEffect(effect);
    }
  }

  #write(bytes: Uint8Array, mark: number | undefined): void {
    if (this.#isOver) return;
    this.#options.transport.write(bytes).then(
      () => {
        if (mark !== undefined) this.#step({ type: 'written', mark });
      },
      (error: unknown) => {
        // The end of the transport is told by `closed`; any other failure of a write ends it.
        if (!isTillgateError(error, 'TRANSPORT_CLOSED')) this.#end(asFault(error));
      },
    );
  }

  #startTimer(name: string, afterMs: number): void {
    this.#stopTimer(name);
    if (this.#isOver) return;
    const stop = this.#options.schedule(() => {
      this.#timers.delete(name);
      this.#step({ type: 'timer', name });
    }, afterMs);
    this.#timers.set(name, stop);
  }

  #stopTimer(name: string): void {
    this.#timers.get(name)?.();
    this.#timers.delete(name);
  }

  #settle(jobId: string, outcome: JobOutcome): void {
    const pending = this.#jobs.get(jobId);
    if (pending === undefined) return;
    this.#jobs.delete(jobId);
    pending.stopTimer();
    pending.settle(outcome);
  }

  #end(error: TillgateError): void {
    if (this.#isOver || this.#fault !== undefined) return;
    this.#fault = error;
    void this.#options.transport.close();
  }

  #finish(end: TransportEnd): TransportEnd {
    const told: TransportEnd =
      this.#fault === undefined ? end : { reason: 'fault', error: this.#fault };
    this.#step({ type: 'closed', reason: told.reason });
    this.#isOver = true;
    for (const stop of this.#timers.values()) stop();
    this.#timers.clear();
    for (const jobId of [...this.#jobs.keys()]) {
      this.#settle(jobId, mayHaveHappened('The connection to the peripheral ended.'));
    }
    return told;
  }
}

function neverBegun(): JobOutcome {
  const { message, hint } = new TillgateError(
    'PERIPHERAL_ABSENT',
    'The peripheral went away before the job began.',
  );
  return { state: 'refused', error: { code: 'PERIPHERAL_ABSENT', message, hint } };
}

function underWay(jobId: string): JobOutcome {
  const { code, message, hint } = new TillgateError(
    'JOB_CONFLICT',
    `A job ${JSON.stringify(jobId)} is under way at this peripheral.`,
  );
  return { state: 'refused', error: { code, message, hint } };
}

function mayHaveHappened(message: string): JobOutcome {
  const { code, hint } = new TillgateError('JOB_INTERRUPTED', message);
  return { state: 'unknown', error: { code, message, hint } };
}

function asFault(error: unknown): TillgateError {
  if (isTillgateError(error)) return error;
  const what = error instanceof Error ? error.message : String(error);
  return new TillgateError('PERIPHERAL_FAULT', `The session failed: ${what}`, { cause: error });
}
