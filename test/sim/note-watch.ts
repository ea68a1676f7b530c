/**
 * Watches every head that leaves a machine or reaches its disk. Two heads of one log by one signer
 * are consistent when both are heads of one history: for each size there is one root, and a larger
 * one extends a smaller one. Which history a root belongs to is known from the commits: each is
 * recorded with the roots of the sizes it made.
 *
 * A machine whose whole disk went back, or was copied, may contradict what it signed before: it
 * cannot know. It gets another name then.
 */
import { encodeBase64 } from '../../protocol/log/base64.ts';
import { parseCheckpoint } from '../../protocol/log/checkpoint.ts';
import { parseNote } from '../../protocol/log/note.ts';
import type { Oracle } from './oracle.ts';

export class NoteWatch {
  readonly #oracle: Oracle;
  /** Signer and origin → size → root. */
  readonly #signed = new Map<string, Map<number, string>>();
  readonly #seen = new Set<string>();

  constructor(oracle: Oracle) {
    this.#oracle = oracle;
  }

  /** `signer` signed `note`. */
  saw(signer: string, note: string): void {
    const once = `${signer}\n${note}`;
    if (this.#seen.has(once)) return;
    this.#seen.add(once);
    const { origin, size, root } = parseCheckpoint(parseNote(note).text);
    const log = `${signer} ${origin}`;
    const heads = this.#signed.get(log) ?? new Map<number, string>();
    this.#signed.set(log, heads);
    const text = encodeBase64(root);
    const before = heads.get(size);
    heads.set(size, text);
    if (before !== undefined && before !== text) {
      this.#oracle.violated('heads', `${signer} signed two roots of ${origin} at size ${size}`);
      return;
    }
    this.#checkAgainst(log, { size, text }, heads);
  }

  /** Every other head of this log by this signer must be of the same history. */
  #checkAgainst(
    log: string,
    head: { size: number; text: string },
    heads: ReadonlyMap<number, string>,
  ): void {
    const history = this.#oracle.histories;
    for (const [size, text] of heads) {
      if (size === head.size || size === 0 || head.size === 0) continue;
      const [small, large] = size < head.size ? [{ size, text }, head] : [head, { size, text }];
      if (history.extends(large, small) !== false) continue;
      this.#oracle.violated(
        'heads',
        `${log}: the head of size ${large.size} does not extend that of size ${small.size}`,
      );
      return;
    }
  }
}

/** Which root follows which, from what was ever committed. */
export class Histories {
  /** `size root` → the root at size − 1. */
  readonly #before = new Map<string, string>();

  committed(size: number, root: string, before: string): void {
    this.#before.set(`${size} ${root}`, before);
  }

  /** Undefined where the larger head is of no history that was seen. */
  extends(
    large: { size: number; text: string },
    small: { size: number; text: string },
  ): boolean | undefined {
    let { text } = large;
    for (let { size } = large; size > small.size; size -= 1) {
      const before = this.#before.get(`${size} ${text}`);
      if (before === undefined) return undefined;
      text = before;
    }
    return text === small.text;
  }

  has(size: number, root: string): boolean {
    return this.#before.has(`${size} ${root}`);
  }
}
