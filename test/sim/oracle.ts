/**
 * What tills were told, and whether it was true. The oracle trusts nothing of the product: contents
 * are compared as text, entries are read from their bytes, and what is promised is written down
 * when it is promised.
 *
 * Outside the promise, and forgiven, is exactly this: a sale of which, at the moment a disk was
 * replaced (rolled back, thrown away, restored, damaged beyond reading), no other disk held an
 * entry. `disksHold` decides that, then and there.
 */
import { Histories, NoteWatch } from './note-watch.ts';
import { amountOf, type SaleContent } from './sale.ts';

export type PromiseKept =
  | 'accepted'
  | 'counted'
  | 'order'
  | 'money'
  | 'heads'
  | 'answers'
  | 'unavailable'
  | 'cosigned'
  | 'converges'
  | 'runs';

export type Violation = { promise: PromiseKept; detail: string };

export type Heard = {
  /** The life of the ledger that answered: another one after a roll-back. */
  lineage: string;
  store: number;
  deviceId: string;
  /** What tells this submission from every other: its bytes. */
  submission: string;
  content: string | undefined;
  transactionId: string | undefined;
  outcome: 'accepted' | 'rejected' | 'conflict';
  text: string;
};

/** An entry with a transaction, as found on some disk. */
export type HeldSale = { store: number; transactionId: string; content: string };

type Sale = {
  store: number;
  transactionId: string;
  /** By content text; a wrong one is refused and can claim nothing. */
  readonly submitted: Map<string, { content: SaleContent; isValid: boolean }>;
  readonly accepted: Set<string>;
  readonly forgiven: Set<string>;
};

export class Oracle {
  readonly violations: Violation[] = [];
  readonly histories = new Histories();
  readonly notes: NoteWatch = new NoteWatch(this);
  readonly #sales = new Map<string, Sale>();
  /** Lineage and submission → the answer that was given first. */
  readonly #answers = new Map<string, string>();
  /** Lineage and id → where the claim stands. */
  readonly #claims = new Map<string, string>();
  answered = 0;
  /** Stores whose ledger was copied or went back: two lives may accept two contents of an id. */
  readonly copiedStores = new Set<number>();

  violated(promise: PromiseKept, detail: string): void {
    this.violations.push({ promise, detail });
  }

  submitted(store: number, sent: { content: SaleContent; text: string; isValid: boolean }): void {
    const { content, text, isValid } = sent;
    this.#sale(store, content.transactionId).submitted.set(text, { content, isValid });
  }

  heard(heard: Heard): void {
    this.answered += 1;
    const { lineage, store, submission, content, transactionId, outcome, text } = heard;
    const key = `${lineage} ${heard.deviceId} ${submission}`;
    const before = this.#answers.get(key);
    this.#answers.set(key, before ?? text);
    if (before !== undefined && before !== text) {
      this.violated('answers', `${lineage} answered the same twice: ${before} and then ${text}`);
    }
    if (transactionId === undefined || content === undefined) return;
    const sale = this.#sale(store, transactionId);
    if (outcome === 'conflict') this.#checkConflict(sale, content);
    if (outcome !== 'accepted') return;
    sale.accepted.add(content);
    this.#checkClaim(lineage, sale, text);
  }

  /** All that is left on the disks there are, just after one of them was replaced. */
  disksHold(held: readonly HeldSale[]): number {
    const there = new Set(held.map(heldKey));
    let forgiven = 0;
    for (const sale of this.#sales.values()) {
      for (const content of sale.accepted) {
        if (there.has(heldKey({ ...sale, content })) || sale.forgiven.has(content)) continue;
        sale.forgiven.add(content);
        forgiven += 1;
      }
    }
    return forgiven;
  }

