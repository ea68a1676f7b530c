/** How long a drawer stands open, as events. */
import type { Json } from '../../protocol/json/json-value.ts';
import type { Job } from '../job.ts';
import type { SessionEffect } from '../session-machine.ts';
import type { OpenParams } from './operations.ts';

export class OpenWatch {
  readonly #tooLongMs: number;
  #openedMs: number | undefined;

  constructor(tooLongMs: number) {
    this.#tooLongMs = tooLongMs;
  }

  /** `by` is the job that opened it; undefined means a key, or a hand under the counter. */
  opened(by: Job | undefined, nowMs: number): readonly SessionEffect[] {
    this.#openedMs = nowMs;
    return [
      { type: 'event', event: { type: 'drawerOpened', byJob: by !== undefined, ...toldOf(by) } },
      { type: 'timer', name: 'tooLong', afterMs: this.#tooLongMs },
    ];
  }

  closed(nowMs: number): readonly SessionEffect[] {
    const openForMs = this.#openFor(nowMs);
    this.#openedMs = undefined;
    return [
      { type: 'stopTimer', name: 'tooLong' },
      { type: 'event', event: { type: 'drawerClosed', openForMs } },
    ];
  }

  /** The timer `tooLong`: said once for each time it stands open. */
  tooLong(nowMs: number): readonly SessionEffect[] {
    if (this.#openedMs === undefined) return [];
    const openForMs = this.#openFor(nowMs);
    return [{ type: 'event', event: { type: 'drawerOpenTooLong', openForMs } }];
  }

  #openFor(nowMs: number): number {
    return Math.round(nowMs - (this.#openedMs ?? nowMs));
  }
}

function toldOf(job: Job | undefined): Record<string, Json> {
  if (job === undefined) return {};
  const { reason } = job.params as OpenParams;
  return { jobId: job.jobId, ...(reason === undefined ? {} : { reason }) };
}
