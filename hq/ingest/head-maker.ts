/**
 * Makes the heads that headquarters answers with. A head says "I hold every entry below this size
 * on stable storage", so it is only made of what custody reported as kept. A size is cosigned once
 * and the note repeated, because the earliest time says the most.
 */
import type { Clock } from '../../protocol/clock.ts';
import { isTillgateError } from '../../protocol/errors.ts';
import { formatCheckpoint, parseCheckpoint } from '../../protocol/log/checkpoint.ts';
import { cosign } from '../../protocol/log/cosignature.ts';
import { hashesEqual } from '../../protocol/log/merkle.ts';
import { formatNote, parseNote } from '../../protocol/log/note.ts';
import type { NoteSigner } from '../../protocol/log/note.ts';
import type { Custody, CustodyHead } from '../custody/custody.ts';

const MS_PER_SECOND = 1000;

export class HeadMaker {
  readonly #signer: NoteSigner;
  readonly #clock: Clock;

  constructor(signer: NoteSigner, clock: Clock) {
    this.#signer = signer;
    this.#clock = clock;
  }

  /**
   * The origin's signed checkpoint of `head` with HQ's cosignature; for an empty log, whose
   * checkpoint HQ need not have, the cosignature alone. `isNew` tells whether to keep it.
   */
  cosigned(head: CustodyHead): { note: string; isNew: boolean } {
    if (head.cosigned !== null && isOf(head.cosigned, head)) {
      return { note: head.cosigned, isNew: false };
    }
    const text = formatCheckpoint(head);
    const line = cosign(text, this.#signer, cosignedAt(this.#clock));
    const note = head.checkpoint === null ? formatNote(text, [line]) : head.checkpoint + line;
    return { note, isNew: head.checkpoint !== null };
  }
}

/** The time that a cosignature made now carries, in seconds. */
export function cosignedAt(clock: Clock): number {
  return Math.max(0, Math.floor(clock.wallMs() / MS_PER_SECOND));
}

/** Keeps a head without waiting: losing it costs signing it again. */
export function keepSoon(
  custody: Pick<Custody, 'keepCosigned'>,
  { origin, note }: { origin: string; note: string },
  log: { error(details: object, message: string): void },
): void {
  custody.keepCosigned(origin, note).catch((error: unknown) => {
    const text = error instanceof Error ? error.message : String(error);
    log.error({ origin, error: text }, 'a cosigned head could not be kept');
  });
}

function isOf(note: string, head: CustodyHead): boolean {
  try {
    const { size, root } = parseCheckpoint(parseNote(note).text);
    return size === head.size && hashesEqual(root, head.root);
  } catch (error) {
    if (isTillgateError(error)) return false;
    throw error;
  }
}
