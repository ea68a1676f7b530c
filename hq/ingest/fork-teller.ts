/**
 * Tells a gateway that its log has two histories: the note that its own key signed and that
 * contradicts what is in custody goes down as a `control` of action `forked`. The copy that keeps
 * the log would not learn of the other one otherwise. Nothing is fenced: entries of both are sales.
 *
 * Said again now and then for as long as the log is sent, because the copy may have been away, and
 * bounded, because two copies may contradict each other with every message.
 */
import type { Clock } from '../../protocol/clock.ts';
import type { GatewayPlace } from '../../protocol/replication/hq-topics.ts';
import { encodeMessage } from '../../protocol/replication/messages.ts';
import type { CustodyReader } from '../custody/custody.ts';
import { topicDown } from './introduce.ts';
import type { Reply } from './log-intake.ts';

export type ForkTellerOptions = {
  custody: CustodyReader;
  clock: Clock;
  send: (topic: string, payload: Uint8Array) => void;
  log: { error(details: object, message: string): void };
  /**
   * A log was contradicted in a way that is new: the same note again, after a restart, is not. Or it
   * goes on beside `later`, which took its place elsewhere.
   */
  onForked?: ((origin: string, later?: string) => void) | undefined;
};

/** After a contradiction: at most this often a log. */
const AFTER_FORK_MS = 60_000;
/** Without one: a copy that was away hears of it within an hour of being back. */
const REMINDER_MS = 3_600_000;
/** Older evidence has been seen to, or nobody will. */
const REMINDED_OF_MS = 14 * 24 * 3_600_000;
/** Logs remembered; one that is forgotten is looked up once more. */
const ORIGINS_MAX = 4_096;

export class ForkTeller {
  readonly #options: ForkTellerOptions;
  readonly #lookedAtMs = new Map<string, number>();

  constructor(options: ForkTellerOptions) {
    this.#options = options;
  }

  /** A message about a log was answered. */
  answered(place: GatewayPlace, { head: { origin }, reason, isNewFork }: Reply): void {
    if (isNewFork === true) this.#options.onForked?.(origin);
    const nowMs = this.#options.clock.monotonicMs();
    const isFork = reason === 'fork' || reason === 'root';
    const pauseMs = isFork ? AFTER_FORK_MS : REMINDER_MS;
    const key = `${isFork ? 'fork' : 'reminder'} ${origin}`;
    const beforeMs = this.#lookedAtMs.get(key) ?? -Infinity;
    if (nowMs - beforeMs < pauseMs) return;
    this.#lookedAtMs.delete(key);
    this.#lookedAtMs.set(key, nowMs);
    const oldest = this.#lookedAtMs.keys().next().value;
    if (this.#lookedAtMs.size > ORIGINS_MAX && oldest !== undefined) {
      this.#lookedAtMs.delete(oldest);
    }
    this.#tell(place, origin).catch((error: unknown) => {
      const detail = error instanceof Error ? error.message : String(error);
      this.#options.log.error({ origin, error: detail }, 'the evidence of a log cannot be read');
    });
  }

  async #tell(place: GatewayPlace, origin: string): Promise<void> {
    const { custody, send, clock } = this.#options;
    const sinceMs = clock.wallMs() - REMINDED_OF_MS;
    for (const { claimed: evidence, recordedAtMs } of await custody.evidence(origin)) {
      if (recordedAtMs < sinceMs) continue;
      const message = { type: 'control', action: 'forked', origin, round: 0, evidence } as const;
      send(topicDown(place, 'control'), encodeMessage(message));
    }
  }
}
