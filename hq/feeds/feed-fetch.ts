/**
 * Fetches the entries of one lost feed from one gateway, from what custody holds of it up to a size
 * that headquarters had signed. What comes is kept in custody only where headquarters' own signature
 * covers it and it continues what is held; anything else changes nothing. A question that is not
 * answered is asked again for a while. Relies on being called one thing after the other.
 */
import { expandZstd } from '../../platform/expand-zstd.ts';
import type { Schedule } from '../../platform/schedule.ts';
import { must } from '../../protocol/must.ts';
import { hqUsername } from '../../protocol/replication/hq-topics.ts';
import type { GatewayPlace } from '../../protocol/replication/hq-topics.ts';
import { encodeMessage } from '../../protocol/replication/messages.ts';
import type { BatchMessage, MessageType } from '../../protocol/replication/messages.ts';
import { Mirror } from '../../protocol/replication/mirror.ts';
import type { Append } from '../../protocol/replication/mirror.ts';
import type { Custody } from '../custody/custody.ts';
import { headFrontier } from '../custody/merkle-reads.ts';

export type FeedFetchOptions = {
  custody: Custody;
  origin: string;
  /** How many entries headquarters had signed. */
  target: number;
  from: GatewayPlace;
  /** By which headquarters signs the feed. */
  logVkey: string;
  schedule: Schedule;
  send: (place: GatewayPlace, type: MessageType, payload: Uint8Array) => void;
  /** No answer came for long: the owner calls `request` when it is its turn. */
  onSilence: () => void;
  log: { warn(details: object, message: string): void };
};

/** A question that was not answered is asked again, and after these times it waits for the gateway. */
const AGAIN_MS = 10_000;
const AGAIN_MAX = 6;

export class FeedFetch {
  readonly #options: FeedFetchOptions;
  readonly #mirror: Mirror;
  #askedAt = -1;
  #asked = 0;
  #cancelTimer: (() => void) | undefined;

  private constructor(options: FeedFetchOptions, mirror: Mirror) {
    this.#options = options;
    this.#mirror = mirror;
  }

  /** From what custody holds; nothing is asked yet. */
  static async open(options: FeedFetchOptions): Promise<FeedFetch> {
    const { custody, origin, logVkey } = options;
    await custody.admit({ origin, logVkey, note: '' });
    const head = must(await custody.head(origin), 'the feed was just admitted');
    const frontier = await headFrontier(custody, head);
    return new FeedFetch(options, new Mirror({ origin, logVkey, frontier, expand: expandZstd }));
  }

  get origin(): string {
    return this.#options.origin;
  }

  get target(): number {
    return this.#options.target;
  }

  get from(): GatewayPlace {
    return this.#options.from;
  }

  /** Entries held. */
  get size(): number {
    return this.#mirror.size;
  }

  /** It was asked as often as it is asked without an answer. */
  get isStuck(): boolean {
    return this.#asked >= AGAIN_MAX;
  }

  isFrom(place: GatewayPlace): boolean {
    return hqUsername(this.from) === hqUsername(place);
  }

  /** The gateway has sent up to `end`: is that more than was held when it was asked? */
  hasSentMore(end: number): boolean {
    return end > this.#askedAt;
  }

  request(): void {
    const { origin, from, send, schedule, onSilence } = this.#options;
    this.end();
    this.#asked = this.#askedAt === this.size ? this.#asked + 1 : 1;
    this.#askedAt = this.size;
    if (this.#asked > AGAIN_MAX) return;
    const ask = { type: 'control', origin, round: this.#asked, action: 'fetch' } as const;
    send(from, 'control', encodeMessage({ ...ask, start: this.size, evidence: '' }));
    this.#cancelTimer = schedule(onSilence, AGAIN_MS);
  }

  /** `outrun` when custody holds something else than this began from: it has to begin anew. */
  async keep(batch: BatchMessage): Promise<'kept' | 'nothing' | 'outrun'> {
    const considered = this.#mirror.consider(batch);
    if (considered.verdict === 'refused' && considered.reason !== 'gap') {
      const { origin, from, log } = this.#options;
      const { detail } = considered;
      log.warn({ ...from, origin, detail }, 'entries of a lost feed are refused');
    }
    if (considered.verdict !== 'append') return 'nothing';
    return (await this.#append(considered)) ? 'kept' : 'outrun';
  }

  /** It is not asked again by itself. */
  end(): void {
    this.#cancelTimer?.();
  }

  async #append(append: Append): Promise<boolean> {
    const { custody, origin } = this.#options;
    const { size, root } = this.#mirror;
    const frontier = await headFrontier(custody, { origin, size, root });
    const entries = append.leaves.map((leaf, at) => {
      const hash = must(append.leafHashes[at], 'each leaf has its hash');
      return { leaf, nodes: frontier.append(hash) };
    });
    const { newRoot, note: checkpoint } = append;
    const outcome = await custody.append({ origin, size, root, entries, newRoot, checkpoint });
    if (outcome.verdict !== 'appended') return false;
    this.#mirror.commit(append);
    return true;
  }
}
