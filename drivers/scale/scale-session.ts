/**
 * The session with a scale, whatever its protocol: asks for the weight again and again, one question
 * at a time, and lets jobs wait until the rules of weighing.ts give a weight or their deadline is
 * there. The plate is watched between jobs too: only so is it known that it was empty. A command is
 * sent once and never repeated; a scale that stops answering ends the session.
 */
import type { Scaled } from '../../protocol/scaled.ts';
import type { Job, JobOutcome } from '../job.ts';
import type {
  DeviceIdentity,
  PeripheralCondition,
  SessionEffect,
  SessionInput,
  SessionMachine,
} from '../session-machine.ts';
import { LiveWeight } from './live-weight.ts';
import type { ScaleAnswer, ScaleDialect } from './scale-dialect.ts';
import { ScaleHealth } from './scale-health.ts';
import * as ends from './scale-outcomes.ts';
import type { ScaleParams } from './scale-operations.ts';
import { ScaleQueue } from './scale-queue.ts';
import type { PendingCommand, PendingJob, PendingRead, QueuedParams } from './scale-queue.ts';
import { Weighing } from './weighing.ts';
import type { Reading, WeighingReason, WeighingRules } from './weighing.ts';

export interface ScaleSessionOptions {
  readonly dialect: ScaleDialect;
  readonly rules: WeighingRules;
  /** Between an answer and the next question. */
  readonly pollMs: number;
  /** A question without an answer for this long is lost. */
  readonly answerMs: number;
}

/** Taring and zeroing wait for rest inside the scale. */
const COMMAND_ANSWER_MS = 4_000;

export class ScaleSession implements SessionMachine {
  readonly #options: ScaleSessionOptions;
  readonly #weighing: Weighing;
  readonly #health = new ScaleHealth();
  readonly #live = new LiveWeight();
  readonly #jobs: ScaleQueue;
  #identity: DeviceIdentity = {};
  #isAsking = false;
  /** Of the first read that waits. */
  #reason: WeighingReason = 'SCAL_SUE_NOT_READY';
  #effects: SessionEffect[] = [];
  #nowMs = 0;

  constructor(options: ScaleSessionOptions) {
    this.#options = options;
    this.#weighing = new Weighing(options.rules);
    this.#jobs = new ScaleQueue(options.dialect, options.rules.unit);
  }

  step(input: SessionInput, nowMs: number): readonly SessionEffect[] {
    this.#effects = [];
    this.#nowMs = nowMs;
    switch (input.type) {
      case 'opened':
        this.#begin();
        break;
      case 'data':
        this.#receive(input.bytes);
        break;
      case 'timer':
        if (input.name === 'answer') this.#missAnswer();
        else this.#ask();
        break;
      case 'job':
        this.#accept(input.job);
        break;
      case 'expired':
        this.#expire(input.jobId);
        break;
      case 'closed':
        for (const job of this.#jobs.clear()) this.#settle(job.jobId, ends.interruptedJob(job));
        break;
      default:
    }
    return this.#effects;
  }

  #begin(): void {
    this.#tell(this.#health.condition);
    const { greeting } = this.#options.dialect;
    if (greeting.length > 0) this.#effects.push({ type: 'write', bytes: greeting });
    this.#ask();
  }

  /** The next question, unless one is open: a command that waits, else the weight. */
  #ask(): void {
    if (this.#isAsking) return;
    const { dialect, answerMs } = this.#options;
    const command = this.#jobs.unsent;
    this.#isAsking = true;
    if (command !== undefined) command.isSent = true;
    const bytes = dialect.ask(command?.wish ?? this.#jobs.weightWish);
    const afterMs = command === undefined ? answerMs : COMMAND_ANSWER_MS;
    this.#effects.push({ type: 'stopTimer', name: 'poll' }, { type: 'write', bytes });
    this.#effects.push({ type: 'timer', name: 'answer', afterMs });
  }

  #receive(bytes: Uint8Array): void {
    for (const framed of this.#options.dialect.framer.push(bytes)) {
      if (framed.type === 'frame') {
        this.#answered(this.#options.dialect.read(framed.frame, framed.bytes));
      } else {
        this.#health.sawGarbage();
        this.#effects.push(framed);
      }
    }
  }

