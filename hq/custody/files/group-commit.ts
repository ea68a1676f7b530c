/**
 * Natural group commit: what arrives while a commit is under way goes into the next one together.
 * There is no timer; a lone request commits at once. Requests that say they can wait (`lazy`) ride
 * along with others, or go by themselves after a moment.
 */
import { passing, type Schedule } from '../../../platform/schedule.ts';

export type CommitRequest = {
  /** Two requests of one key never share a group; the later one sees the earlier one's effect. */
  key: string | undefined;
  bytes: number;
  /** Called in the group's order just before it is written; undefined when nothing is to write. */
  build: (context: { admitted: number }) => readonly Uint8Array[] | undefined;
  /** True when `build` adds a log, so that the numbers of the next ones follow. */
  admits?: boolean;
  settle: () => void;
  fail: (error: unknown) => void;
};

/** Bytes of one group: bounds the frame and the time one fdatasync takes. */
const GROUP_BYTES_MAX = 8 * 1024 * 1024;
/** What can wait waits this long: cosignatures of an idle moment, which can be made again. */
const LAZY_DELAY_MS = 250;

export class GroupCommit {
  readonly #commit: (records: readonly Uint8Array[]) => Promise<void>;
  readonly #schedule: Schedule;
  readonly #waiting: CommitRequest[] = [];
  #lazy: CommitRequest[] = [];
  #cancelLazy: (() => void) | undefined;
  #running: Promise<void> | undefined;
  #failed: unknown;

  /** `commit` makes one group durable; a throw fails that group. */
  constructor(commit: (records: readonly Uint8Array[]) => Promise<void>, schedule: Schedule) {
    this.#commit = commit;
    this.#schedule = schedule;
  }

  add(request: CommitRequest): void {
    if (this.#failed !== undefined) {
      request.fail(this.#failed);
      return;
    }
    this.#waiting.push(request);
    this.#start();
  }

  addLazy(request: CommitRequest): void {
    this.#lazy.push(request);
    this.#cancelLazy ??= this.#schedule(() => {
      this.#takeLazy();
      this.#start();
    }, LAZY_DELAY_MS);
  }

  /** Resolves when nothing waits any more. */
  async drain(): Promise<void> {
    this.#takeLazy();
    this.#start();
    while (this.#running !== undefined) await this.#running;
  }

  /** Nothing is accepted after this; `fatal` is what callers get. */
  stop(fatal: unknown): void {
    this.#failed ??= fatal;
    for (const request of this.#waiting.splice(0)) request.fail(this.#failed);
  }

  #takeLazy(): void {
    this.#cancelLazy?.();
    this.#cancelLazy = undefined;
    const lazy = this.#lazy;
    this.#lazy = [];
    for (const request of lazy) {
      if (this.#failed === undefined) this.#waiting.push(request);
      else request.fail(this.#failed);
    }
  }

  #start(): void {
    if (this.#waiting.length === 0) return;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      // What was added after the last look, while this promise settled.
      this.#start();
    });
  }

  async #run(): Promise<void> {
    // A turn of the event loop lets everything that was read with the first request join it.
    await passing(this.#schedule, 0);
    this.#takeLazy();
    while (this.#waiting.length > 0) await this.#commitGroup(this.#takeGroup());
  }

  #takeGroup(): CommitRequest[] {
    const keys = new Set<string>();
    const group: CommitRequest[] = [];
    const rest: CommitRequest[] = [];
    let bytes = 0;
    for (const request of this.#waiting.splice(0)) {
      const isSecond = request.key !== undefined && keys.has(request.key);
      const isTooMuch = group.length > 0 && bytes + request.bytes > GROUP_BYTES_MAX;
      if (request.key !== undefined) keys.add(request.key);
      if (isSecond || isTooMuch) {
        rest.push(request);
        continue;
      }
      bytes += request.bytes;
      group.push(request);
    }
    this.#waiting.unshift(...rest);
    return group;
  }

  async #commitGroup(group: readonly CommitRequest[]): Promise<void> {
    const records: Uint8Array[] = [];
    const built: CommitRequest[] = [];
    let admitted = 0;
    for (const request of group) {
      try {
        const parts = request.build({ admitted });
        if (parts !== undefined && request.admits === true) admitted++;
        records.push(...(parts ?? []));
        built.push(request);
      } catch (error) {
        request.fail(error);
      }
    }
    try {
      if (records.length > 0) await this.#commit(records);
    } catch (error) {
      for (const request of built) request.fail(error);
      return;
    }
    for (const request of built) request.settle();
  }
}
