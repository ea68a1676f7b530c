/**
 * A custody that tells when something read from it is damaged, whoever asked: ingest, the API, the
 * keeper of restores. They get the same error as without it; people get to know.
 *
 * One damaged page can show itself in a thousand places, so only the first few are told.
 */
import { isTillgateError } from '../../protocol/errors.ts';
import type { Custody } from './custody.ts';

/** Enough to say where; `hq log verify` names all of it. */
const TOLD_MAX = 4;

export class DamageWatch {
  /** The custody, watched. */
  readonly custody: Custody;
  readonly #told = new Set<string>();
  #listener: (message: string) => void = () => undefined;

  constructor(custody: Custody) {
    this.custody = new Proxy(custody, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== 'function') return member;
        return (...words: unknown[]) => this.#watched(() => Reflect.apply(member, target, words));
      },
    });
  }

  /** What is found from now on. */
  onDamage(listener: (message: string) => void): void {
    this.#listener = listener;
  }

  /** Another reader of the same custody met this. */
  met(error: unknown): void {
    if (!isTillgateError(error, 'HQ_CUSTODY_DAMAGED')) return;
    if (this.#told.has(error.message) || this.#told.size >= TOLD_MAX) return;
    this.#told.add(error.message);
    this.#listener(error.message);
  }

  #watched(call: () => unknown): unknown {
    const told = (error: unknown): never => {
      this.met(error);
      throw error;
    };
    try {
      const result = call();
      if (result instanceof Promise) return result.catch(told);
      return isIterable(result) ? this.#entries(result) : result;
    } catch (error) {
      return told(error);
    }
  }

  async *#entries(entries: AsyncIterable<unknown>): AsyncIterable<unknown> {
    try {
      yield* entries;
    } catch (error) {
      this.met(error);
      throw error;
    }
  }
}

function isIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}