  #missAnswer(): void {
    this.#isAsking = false;
    const left = this.#options.dialect.framer.flush();
    this.#effects.push(...left.filter((item) => item.type === 'discarded'));
    this.#tell(this.#health.missed());
    this.#observe({ type: 'none', reason: 'SCAL_SUE_NOT_READY' });
    const error = this.#health.end;
    if (error === undefined) this.#ask();
    else this.#effects.push({ type: 'end', error });
  }

  #answered(answer: ScaleAnswer): void {
    if (answer.type === 'identity') {
      this.#identity = { ...this.#identity, ...answer.identity };
      this.#effects.push({ type: 'identity', identity: this.#identity });
      return;
    }
    const command = this.#jobs.sent;
    // Where the scale says itself what became of a command, a late weight is no answer to it.
    const isWaiting = command?.isAnswered === false && this.#options.dialect.confirmsCommands;
    if (isWaiting && answer.type !== 'command') return;
    this.#isAsking = false;
    this.#effects.push({ type: 'stopTimer', name: 'answer' });
    const reading = answer.type === 'sale' ? answer.reading : answer;
    const observed = isReading(reading) ? reading : undefined;
    this.#tell(this.#health.answered(observed, this.#nowMs));
    if (observed !== undefined) this.#observe(observed);
    if (command !== undefined) this.#judgeCommand(command, answer);
    else this.#judgeRead(answer);
    if (answer.type === 'goOn' || this.#jobs.unsent !== undefined) this.#ask();
    else this.#effects.push({ type: 'timer', name: 'poll', afterMs: this.#options.pollMs });
  }

  #observe(reading: Reading): void {
    this.#weighing.observe(reading);
    const event = this.#live.tell(this.#weighing.reading, this.#nowMs);
    if (event !== undefined) this.#effects.push({ type: 'event', event });
  }

  #judgeCommand(command: PendingCommand, answer: ScaleAnswer): void {
    command.isAnswered = true;
    if (answer.type === 'command') {
      this.#finish(command, answer.isDone ? ends.commandDone() : ends.refusedCommand(command));
    } else if (isReading(answer) && ends.isCarriedOut(command, this.#weighing)) {
      this.#finish(command, ends.commandDone());
    }
  }

  #judgeRead(answer: ScaleAnswer): void {
    const job = this.#jobs.first;
    if (job?.type !== 'read') return;
    if (answer.type === 'impossible') {
      this.#finish(job, { state: 'refused', error: answer.problem });
      return;
    }
    if (!isReading(answer) && answer.type !== 'sale') return;
    const verdict = this.#weighing.verdict();
    if (verdict.type === 'wait') this.#reason = verdict.reason;
    if (verdict.type === 'unit') {
      this.#finish(job, ends.wrongUnit(verdict.weight, this.#options.rules.unit));
    }
    if (verdict.type !== 'weight') return;
    this.#sell(job, verdict.reading, answer.type === 'sale' ? answer.price : undefined);
  }

  #sell(
    job: PendingRead,
    reading: Extract<Reading, { type: 'weight' }>,
    price: Scaled | undefined,
  ): void {
    const tare = this.#options.dialect.takesTare ? undefined : job.read.tare;
    const sold = { reading, ...(price && { price }), ...(tare && { tare }) };
    const outcome = ends.doneRead(job, sold);
    this.#reason = 'SCAL_SUE_WEIGHT_UNDER_ZERO';
    if (outcome === undefined) return;
    this.#weighing.completed();
    this.#finish(job, outcome);
  }

  #accept(job: Job): void {
    const params = job.params as ScaleParams;
    if (params.type === 'status') {
      const { condition } = this.#health;
      const result = ends.statusResult(condition, this.#weighing, this.#identity);
      this.#settle(job.jobId, { state: 'done', result });
    } else if (params.type === 'live') {
      this.#live.begin(params.durationMs, this.#nowMs);
      this.#settle(job.jobId, { state: 'done', result: { durationMs: params.durationMs } });
    } else {
      this.#enqueue(job.jobId, params);
    }
  }

  #enqueue(jobId: string, params: QueuedParams): void {
    const error = this.#jobs.admit(jobId, params);
    if (error !== undefined) this.#settle(jobId, { state: 'refused', error });
    else if (this.#jobs.length === 1) this.#startFirst();
  }

  #expire(jobId: string): void {
    const job = this.#jobs.named(jobId);
    if (job === undefined) return;
    const isFirst = job === this.#jobs.first;
    if (job.type === 'command') this.#finish(job, ends.expiredCommand(job, this.#waitReason()));
    else this.#finish(job, isFirst ? ends.expiredRead(this.#reason) : ends.neverItsTurn());
  }

  #finish(job: PendingJob, outcome: JobOutcome): void {
    const wasFirst = this.#jobs.remove(job);
    this.#settle(job.jobId, outcome);
    if (wasFirst) this.#startFirst();
  }

  #startFirst(): void {
    this.#reason = this.#waitReason() ?? 'SCAL_SUE_WEIGHT_UNSTABLE';
    if (this.#jobs.length > 0) this.#ask();
  }

  #waitReason(): WeighingReason | undefined {
    const verdict = this.#weighing.verdict();
    return verdict.type === 'wait' ? verdict.reason : undefined;
  }

  #settle(jobId: string, outcome: JobOutcome): void {
    this.#effects.push({ type: 'settle', jobId, outcome });
  }

  #tell(condition: PeripheralCondition | undefined): void {
    if (condition !== undefined) this.#effects.push({ type: 'condition', condition });
  }
}

function isReading(answer: ScaleAnswer): answer is Reading {
  return answer.type === 'weight' || answer.type === 'none';
}
