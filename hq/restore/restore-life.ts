/**
 * Begins a new life of headquarters where nothing else explains what gateways show. What was signed
 * before the present life began is explained by its beginning, so all evidence of one restore begins
 * one life. Relies on being asked one thing after the other.
 */
import type { Clock } from '../../protocol/clock.ts';
import { isFeedOfLife } from '../../protocol/feed/feed-origin.ts';
import type { Custody, CustodyHead, Life } from '../custody/custody.ts';
import type { LogEvidence } from './restore-evidence.ts';

/** Headquarters signed for more than it holds, or for something else. */
export type LifeGap = { origin: string; heldSize: number; signedSize: number };

export type RestoreLifeOptions = {
  custody: Custody;
  clock: Clock;
  /** 32 fresh hex digits, the name of a life. */
  newIncarnation: () => string;
  log: { warn(details: object, message: string): void };
  /** A new life is durable; the owner writes it down, and tells those who begin anew with it. */
  onLife?: (life: Life, gap: LifeGap) => void;
};

const MS_PER_SECOND = 1_000;

export class RestoreLife {
  readonly #options: RestoreLifeOptions;
  #beganInThisRun = false;

  constructor(options: RestoreLifeOptions) {
    this.#options = options;
  }

  /** Notes the first life of an empty custody, so that what was signed before explains itself. */
  async first(): Promise<void> {
    const { custody, clock } = this.#options;
    const isNew = (await custody.lives()).length === 0 && (await custody.heads()).length === 0;
    if (!isNew) return;
    const { incarnation } = custody;
    const beganAtMs = clock.wallMs();
    await custody.beginLife({ incarnation, previous: null, reason: 'begun', beganAtMs });
  }

  /** Begins a new life unless the present one began because of the same restore. */
  async explain(
    { timeSeconds, size }: LogEvidence,
    head: Pick<CustodyHead, 'origin' | 'size'>,
  ): Promise<void> {
    const { custody, clock } = this.#options;
    const present = (await custody.lives()).at(-1);
    const nowMs = clock.wallMs();
    const signedAtMs = timeSeconds * MS_PER_SECOND;
    if (present !== undefined && signedAtMs <= present.beganAtMs) return;
    // The clock of the lost life ran ahead: one restart cannot stand for two restores.
    if (this.#beganInThisRun && signedAtMs > nowMs) return;
    const { origin, size: heldSize } = head;
    await this.#begin(Math.max(nowMs, signedAtMs), { origin, heldSize, signedSize: size });
  }

  /**
   * A feed has no times, but it names its life: what the present one signed and does not hold any more
   * was lost since it began. One of an unknown life was lost before a restored one began.
   */
  async explainFeed(gap: LifeGap): Promise<void> {
    const { custody, clock } = this.#options;
    const lives = await custody.lives();
    const isOf = (incarnation: string): boolean => isFeedOfLife(gap.origin, incarnation);
    const isKnown = lives.some(({ incarnation }) => isOf(incarnation));
    const isExplained = isKnown || lives.at(-1)?.reason === 'restored';
    if (!isOf(custody.incarnation) && isExplained) return;
    await this.#begin(clock.wallMs(), gap);
  }

  async #begin(beganAtMs: number, gap: LifeGap): Promise<void> {
    const { custody, newIncarnation, onLife, log } = this.#options;
    const life: Life = {
      incarnation: newIncarnation(),
      previous: custody.incarnation,
      reason: 'restored',
      beganAtMs,
    };
    await custody.beginLife(life);
    this.#beganInThisRun = true;
    log.warn(
      { ...life, ...gap },
      'headquarters was restored from an older copy: a new incarnation begins',
    );
    onLife?.(life, gap);
  }
}
