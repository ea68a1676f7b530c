/**
 * A till: sells one thing after another and sends each until it has an answer. What was refused is
 * corrected and sent again under the same id; a connection to a gateway that is away is an answer
 * that never comes. It remembers its last accepted answer and shows it with the next sale.
 */
import { must } from '../../protocol/must.ts';
import type { Dice } from './dice.ts';
import type { GatewayMachine } from './gateway-machine.ts';
import type { Oracle } from './oracle.ts';
import {
  contentKey,
  encodeSale,
  makeContent,
  withWrongTotal,
  type LastResult,
  type SaleContent,
  type SaleVariant,
} from './sale.ts';
import type { VirtualTime } from './virtual-time.ts';

export type TillOptions = {
  deviceId: string;
  store: number;
  time: VirtualTime;
  oracle: Oracle;
  /** The copy of the store's gateway that it is connected to. */
  gateway: () => GatewayMachine;
  /** What the tills of the store sold, for those that collide. */
  sold: SaleContent[];
};

/** What is being sent, and what follows when it is refused. */
type Sending = {
  bytes: Uint8Array;
  content: SaleContent | undefined;
  correction: SaleContent | undefined;
  tries: number;
};

const LAN_MS = 2;
/** A till that hears nothing sends again. */
const RESEND_MS = 5_000;
/** After `unavailable`. */
const RETRY_MS = 1_000;

export class Till {
  readonly #options: TillOptions;
  readonly #queue: Sending[] = [];
  #sequenceNumber = 0;
  #lastResult: LastResult | undefined;
  #current: Sending | undefined;

  constructor(options: TillOptions) {
    this.#options = options;
  }

  /** Everything has its answer. */
  get isDone(): boolean {
    return this.#current === undefined && this.#queue.length === 0;
  }

  sell(variant: SaleVariant, dice: Dice): void {
    const { sold } = this.#options;
    const earlier = variant === 'collides' ? sold.at(-1) : undefined;
    const transactionId = earlier?.transactionId ?? dice.uuid();
    const sequenceNumber = this.#sequenceNumber++;
    const content = makeContent(dice, { transactionId, sequenceNumber, variant });
    if (variant === 'garbage') {
      const bytes = Buffer.from(`{"not json ${dice.below(1_000)}`);
      this.#add({ bytes, content: undefined, correction: undefined, tries: 0 });
      return;
    }
    if (earlier === undefined) sold.push(content);
    const isWrong = variant === 'wrongSum';
    const first = isWrong ? withWrongTotal(content) : content;
    this.#add(this.#sending(first, isWrong ? content : undefined));
  }

  /** The answer to what is being sent; anything else was sent again meanwhile. */
  answer(bytes: Uint8Array, lineage: string, text: string): void {
    const { deviceId, store, oracle } = this.#options;
    const sending = this.#current;
    if (sending?.bytes !== bytes) return;
    const result = JSON.parse(text) as {
      outcome: 'accepted' | 'rejected' | 'conflict';
    } & LastResult;
    const { outcome, origin, index, leafHash } = result;
    oracle.heard({
      ...{ lineage, store, deviceId, outcome, text },
      submission: Buffer.from(bytes).toString('latin1'),
      content: sending.content && contentKey(bytes),
      transactionId: sending.content?.transactionId,
    });
    if (outcome === 'accepted') this.#lastResult = { origin, index, leafHash };
    this.#current = undefined;
    const { correction } = sending;
    if (outcome === 'rejected' && correction !== undefined) {
      this.#queue.unshift(this.#sending(correction, undefined));
    }
    this.#next();
  }

  /** Nothing was recorded: the same again, a little later. */
  unavailable(bytes: Uint8Array): void {
    const sending = this.#current;
    if (sending?.bytes === bytes) this.#sendLater(sending, RETRY_MS);
  }

  #sending(content: SaleContent, correction: SaleContent | undefined): Sending {
    const { store, oracle } = this.#options;
    const bytes = encodeSale(content, this.#lastResult);
    const text = must(contentKey(bytes), 'a sale is JSON');
    oracle.submitted(store, { content, text, isValid: correction === undefined });
    return { bytes, content, correction, tries: 0 };
  }

  #add(sending: Sending): void {
    this.#queue.push(sending);
    if (this.#current === undefined) this.#next();
  }

  #next(): void {
    this.#current = this.#queue.shift();
    if (this.#current !== undefined) this.#send(this.#current);
  }

  #send(sending: Sending): void {
    const { time, gateway, deviceId } = this.#options;
    sending.tries += 1;
    const machine = gateway();
    time.after(LAN_MS, () => {
      machine.submit(this, deviceId, sending.bytes);
    });
    this.#sendLater(sending, RESEND_MS);
  }

  #sendLater(sending: Sending, delayMs: number): void {
    const { tries } = sending;
    this.#options.time.after(delayMs, () => {
      if (this.#current === sending && sending.tries === tries) this.#send(sending);
    });
  }
}
