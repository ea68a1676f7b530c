/**
 * One job on its way to paper:
 *
 *   checking ──▶ clearing ──▶ sending ──▶ confirming ──▶ done
 *      │            │            └────────────┴─────────▶ unknown
 *      └────────────┴──▶ refused
 *
 * Up to `sending` not one byte of the job has left, so it can be refused; from then on nothing but
 * the printer's own word makes it done. It is never sent a second time. While the printer is not
 * ready the next chunk waits; what the printer has already goes on by itself.
 */
import type { Json } from '../../../protocol/json/json-value.ts';
import type { Job, JobOutcome } from '../../job.ts';
import { BARRIER, requestProcessId } from '../control-commands.ts';
import type { PrinterProfile } from '../printer-profile.ts';
import { saysPaperEnd } from '../status/printer-frame.ts';
import { chunksOf } from './chunks.ts';
import type { Barriers } from './barriers.ts';
import { Clearing, partingCommands } from './clearing.ts';
import type { Cleanness } from './clearing.ts';
import type { EffectList } from './effect-list.ts';
import { notReady, refused, unknown } from './outcomes.ts';
import type { PaperJob } from './paper-job.ts';
import type { StatusWatch } from './status-watch.ts';

/**
 * A chunk that does not leave for this long was stopped by the printer, or the line is so slow that a
 * printer could be switched off and on between two questions: that takes at least three seconds, and
 * with this there are at most two and a half between two answers.
 */
const STALL_MS = 2_000;
/** Noise before or after it makes the one byte of `GS r` worth nothing. */
const TRUST_MS = 100;

export interface PrintRunParts {
  readonly profile: PrinterProfile;
  readonly out: EffectList;
  readonly watch: StatusWatch;
  readonly barriers: Barriers;
  readonly nextId: () => string;
  readonly cleanness: Cleanness;
}

type Stage = 'checking' | 'clearing' | 'sending' | 'confirming';

export class PrintRun {
  readonly job: Job;
  readonly processId: string;
  readonly #paper: PaperJob;
  readonly #parts: PrintRunParts;
  readonly #clearing: Clearing;
  readonly #chunks: readonly Uint8Array[];
  readonly #startedMs: number;
  #stage: Stage = 'checking';
  #checkedAt: number | undefined;
  #next = 0;
  #inFlight: number | undefined;
  #noiseMs = -Infinity;
  #outcome: JobOutcome | undefined;

  constructor(job: Job, paper: PaperJob, parts: PrintRunParts) {
    this.job = job;
    this.processId = parts.nextId();
    this.#paper = paper;
    this.#parts = parts;
    this.#clearing = new Clearing(parts);
    this.#chunks = [...chunksOf(paper.bytes), ...confirmationChunk(parts.profile, this.processId)];
    this.#startedMs = parts.out.nowMs;
  }

  /** How it ended; undefined while it goes on. */
  get outcome(): JobOutcome | undefined {
    return this.#outcome;
  }

  get stage(): Stage {
    return this.#stage;
  }

  /** Has anything of the job left? */
  get hasBegun(): boolean {
    return this.#next > 0;
  }

