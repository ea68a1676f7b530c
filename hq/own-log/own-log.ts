/**
 * What headquarters itself does, as entries of a log of its own: incarnations begun, waivers,
 * retries. Each incarnation has its own log, so that a restored headquarters never extends one that
 * its lost life has signed; the first entry of a log names the one before.
 */
import type { Clock } from '../../protocol/clock.ts';
import { encodeBase64 } from '../../protocol/log/base64.ts';
import { hqLogOrigin, isHqLogOrigin } from '../../protocol/log/hq-log-origin.ts';
import { parseOrigin } from '../../protocol/log/origin.ts';
import type { Custody } from '../custody/custody.ts';
import { HeadMaker } from '../ingest/head-maker.ts';
import type { HqKeys } from '../keys/hq-keys.ts';
import { LogWriter } from './log-writer.ts';
import type { OwnEntry } from './log-writer.ts';

export type OwnLogOptions = {
  domain: string;
  keys: HqKeys;
  custody: Custody;
  clock: Clock;
  bootId: string;
  /** Something was written: the projection may follow. */
  onKept: () => void;
};

export class OwnLog {
  readonly #options: OwnLogOptions;
  readonly #heads: HeadMaker;
  #writer: { origin: string; log: LogWriter } | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: OwnLogOptions) {
    this.#options = options;
    this.#heads = new HeadMaker(options.keys.durable, options.clock);
  }

  /** Durable when it resolves. */
  record(entry: OwnEntry): Promise<{ origin: string; index: number }> {
    const result = this.#turn.then(() => this.#record(entry));
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async #record(entry: OwnEntry): Promise<{ origin: string; index: number }> {
    const { domain, custody, onKept } = this.#options;
    const count = (await custody.lives()).length;
    const origin = hqLogOrigin(domain, { count, incarnation: custody.incarnation });
    if (this.#writer?.origin !== origin) this.#writer = { origin, log: this.#open(origin) };
    const { log } = this.#writer;
    if ((await log.size()) === 0) await log.append(await this.#opening(origin));
    const index = await log.append(entry);
    onKept();
    return { origin, index };
  }

  #open(origin: string): LogWriter {
    const { keys, custody, clock, bootId } = this.#options;
    const signer = keys.logSigner(origin);
    return new LogWriter({ custody, heads: this.#heads, signer, clock, bootId });
  }

  /** Entry 0 says which log of an earlier life came before, as far as custody holds it. */
  async #opening(origin: string): Promise<OwnEntry> {
    const earlier = (await this.#options.custody.heads())
      .filter((head) => head.origin !== origin && isHqLogOrigin(head.origin) && head.size > 0)
      .toSorted((a, b) => parseOrigin(b.origin).epoch - parseOrigin(a.origin).epoch)[0];
    if (earlier === undefined) return { kind: 'epoch', members: { reason: 'hqBegan' } };
    const { origin: prevOrigin, size: prevSize, root } = earlier;
    const prevRoot = encodeBase64(root);
    return { kind: 'epoch', members: { reason: 'hqRestored', prevOrigin, prevSize, prevRoot } };
  }
}
