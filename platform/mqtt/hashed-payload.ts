/** A payload too large to keep: what is left of it when it has passed by is its hash and length. */
import { createHash } from 'node:crypto';
import type { Submission } from './guard-contract.ts';

export class HashedPayload {
  readonly #publish: { qos: 0 | 1 | 2; packetId: number; length: number };
  readonly #hash = createHash('sha256');
  #remainingBytes: number;
  #firstByte: number | undefined;

  constructor(publish: { qos: 0 | 1 | 2; packetId: number; length: number }) {
    this.#publish = publish;
    this.#remainingBytes = publish.length;
  }

  get remainingBytes(): number {
    return this.#remainingBytes;
  }

  /** The next part, which may not go beyond `remainingBytes`. */
  update(part: Buffer): void {
    this.#firstByte ??= part[0];
    this.#hash.update(part);
    this.#remainingBytes -= part.length;
  }

  finish(): Submission {
    const { qos, packetId, length } = this.#publish;
    const sha256 = this.#hash.digest();
    // The first byte tells a JWS from JSON.
    return {
      qos,
      packetId,
      payload: null,
      oversized: { length, sha256, firstByte: this.#firstByte ?? 0 },
    };
  }
}
