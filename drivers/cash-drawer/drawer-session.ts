/**
 * The session with one cash drawer: opens it, and says what it knows of it. A drawer that reports
 * itself confirms an opening; one that does not, or whose levels have no known meaning yet, is
 * `done` unconfirmed. Opened without a job and open too long are told as events.
 */
import type { Json } from '../../protocol/json/json-value.ts';
import { TillgateError } from '../../protocol/errors.ts';
import type { ErrorCode } from '../../protocol/errors.ts';
import type { Job, JobOutcome } from '../job.ts';
import type { SessionEffect, SessionInput, SessionMachine } from '../session-machine.ts';
import type { DrawerLine, Level } from './drawer-line.ts';
import { OpenWatch } from './open-watch.ts';
import { Polarity } from './polarity.ts';

export interface DrawerSessionParts {
  readonly line: DrawerLine;
  readonly openLevel: Level | undefined;
  readonly openTooLongMs: number;
}

/** A drawer is out after some 200 ms, and the level of the slowest status poll is in by then. */
const OPENS_WITHIN_MS = 2_000;
/** Nobody needs more than one opening; the rest are double clicks. */
const JOBS_MAX = 8;

const NO_MEANING = 'Open the drawer once with a job, or set the option openLevel.';

export class DrawerSession implements SessionMachine {
  readonly #parts: DrawerSessionParts;
  readonly #polarity: Polarity;
  readonly #watch: OpenWatch;
  #effects: SessionEffect[] = [];
  #level: Level | undefined;
  /** Openings in order; the first one is under way. */
  #openings: Job[] = [];
  #kick:
    { readonly job: Job; readonly atMs: number; readonly level: Level | undefined } | undefined;
  #waiters: Job[] = [];
  #told = '';

  constructor(parts: DrawerSessionParts) {
    this.#parts = parts;
    this.#polarity = new Polarity(parts.openLevel);
    this.#watch = new OpenWatch(parts.openTooLongMs);
  }

  step(input: SessionInput, nowMs: number): readonly SessionEffect[] {
    this.#effects = [];
    this.#take(input, nowMs);
    return this.#effects;
  }

