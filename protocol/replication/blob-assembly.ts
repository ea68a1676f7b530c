/**
 * Puts the parts of blobs together, a few blobs at a time for each log. Parts may come twice or in
 * any order; a part that contradicts what its blob was announced as starts that blob anew.
 */
import { hash } from 'node:crypto';
import type { BlobMessage } from './messages.ts';

/** A source sends one blob after the other; two more for those whose parts were lost. */
const BLOBS_AT_ONCE_MAX = 3;

type Pending = { length: number; bytes: Buffer; parts: Set<number>; received: number };

export type BlobOutcome =
  | { state: 'partial' }
  | { state: 'whole'; bytes: Buffer; sha256: Buffer }
  | { state: 'wrong'; detail: string };

export class BlobAssembly {
  readonly #pending = new Map<string, Pending>();

  /** Takes a part whose form decodeMessage has checked. */
  take(part: BlobMessage): BlobOutcome {
    const key = `${part.index} ${part.sha256}`;
    const pending = this.#start(key, part);
    if (!pending.parts.has(part.offset)) {
      pending.parts.add(part.offset);
      pending.received += part.part.length;
      pending.bytes.set(part.part, part.offset);
    }
    if (pending.received < pending.length) return { state: 'partial' };
    this.#pending.delete(key);
    const sha256 = hash('sha256', pending.bytes, 'buffer');
    if (sha256.toString('base64') !== part.sha256) {
      return { state: 'wrong', detail: 'the parts do not make up the blob that was announced' };
    }
    return { state: 'whole', bytes: pending.bytes, sha256 };
  }

  #start(key: string, part: BlobMessage): Pending {
    const known = this.#pending.get(key);
    if (known?.length === part.length) return known;
    const oldest = this.#pending.keys().next().value;
    if (this.#pending.size >= BLOBS_AT_ONCE_MAX && oldest !== undefined) {
      this.#pending.delete(oldest);
    }
    const bytes = Buffer.alloc(part.length);
    const fresh = { length: part.length, bytes, parts: new Set<number>(), received: 0 };
    this.#pending.set(key, fresh);
    return fresh;
  }
}