  /** Does what can be done now; called after every input. */
  advance(): void {
    if (this.#outcome !== undefined) return;
    if (this.#stage === 'checking') this.#check();
    if (this.#stage === 'clearing') this.#clear();
    if (this.#stage === 'sending') this.#send();
    this.#giveUpAfterSilence();
  }

  written(mark: number): void {
    if (mark !== this.#inFlight) return;
    this.#inFlight = undefined;
    this.#parts.out.stopTimer('stall');
    const isLast = this.#next === this.#chunks.length;
    if (isLast && this.#parts.profile.confirmation === 'none') this.#done(undefined);
  }

  takeProcessId(id: string): void {
    this.#clearing.takeProcessId(id);
    if (this.#stage === 'confirming' && id === this.processId) this.#done('processId');
  }

  takeSensor(value: number): void {
    const isLast = this.#parts.barriers.takeAnswer();
    this.#clearing.takeSensor(isLast);
    if (this.#stage !== 'confirming' || saysPaperEnd(value)) return;
    const { out } = this.#parts;
    if (out.nowMs - this.#noiseMs < TRUST_MS) return;
    out.timer('trust', TRUST_MS);
  }

  takeNoise(): void {
    this.#noiseMs = this.#parts.out.nowMs;
    this.#parts.out.stopTimer('trust');
  }

  timer(name: string): void {
    if (name === 'clearing') this.#clearing.timedOut();
    else if (name === 'stall') this.#parts.watch.noteSilence();
    else if (name === 'trust' && this.#stage === 'confirming') this.#done('barrier');
  }

  /** Ends it from outside: its time is over, the printer or the session is gone. */
  interrupt(code: 'JOB_EXPIRED' | 'JOB_INTERRUPTED', why: string): void {
    if (this.hasBegun) this.#end(unknown(code, why));
    else this.#end(refused(code, `${why} Nothing was printed.`));
  }

  #check(): void {
    const { watch } = this.#parts;
    if (this.#checkedAt === undefined) {
      this.#checkedAt = watch.rounds;
      watch.inquire();
    }
    if (watch.rounds <= this.#checkedAt || watch.isAsking) return;
    const { condition } = watch;
    if (condition.state === 'notReady') {
      this.#end(notReady(condition.reasons));
      return;
    }
    this.#stage = this.#parts.cleanness === 'clean' ? 'sending' : 'clearing';
    watch.forgetSilence();
  }

  #clear(): void {
    if (this.#clearing.state === 'begin') this.#clearing.begin();
    if (this.#clearing.state === 'failed') {
      const message = 'The printer answers questions but takes no commands. Nothing was printed.';
      this.#end(refused('PERIPHERAL_NOT_READY', message, 'Switch the printer off and on.'));
    }
    if (this.#clearing.state !== 'done') return;
    if (this.#parts.cleanness === 'dirty') {
      this.#parts.out.write(partingCommands(this.#parts.profile));
    }
    this.#parts.watch.forgetSilence();
    this.#stage = 'sending';
  }

  #send(): void {
    const { out, watch } = this.#parts;
    const chunk = this.#chunks[this.#next];
    if (chunk === undefined || !out.isLineFree) return;
    if (watch.condition.state === 'notReady' || watch.isBackFromSilence) return;
    this.#inFlight = out.writeMarked(chunk);
    out.timer('stall', STALL_MS);
    this.#next += 1;
    if (this.#next < this.#chunks.length) return;
    this.#stage = 'confirming';
    if (this.#parts.profile.confirmation === 'barrier') this.#parts.barriers.noteSent();
  }

  /** What was sent before the silence may be lost: the rest must not be printed as if it were all. */
  #giveUpAfterSilence(): void {
    if (this.#stage !== 'sending' || !this.hasBegun) return;
    if (!this.#parts.out.isLineFree || !this.#parts.watch.isBackFromSilence) return;
    const why = 'The printer was silent in the middle of it and may have been switched off.';
    this.#end(unknown('JOB_INTERRUPTED', why));
  }

  #done(confirmedBy: 'processId' | 'barrier' | undefined): void {
    const { out, watch, cleanness } = this.#parts;
    if (confirmedBy !== undefined && watch.sawSilence) {
      const why =
        'The printer reports the end, but it was silent in between and may have been off.';
      this.#end(unknown('JOB_INTERRUPTED', why));
      return;
    }
    const result: Record<string, Json> = {
      confirmed: confirmedBy !== undefined,
      ...(confirmedBy === undefined ? {} : { confirmedBy }),
      bytes: this.#paper.bytes.length,
      durationMs: Math.round(out.nowMs - this.#startedMs),
      // An earlier job's rest was thrown away, so that it did not come out inside this one.
      ...(cleanness === 'dirty' ? { clearedBefore: true } : {}),
      ...this.#paper.told,
    };
    this.#end({ state: 'done', result });
  }

  #end(outcome: JobOutcome): void {
    if (this.#outcome !== undefined) return;
    this.#outcome = outcome;
    this.#clearing.stop();
    this.#parts.out.stopTimer('stall');
    this.#parts.out.stopTimer('trust');
  }
}

function confirmationChunk(profile: PrinterProfile, id: string): readonly Uint8Array[] {
  switch (profile.confirmation) {
    case 'processId':
      return [requestProcessId(id)];
    case 'barrier':
      return [BARRIER];
    case 'none':
      return [];
  }
}