  /** Answers given so far hold for a copy of the ledger too. */
  copyLineage(from: string, to: string): void {
    for (const book of [this.#answers, this.#claims]) {
      for (const [key, value] of [...book]) {
        if (key.startsWith(`${from} `)) book.set(`${to}${key.slice(from.length)}`, value);
      }
    }
  }

  /** After everything came to rest: what headquarters holds, and what it counts. */
  settle(
    held: readonly HeldSale[],
    counted: ReadonlyMap<string, string>,
    sums: ReadonlyMap<string, number>,
  ): void {
    const there = new Set(held.map(heldKey));
    const expected = new Map<string, number>();
    for (const [key, sale] of this.#sales) {
      for (const content of sale.accepted) {
        if (there.has(heldKey({ ...sale, content })) || sale.forgiven.has(content)) continue;
        this.violated('accepted', `sale ${key} was accepted and is not at headquarters`);
      }
      const amount = this.#countedAmount(key, sale, counted.get(key));
      if (amount === undefined) continue;
      expected.set(amount.currency, (expected.get(amount.currency) ?? 0) + amount.minor);
    }
    for (const key of counted.keys()) {
      if (!this.#sales.has(key)) this.violated('counted', `${key} is counted, nobody sold it`);
    }
    this.#checkSums(expected, sums);
  }

  /** Checks what is counted of one id, and gives what it adds to the totals. */
  #countedAmount(
    key: string,
    sale: Sale,
    counted: string | undefined,
  ): { currency: string; minor: number } | undefined {
    const standing = [...sale.accepted].filter((content) => !sale.forgiven.has(content));
    const contentOf = (text: string): SaleContent | undefined => sale.submitted.get(text)?.content;
    if (counted === undefined) {
      const readable = standing.filter((text) => isReadable(contentOf(text)));
      if (readable.length > 0) this.violated('counted', `sale ${key} is accepted and not counted`);
      return undefined;
    }
    const content = contentOf(counted);
    if (content === undefined || sale.submitted.get(counted)?.isValid !== true) {
      this.violated('counted', `sale ${key} is counted with a content that nobody sold`);
      return undefined;
    }
    const mayDiffer = this.copiedStores.has(sale.store) || sale.accepted.size === 0;
    if (!mayDiffer && !sale.accepted.has(counted)) {
      this.violated('counted', `sale ${key} is counted with another content than was accepted`);
    }
    return amountOf(content);
  }

  #checkSums(expected: ReadonlyMap<string, number>, sums: ReadonlyMap<string, number>): void {
    for (const currency of new Set([...expected.keys(), ...sums.keys()])) {
      const [should, is] = [expected.get(currency) ?? 0, sums.get(currency) ?? 0];
      if (should === is) continue;
      this.violated('money', `headquarters sums ${is} ${currency}, accepted were ${should}`);
    }
  }

  #checkConflict(sale: Sale, content: string): void {
    const others = [...sale.submitted].filter(([text, { isValid }]) => isValid && text !== content);
    if (others.length > 0) return;
    const { transactionId } = sale;
    this.violated('answers', `conflict on ${transactionId}, which nothing else can have claimed`);
  }

  #checkClaim(lineage: string, sale: Sale, text: string): void {
    const { origin, index, leafHash } = JSON.parse(text) as Record<string, unknown>;
    const claim = JSON.stringify([origin, index, leafHash]);
    const key = `${lineage} ${sale.transactionId}`;
    const before = this.#claims.get(key);
    this.#claims.set(key, before ?? claim);
    if (before === undefined || before === claim) return;
    const { transactionId } = sale;
    this.violated('answers', `the claim on ${transactionId} moved from ${before} to ${claim}`);
  }

  #sale(store: number, transactionId: string): Sale {
    const key = `s${store}/${transactionId}`;
    const known = this.#sales.get(key);
    if (known !== undefined) return known;
    const sale: Sale = {
      ...{ store, transactionId, submitted: new Map(), accepted: new Set(), forgiven: new Set() },
    };
    this.#sales.set(key, sale);
    return sale;
  }
}

function heldKey({ store, transactionId, content }: HeldSale): string {
  return `s${store}/${transactionId} ${content}`;
}

/** A later schemaVersion is kept, not counted yet. */
function isReadable(content: SaleContent | undefined): boolean {
  return content !== undefined && content['schemaVersion'] === undefined;
}
