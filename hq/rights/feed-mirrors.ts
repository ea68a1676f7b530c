/**
 * Whether what headquarters gave itself in the chain's feed is held by a gateway too. Headquarters
 * promises online only from that: restored from an older copy it learns of those grants again by what
 * the gateways give back, and counts them as spent. A promise from a grant that nobody else has would
 * be lost with the disk, and its units promised a second time.
 */
import { TillgateError } from '../../protocol/errors.ts';
import { passing } from '../../platform/schedule.ts';
import type { Schedule } from '../../platform/schedule.ts';

/** What a gateway says it holds of a feed. */
export type Holding = { origin: string; size: number };

export type FeedMirrorsOptions = {
  /** The chain's feed as it is durable here; undefined where it has none. */
  headOf: (chain: string) => Holding | undefined;
  /** How long to wait for a gateway; 0 does not wait, and promises from what is here alone. */
  waitMs: number;
  schedule: Schedule;
};

/** A gateway that is connected confirms within some of these. */
const LOOK_MS = 20;

export class FeedMirrors {
  readonly #options: FeedMirrorsOptions;
  #holdings: () => readonly Holding[] = () => [];

  constructor(options: FeedMirrorsOptions) {
    this.#options = options;
  }

  /** Where gateways' words arrive, once headquarters receives. */
  follow(holdings: () => readonly Holding[]): void {
    this.#holdings = holdings;
  }

  /** Throws `RIGHTS_NOT_MIRRORED` where no gateway confirms the newest of the chain's feed in time. */
  async confirm(chain: string): Promise<void> {
    const { headOf, waitMs, schedule } = this.#options;
    const head = headOf(chain);
    if (waitMs === 0 || head === undefined) return;
    for (let waited = 0; waited <= waitMs; waited += LOOK_MS) {
      if (this.#isHeld(head)) return;
      await passing(schedule, LOOK_MS);
    }
    const message = `No gateway of ${chain} has confirmed what this would be promised from.`;
    throw new TillgateError('RIGHTS_NOT_MIRRORED', message, { retryable: true });
  }

  #isHeld({ origin, size }: Holding): boolean {
    return this.#holdings().some((held) => held.origin === origin && held.size >= size);
  }
}
