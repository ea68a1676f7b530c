/**
 * The main thread's side of the projection: questions go to the worker and come back as promises. A
 * worker that ends by itself is started again; what was asked meanwhile fails, and nothing is lost,
 * because everything in the tables comes from custody.
 */
import { Worker } from 'node:worker_threads';
import { workerUrl } from '../../platform/worker-url.ts';
import { TillgateError } from '../../protocol/errors.ts';
import type {
  ProjectionAnswer,
  ProjectionCall,
  ProjectionRequest,
  ProjectionResults,
  ProjectionSources,
} from './projection-call.ts';

type Waiting = { resolve: (result: unknown) => void; reject: (error: TillgateError) => void };

/** Questions that may wait for the worker; more is a client gone wild. */
const WAITING_MAX = 256;
/** A worker that dies at once is not started again in a tight loop. */
const RESTART_MS = 5_000;
/** Time for the embedded database to close; after it the thread is ended. */
const CLOSE_MS_MAX = 10_000;

export class ProjectionClient {
  readonly #sources: ProjectionSources;
  readonly #log: { error(details: object, message: string): void };
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker;
  #nextId = 1;
  #isClosed = false;
  #restart: NodeJS.Timeout | undefined;

  constructor(sources: ProjectionSources, log: { error(details: object, message: string): void }) {
    this.#sources = sources;
    this.#log = log;
    this.#worker = this.#start();
  }

  /** Throws `HQ_PROJECTION_BUSY`, retryable, while the tables cannot answer. */
  ask<C extends ProjectionCall>(call: C): Promise<ProjectionResults[C['call']]> {
    if (this.#waiting.size >= WAITING_MAX || this.#isClosed) {
      return Promise.reject(unavailable('too many questions wait'));
    }
    const id = this.#nextId++;
    const request: ProjectionRequest = { id, ...call };
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (result: unknown) => void, reject });
      this.#worker.postMessage(request);
    });
  }

  poke(): void {
    if (!this.#isClosed) this.#worker.postMessage({ id: 0, call: 'poke' });
  }

  async close(): Promise<void> {
    const closing = this.ask({ call: 'close' });
    this.#isClosed = true;
    clearTimeout(this.#restart);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, CLOSE_MS_MAX);
    });
    await Promise.race([closing.catch(() => undefined), late]);
    clearTimeout(timer);
    await this.#worker.terminate();
  }

  #start(): Worker {
    const worker = new Worker(workerUrl(import.meta.url, './projection-worker'), {
      workerData: this.#sources,
    });
    worker.on('message', (answer: ProjectionAnswer) => {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if ('failure' in answer) waiting?.reject(unavailable(answer.failure));
      else waiting?.resolve(answer.result);
    });
    worker.on('error', (error: unknown) => {
      this.#log.error({ error: String(error) }, 'the projection failed and is started again');
    });
    worker.on('exit', () => {
      for (const { reject } of this.#waiting.values()) reject(unavailable('it ended'));
      this.#waiting.clear();
      if (this.#isClosed) return;
      this.#restart = setTimeout(() => {
        this.#worker = this.#start();
      }, RESTART_MS);
    });
    return worker;
  }
}

function unavailable(reason: string): TillgateError {
  return new TillgateError('HQ_PROJECTION_BUSY', `The projection cannot answer: ${reason}`, {
    retryable: true,
  });
}
