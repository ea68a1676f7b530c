/**
 * A session with a reader of contactless tags: tells each tag that comes (its number, and what is
 * written on it) and each that goes, and reads the one that lies there again on request. A tag torn
 * away while it is read was there all the same: it is told as incomplete, then as gone.
 *
 * Speaks the messages of ../pcsc-messages.ts. Nothing happens in the world, so every job that cannot
 * be done is refused.
 */
import { TillgateError } from '../../protocol/errors.ts';
import type { ErrorCode } from '../../protocol/errors.ts';
import type { Json } from '../../protocol/json/json-value.ts';
import type { Job, JobOutcome } from '../job.ts';
import { decodeReport, encodeMessage } from '../pcsc-messages.ts';
import type { PcscReport } from '../pcsc-messages.ts';
import type { SessionEffect, SessionInput, SessionMachine } from '../session-machine.ts';
import { parseNdef } from './ndef.ts';
import { readTag } from './read-tag.ts';
import type { Conversation, TagContent } from './read-tag.ts';

export interface RfidOptions {
  /** Without it a tag's number alone is told, which is quicker. */
  readonly readNdef: boolean;
}

interface Tag {
  readonly atr: string;
  readonly uid: string | null;
}

/** A reader answers within 50 ms; a card that thinks longer than this was taken away. */
const ANSWER_WAIT_MS = 2_000;
/** Each waiting job holds a till; more wait by mistake. */
const WAITING_JOBS_MAX = 16;
const TIMER = 'answer';

export class RfidSession implements SessionMachine {
  readonly #options: RfidOptions;
  #tag: Tag | undefined;
  /** The tag that lies there has been told. */
  #isTold = false;
  #conversation: Conversation<TagContent> | undefined;
  #commandId = 0;
  #waiting: string[] = [];
  #effects: SessionEffect[] = [];

  constructor(options: RfidOptions) {
    this.#options = options;
  }

  step(input: SessionInput): readonly SessionEffect[] {
    this.#effects = [];
    switch (input.type) {
      case 'opened':
        this.#effects.push({ type: 'condition', condition: { state: 'ready', reasons: [] } });
        break;
      case 'data':
        this.#hear(input.bytes);
        break;
      case 'job':
        this.#begin(input.job);
        break;
      case 'timer':
        this.#goOn(undefined);
        break;
      case 'expired':
        this.#refuse(input.jobId, 'JOB_EXPIRED', 'No tag was presented in time.');
        break;
      case 'closed':
        this.#close();
        break;
      case 'lines':
      case 'written':
      case 'port':
        break;
    }
    return this.#effects;
  }

  #hear(bytes: Uint8Array): void {
    const report = decodeReport(bytes);
    if (report === undefined) this.#effects.push({ type: 'discarded', bytes, why: 'noise' });
    else this.#obey(report);
  }

  #obey(report: PcscReport): void {
    switch (report.type) {
      case 'inserted':
        // A reader that missed the removal says only this.
        this.#takeAway();
        this.#tag = { atr: report.atr, uid: report.uid ?? null };
        this.#read();
        return;
      case 'removed':
        this.#takeAway();
        return;
      case 'response':
        if (report.id === this.#commandId) this.#goOn(Buffer.from(report.data, 'hex'));
        return;
      case 'failed':
        if (report.id === this.#commandId) this.#goOn(undefined);
    }
  }

  #begin(job: Job): void {
    if (job.operation === 'status') {
      const tag = this.#tag;
      const shown = tag === undefined ? {} : { uid: tag.uid, atr: tag.atr };
      this.#settle(job.jobId, { state: 'done', result: { present: tag !== undefined, ...shown } });
      return;
    }
    if (this.#waiting.length >= WAITING_JOBS_MAX) {
      this.#refuse(
        job.jobId,
        'PERIPHERAL_BUSY',
        `${WAITING_JOBS_MAX} jobs wait for a tag already.`,
      );
      return;
    }
    this.#waiting.push(job.jobId);
    if (this.#tag !== undefined && this.#conversation === undefined) this.#read();
  }

  #read(): void {
    const tag = this.#tag;
    if (tag === undefined) return;
    this.#conversation = this.#options.readNdef ? readTag(tag.atr) : undefined;
    if (this.#conversation === undefined) this.#tell(tag, { type: 'none' });
    else this.#advance(this.#conversation.next());
  }

  /** The answer to the last command, or that there is none. */
  #goOn(answer: Uint8Array | undefined): void {
    if (this.#conversation === undefined) return;
    this.#effects.push({ type: 'stopTimer', name: TIMER });
    if (answer === undefined) {
      this.#conversation = undefined;
      if (this.#tag !== undefined) this.#tell(this.#tag, { type: 'failed' });
      return;
    }
    this.#advance(this.#conversation.next(answer));
  }

  #advance(next: IteratorResult<Uint8Array, TagContent>): void {
    if (next.done === true) {
      this.#conversation = undefined;
      if (this.#tag !== undefined) this.#tell(this.#tag, next.value);
      return;
    }
    this.#commandId += 1;
    const data = Buffer.from(next.value).toString('hex');
    const bytes = encodeMessage({ type: 'apdu', id: this.#commandId, data });
    this.#effects.push({ type: 'write', bytes });
    this.#effects.push({ type: 'timer', name: TIMER, afterMs: ANSWER_WAIT_MS });
  }

  /** What is known of a tag goes out once as an event, and to each job that waits for it. */
  #tell(tag: Tag, content: TagContent): void {
    const records = content.type === 'ndef' ? parseNdef(content.bytes) : [];
    const isIncomplete = content.type === 'failed' || records === undefined;
    const told: Record<string, Json> = { uid: tag.uid, atr: tag.atr, ndef: records ?? [] };
    if (isIncomplete) told['incomplete'] = true;
    if (!this.#isTold) {
      this.#effects.push({ type: 'event', event: { type: 'tagPresented', ...told } });
    }
    this.#isTold = true;
    for (const jobId of this.#waiting.splice(0)) {
      this.#effects.push({ type: 'settle', jobId, outcome: { state: 'done', result: told } });
    }
  }

  #takeAway(): void {
    const tag = this.#tag;
    if (tag === undefined) return;
    if (this.#conversation !== undefined) this.#goOn(undefined);
    this.#tag = undefined;
    this.#isTold = false;
    this.#effects.push({ type: 'event', event: { type: 'tagRemoved', uid: tag.uid } });
  }

  #close(): void {
    for (const jobId of [...this.#waiting]) {
      this.#refuse(jobId, 'PERIPHERAL_ABSENT', 'The reader went away before a tag was read.');
    }
  }

  #refuse(jobId: string, code: ErrorCode, message: string): void {
    const { hint } = new TillgateError(code, message);
    this.#settle(jobId, { state: 'refused', error: { code, message, hint } });
  }

  #settle(jobId: string, outcome: JobOutcome): void {
    this.#waiting = this.#waiting.filter((waiting) => waiting !== jobId);
    this.#effects.push({ type: 'settle', jobId, outcome });
  }
}
