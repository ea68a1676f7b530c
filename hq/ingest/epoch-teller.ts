/**
 * Tells a gateway of an epoch of its own that it may not know: when its whole home goes back past a
 * change of epochs, nothing on its disk says that there was a later one. Whenever it shows its
 * checkpoint of an epoch that a later one follows, that later one's head goes down as a `control` of
 * action `superseded`, before the answer; and once unasked, when the later epoch begins, for a
 * second copy that still writes the earlier one.
 *
 * Guarantees: at most one such message for each that is answered; only epochs whose first entry
 * leads back to the one shown, so that two copies never push each other on for ever. Relies on the
 * gateway to pass over what it knows: headquarters cannot see which epoch it takes for its newest.
 */
import type { Clock } from '../../protocol/clock.ts';
import { previousOrigin } from '../../protocol/log/epoch-entry.ts';
import { parseOrigin } from '../../protocol/log/origin.ts';
import type { GatewayPlace } from '../../protocol/replication/hq-topics.ts';
import { encodeMessage } from '../../protocol/replication/messages.ts';
import type { Custody, CustodyHead } from '../custody/custody.ts';
import { topicDown } from './introduce.ts';
import type { Reply } from './log-intake.ts';
import { SecondCopies } from './second-copies.ts';

export type EpochTellerOptions = {
  custody: Custody;
  clock: Pick<Clock, 'wallMs'>;
  /** The head with headquarters' cosignature. */
  cosigned: (head: CustodyHead) => string;
  send: (topic: string, payload: Uint8Array) => void;
  /** A log grows beside the epoch that took its place: two copies are alive. */
  onForked?: ((origin: string, later: string) => void) | undefined;
  /** A gateway has shown its log with `size` entries, of which custody holds `heldSize`. */
  onShown?: ((origin: string, size: number, heldSize: number) => void) | undefined;
  log: { error(details: object, message: string): void };
};

/** Steps back from a later epoch: more than a gateway begins in years. */
const STEPS_MAX = 1_024;

export class EpochTeller {
  readonly #options: EpochTellerOptions;
  readonly #copies: SecondCopies;
  /** The epochs of each gateway: a few words for each log in custody. */
  #known: Promise<Map<string, Set<string>>> | undefined;
  /** The log that each follows; undefined for a first one. */
  readonly #previous = new Map<string, string | undefined>();

  constructor(options: EpochTellerOptions) {
    this.#options = options;
    const { custody, clock, onForked } = options;
    this.#copies = new SecondCopies({
      custody,
      wallMs: () => clock.wallMs(),
      onFound: (origin, later) => onForked?.(origin, later),
    });
  }

  /** Custody took in a log; the first look may come before or after. */
  async admitted(origin: string): Promise<void> {
    (await this.#epochsOf(origin)).add(origin);
  }

  /** The gateway shows its log `origin`: it hears of the newest epoch that follows it. */
  async shown(place: GatewayPlace, origin: string, reply?: Reply): Promise<void> {
    if (reply?.shownSize !== undefined) {
      this.#options.onShown?.(origin, reply.shownSize, reply.head.size);
    }
    const epochs = await this.#epochsOf(origin);
    if (epochs.size < 2) return;
    const later = [...epochs].filter((other) => epochOf(other) > epochOf(origin));
    for (const candidate of later.toSorted((a, b) => epochOf(b) - epochOf(a))) {
      if (!(await this.#leadsBack(candidate, origin))) continue;
      await this.#tell(place, origin, candidate);
      return;
    }
  }

  /** Custody took entries in. With entry 0, whoever still writes the log before it hears of that. */
  async grew(place: GatewayPlace, origin: string, sizeBefore: number): Promise<void> {
    const previous = sizeBefore === 0 ? await this.#before(origin) : undefined;
    try {
      await this.#copies.look(origin, await this.#followersOf(origin));
      if (previous !== undefined) await this.#copies.look(previous, [origin]);
    } catch (error) {
      // One damaged log, or a full disk, must not hold up another one's acknowledgement.
      this.#options.log.error({ origin, err: error }, 'whether a log has two writers is unknown');
    }
    if (previous !== undefined) await this.#tell(place, previous, origin);
  }

  async #followersOf(origin: string): Promise<string[]> {
    const followers: string[] = [];
    for (const other of await this.#epochsOf(origin)) {
      if (epochOf(other) > epochOf(origin) && (await this.#before(other)) === origin)
        followers.push(other);
    }
    return followers;
  }

  async #tell(place: GatewayPlace, origin: string, later: string): Promise<void> {
    const head = await this.#options.custody.head(later);
    if (head === undefined || head.size === 0) return;
    const evidence = this.#options.cosigned(head);
    const message = { type: 'control', action: 'superseded', origin, round: 0, evidence } as const;
    this.#options.send(topicDown(place, 'control'), encodeMessage(message));
  }

  async #leadsBack(from: string, to: string): Promise<boolean> {
    let at = await this.#before(from);
    for (let steps = 0; at !== undefined && steps < STEPS_MAX; steps++) {
      if (at === to) return true;
      at = await this.#before(at);
    }
    return false;
  }

  async #before(origin: string): Promise<string | undefined> {
    if (this.#previous.has(origin)) return this.#previous.get(origin);
    const opening = await this.#options.custody.entry(origin, 0);
    if (opening === undefined) return undefined;
    const previous = previousOrigin(opening.leaf);
    this.#previous.set(origin, previous);
    return previous;
  }

  async #epochsOf(origin: string): Promise<Set<string>> {
    const reading = (this.#known ??= this.#readAll());
    const known = await reading.catch((error: unknown) => {
      this.#known = undefined;
      throw error;
    });
    const name = gatewayOf(origin);
    const epochs = known.get(name) ?? new Set();
    known.set(name, epochs);
    return epochs;
  }

  async #readAll(): Promise<Map<string, Set<string>>> {
    const known = new Map<string, Set<string>>();
    for (const { origin } of await this.#options.custody.admissions()) {
      const name = gatewayOf(origin);
      known.set(name, (known.get(name) ?? new Set()).add(origin));
    }
    return known;
  }
}

const epochOf = (origin: string): number => parseOrigin(origin).epoch;
const gatewayOf = (origin: string): string => origin.slice(0, origin.lastIndexOf('/'));
