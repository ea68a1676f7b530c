/**
 * Fetches entries back from HQ for the doctor, who has no uplink running: one connection of its own,
 * opened for the first question and kept for the next. Every byte is verified by HqFetch against
 * HQ's pinned key and the caller's own frontier before it comes here.
 */
import { randomInt } from 'node:crypto';
import type { Clock } from '../../protocol/clock.ts';
import { parseOrigin } from '../../protocol/log/origin.ts';
import type { Enrolment } from '../../protocol/replication/enrolment.ts';
import { decodeMessage, encodeMessage } from '../../protocol/replication/messages.ts';
import type { FetchRequest, FetchResult } from '../uplink/fetch-result.ts';
import { connectToHq, type ConnectToHq, type HqConnection } from '../uplink/hq-connection.ts';
import { HqFetch } from '../uplink/hq-fetch.ts';

/** `unreachable` is no answer at all; everything else is HQ's word. */
export type Fetched = FetchResult | { type: 'unreachable' };
export type FetchFromHq = (request: FetchRequest) => Promise<Fetched>;

export interface HqFetcherOptions {
  enrolment: Enrolment;
  clock: Pick<Clock, 'monotonicMs'>;
  connect?: ConnectToHq;
}

/** A person waits in front of it; a slow link has answered by then. */
const PATIENCE_MS = 30_000;
const STEP_MS = 50;

export class HqFetcher {
  readonly #options: HqFetcherOptions;
  readonly #fetch = new HqFetch(() => randomInt(2 ** 40) / 2 ** 40);
  #connection: HqConnection | undefined;
  readonly #link = { hasEnded: false };

  constructor(options: HqFetcherOptions) {
    this.#options = options;
  }

  /** One at a time. */
  readonly fetch: FetchFromHq = async (request) => {
    const { clock } = this.#options;
    const answers: FetchResult[] = [];
    this.#fetch.request(request, (answer) => answers.push(answer), clock.monotonicMs());
    this.#connection ??= this.#connect(request.origin);
    const deadlineMs = clock.monotonicMs() + PATIENCE_MS;
    while (answers.length === 0 && clock.monotonicMs() < deadlineMs && !this.#link.hasEnded) {
      this.#step();
      await new Promise((resolve) => setTimeout(resolve, STEP_MS));
    }
    return answers[0] ?? { type: 'unreachable' };
  };

  close(): void {
    this.#connection?.close();
  }

  #step(): void {
    const action = this.#fetch.next(this.#options.clock.monotonicMs());
    if (action.type === 'send') this.#connection?.send('control', encodeMessage(action.message));
  }

  #connect(origin: string): HqConnection {
    const { enrolment, clock, connect = connectToHq } = this.#options;
    const { chain, store, gateway } = parseOrigin(origin);
    return connect({
      enrolment,
      place: { chain, store, gateway },
      clientSuffix: `doctor-${randomInt(2 ** 32).toString(16)}`,
      onOpen: () => {
        this.#fetch.connected(clock.monotonicMs());
        this.#step();
      },
      onMessage: (payload) => {
        const decoded = decodeMessage(payload);
        if (!decoded.ok) return;
        this.#fetch.receive(decoded.message, enrolment.hqKeys, clock.monotonicMs());
        this.#step();
      },
      onEnd: () => {
        this.#link.hasEnded = true;
      },
    });
  }
}