  #take(input: SessionInput, nowMs: number): void {
    switch (input.type) {
      case 'opened':
        this.#tellCondition();
        this.#ask();
        return;
      case 'data':
      case 'lines':
        this.#seeLevel(this.#parts.line.readLevel(input), nowMs);
        return;
      case 'job':
        this.#accept(input.job, nowMs);
        return;
      case 'timer':
        this.#timer(input.name, nowMs);
        return;
      case 'expired':
        this.#expire(input.jobId);
        return;
      case 'closed':
        this.#close();
        return;
      case 'written':
      case 'port':
        return;
    }
  }

  #accept(job: Job, nowMs: number): void {
    if (job.operation === 'status') {
      this.#settle(job, { state: 'done', result: this.#status() });
    } else if (job.operation === 'waitUntilClosed') {
      this.#wait(job);
    } else if (this.#openings.length >= JOBS_MAX) {
      const message = `${JOBS_MAX} openings wait for this drawer. Nothing was done.`;
      this.#settle(job, refused('PERIPHERAL_BUSY', message));
    } else {
      this.#openings.push(job);
      if (this.#openings.length === 1) this.#open(nowMs);
    }
  }

  #wait(job: Job): void {
    const isOpen = this.#polarity.isOpen(this.#level);
    if (isOpen === undefined) {
      const message = 'Nobody knows whether this drawer is open.';
      this.#settle(job, refused('PERIPHERAL_NOT_READY', message, NO_MEANING));
    } else if (!isOpen) {
      this.#settle(job, { state: 'done', result: { closed: true } });
    } else if (this.#waiters.length >= JOBS_MAX) {
      const message = `${JOBS_MAX} jobs wait for this drawer already.`;
      this.#settle(job, refused('PERIPHERAL_BUSY', message));
    } else {
      this.#waiters.push(job);
    }
  }

  #open(nowMs: number): void {
    const [job] = this.#openings;
    if (job === undefined) return;
    this.#kick = { job, atMs: nowMs, level: this.#level };
    this.#effects.push({ type: 'write', bytes: this.#parts.line.kick });
    this.#effects.push({ type: 'timer', name: 'opens', afterMs: OPENS_WITHIN_MS });
    this.#ask();
    if (!this.#parts.line.hasLevel) this.#opened({ confirmed: false }, nowMs);
    else if (this.#polarity.isOpen(this.#level) === true) {
      this.#opened({ confirmed: true, wasOpen: true }, nowMs);
    }
  }

  #seeLevel(level: Level | undefined, nowMs: number): void {
    if (level === undefined || level === this.#level) return;
    const before = this.#level;
    const wasOpen = this.#polarity.isOpen(before) ?? false;
    this.#level = level;
    const isByKick = this.#isSoonAfterKick(nowMs) && before !== undefined;
    const learned = isByKick && before === this.#kick?.level && this.#polarity.learn(level);
    const isOpen = this.#polarity.isOpen(level);
    if (isOpen === true && !wasOpen) this.#becameOpen(learned, nowMs);
    if (isOpen === false && wasOpen) this.#becameClosed(nowMs);
    this.#tellCondition();
  }

  #becameOpen(learned: boolean, nowMs: number): void {
    const by = this.#isSoonAfterKick(nowMs) ? this.#kick?.job : undefined;
    this.#effects.push(...this.#watch.opened(by, nowMs));
    if (this.#openings.length === 0) return;
    const { openLevel } = this.#polarity;
    this.#opened({ confirmed: true, ...(learned ? { learned: openLevel ?? null } : {}) }, nowMs);
  }

  #becameClosed(nowMs: number): void {
    this.#effects.push(...this.#watch.closed(nowMs));
    const result = { closed: true };
    for (const job of this.#waiters.splice(0)) this.#settle(job, { state: 'done', result });
  }

  /** The opening under way has ended; the next one begins. */
  #opened(result: Record<string, Json>, nowMs: number): void {
    this.#endOpening({ state: 'done', result }, nowMs);
  }

  #endOpening(outcome: JobOutcome, nowMs: number): void {
    const job = this.#openings.shift();
    if (job === undefined) return;
    this.#effects.push({ type: 'stopTimer', name: 'opens' });
    this.#settle(job, outcome);
    if (this.#openings.length > 0) this.#open(nowMs);
  }

  #timer(name: string, nowMs: number): void {
    if (name === 'tooLong') this.#effects.push(...this.#watch.tooLong(nowMs));
    if (name === 'ask') this.#ask();
    if (name !== 'opens') return;
    const isTold = this.#level !== undefined && this.#polarity.openLevel !== undefined;
    if (!isTold) {
      this.#opened({ confirmed: false }, nowMs);
      return;
    }
    const message = 'The pulse was sent, and the drawer still reports that it is closed.';
    this.#endOpening(unknown('PERIPHERAL_FAULT', message), nowMs);
  }

  #expire(jobId: string): void {
    for (const job of this.#waiters.filter((one) => one.jobId === jobId)) {
      this.#settle(job, refused('JOB_EXPIRED', 'The drawer was not closed in time.'));
    }
    this.#waiters = this.#waiters.filter((one) => one.jobId !== jobId);
    const [first, ...rest] = this.#openings;
    if (first?.jobId === jobId) {
      this.#openings = rest;
      this.#settle(first, unknown('JOB_EXPIRED', 'The drawer did not report in time.'));
      return;
    }
    for (const job of rest.filter((one) => one.jobId === jobId)) {
      this.#settle(job, refused('JOB_EXPIRED', 'Its turn did not come in time.'));
    }
    this.#openings = this.#openings.filter((one) => one.jobId !== jobId);
  }

  #close(): void {
    const message = 'The connection to the drawer ended.';
    for (const [at, job] of this.#openings.entries()) {
      const isSent = at === 0;
      const end = isSent
        ? unknown('JOB_INTERRUPTED', message)
        : refused('PERIPHERAL_ABSENT', message);
      this.#settle(job, end);
    }
    for (const job of this.#waiters) this.#settle(job, refused('PERIPHERAL_ABSENT', message));
    this.#openings = [];
    this.#waiters = [];
  }

  #ask(): void {
    const { ask, askEveryMs } = this.#parts.line;
    if (ask !== undefined) this.#effects.push({ type: 'write', bytes: ask });
    if (askEveryMs !== undefined) {
      this.#effects.push({ type: 'timer', name: 'ask', afterMs: askEveryMs });
    }
  }

  #isSoonAfterKick(nowMs: number): boolean {
    return this.#kick !== undefined && nowMs - this.#kick.atMs <= OPENS_WITHIN_MS;
  }

  #tellCondition(): void {
    const isOpen = this.#polarity.isOpen(this.#level);
    const open = isOpen === true ? ['CASH_SUE_DRAWEROPEN'] : ['CASH_SUE_DRAWERCLOSED'];
    const reasons = isOpen === undefined ? [] : open;
    if (this.#told === `told ${reasons.join()}`) return;
    this.#told = `told ${reasons.join()}`;
    this.#effects.push({ type: 'condition', condition: { state: 'ready', reasons } });
  }

  #status(): Record<string, Json> {
    return {
      isOpen: this.#polarity.isOpen(this.#level) ?? null,
      level: this.#level ?? null,
      openLevel: this.#polarity.openLevel ?? null,
      learned: this.#polarity.isLearned,
    };
  }

  #settle(job: Job, outcome: JobOutcome): void {
    this.#effects.push({ type: 'settle', jobId: job.jobId, outcome });
  }
}

function refused(code: ErrorCode, message: string, hint?: string): JobOutcome {
  const error = new TillgateError(code, message, hint === undefined ? {} : { hint });
  return { state: 'refused', error: { code, message, hint: error.hint } };
}

function unknown(code: ErrorCode, message: string): JobOutcome {
  const hint = 'Look at the drawer: if it is closed, check its lock and cable, then ask again.';
  return { state: 'unknown', error: { code, message, hint } };
}
