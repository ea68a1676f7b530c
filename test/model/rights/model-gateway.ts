/**
 * A gateway of the model: the product's own rules for rights (spend, change, fold) over logs that are
 * arrays. What is committed survives; everything else is folded again from the logs.
 */
import type { FeedChange } from '../../../protocol/feed/change.ts';
import type { Grant } from '../../../protocol/feed/right-documents.ts';
import {
  foldAnchor,
  foldCredits,
  foldDebits,
  foldEvent,
} from '../../../protocol/rights/fold-rights.ts';
import { change, type RightsChange } from '../../../protocol/rights/holder.ts';
import type {
  RightEvent,
  RightsAsked,
  TransactionRights,
} from '../../../protocol/rights/right-entries.ts';
import { RightsDraft } from '../../../protocol/rights/rights-draft.ts';
import { NO_RIGHTS } from '../../../protocol/rights/rights-view.ts';
import type { RightsView } from '../../../protocol/rights/rights-view.ts';
import { spend } from '../../../protocol/rights/spend-rights.ts';
import { isCarriedOver, placeOf } from './model-entry.ts';
import type { Header } from './model-entry.ts';

export type Log = { origin: string; entries: Header[] };

/** How far a gateway took headquarters' feeds in, of one life. */
export type Mirrored = { life: string; chain: FeedChange[]; store: FeedChange[] };

export type DiskImage = { log: Log; past: Log[]; mirrored: Mirrored };

export class ModelGateway {
  readonly store: string;
  readonly gateway: string;
  /** Two copies of one gateway have one name, and epochs of different ones. */
  readonly copy: number;
  log: Log;
  /** Earlier logs of this gateway, as far as they are here. */
  past: Log[] = [];
  mirrored: Mirrored = { life: '', chain: [], store: [] };
  #rights = new RightsDraft(NO_RIGHTS);
  #counted = new Set<string>();
  #nowMs = 0;

  constructor(store: string, gateway: string, copy = 0) {
    this.store = store;
    this.gateway = gateway;
    this.copy = copy;
    this.log = { origin: `${store}/${gateway}/e1`, entries: [] };
  }

  get name(): string {
    return `${this.store}/${this.gateway}`;
  }

  get rights(): RightsView {
    return this.#rights;
  }

  get isFrozen(): boolean {
    return this.#rights.state().frozen !== null;
  }

  /** Spends and earns in a sale; gives what was granted. */
  sell(transactionId: string, asked: RightsAsked): TransactionRights | undefined {
    if (this.#counted.has(`t ${transactionId}`)) return undefined;
    const verdict = spend(asked, this.#rights);
    if (verdict.verdict === 'refused') {
      for (const { pool, amount } of verdict.lacks) this.ask({ type: 'request', pool, amount });
      return undefined;
    }
    if (verdict.rights === undefined) return undefined;
    this.append({ kind: 'transaction', transactionId, rights: verdict.rights });
    return verdict.rights;
  }

  /** A change outside of a sale; gives its events, or undefined where it is refused. */
  ask(wanted: RightsChange): readonly RightEvent[] | undefined {
    this.#nowMs += 1_000_000;
    const outcome = change(wanted, this.#rights, this.#nowMs);
    if (outcome.state === 'refused') return undefined;
    for (const event of outcome.events) this.append({ kind: 'grant', ...event });
    return outcome.events;
  }

  append(header: Header): void {
    const index = this.log.entries.length;
    this.log.entries.push(header);
    this.#fold(header, placeOf(header, this.log.origin, index), false);
  }

  /** Takes what the store's feed says of grants and coupons into the log. */
  keep(): void {
    if (this.isFrozen) return;
    for (const { op, collection, ...rest } of [...this.mirrored.chain, ...this.mirrored.store]) {
      if (op !== 'put') continue;
      const { document } = rest as Extract<FeedChange, { op: 'put' }>;
      if (collection === 'grant') {
        const grant = document as Grant;
        if (grant.holder === this.gateway) this.ask({ type: 'grant', grant });
      }
      if (collection !== 'coupon') continue;
      const {
        couponId,
        cap,
        singleUse,
        withoutGrant = 0,
      } = document as {
        couponId: string;
        cap?: number;
        singleUse?: true;
        withoutGrant?: number;
      };
      const terms = {
        withoutGrant,
        ...(cap !== undefined && { cap }),
        ...(singleUse === true && { singleUse }),
      };
      this.ask({ type: 'terms', couponId, terms });
    }
  }

  image(): DiskImage {
    return structuredClone({ log: this.log, past: this.past, mirrored: this.mirrored });
  }

  load(image: DiskImage): void {
    const { log, past, mirrored } = structuredClone(image);
    this.log = log;
    this.past = past;
    this.mirrored = mirrored;
    this.refold();
  }

  /** A new epoch after `kept` entries that headquarters and this log have in common. */
  openEpoch(origin: string, reason: string, kept: number): void {
    const left = this.log;
    this.past.push(left);
    this.log = { origin, entries: [] };
    this.append({ kind: 'grant', event: 'frozen', reason });
    for (const [index, header] of left.entries.entries()) {
      if (index < kept || !isCarriedOver(header)) continue;
      this.append({ carriedFrom: { origin: left.origin, index }, ...header });
    }
  }

  /** Entries that headquarters has of an earlier log, from `start` on, which this log lacks. */
  takeBack(origin: string, start: number, entries: readonly Header[]): void {
    const known = this.past.find((log) => log.origin === `${origin}*${start}`);
    const log = known ?? { origin: `${origin}*${start}`, entries: [] };
    if (known === undefined) this.past.push(log);
    for (const header of entries.slice(log.entries.length)) {
      const place = placeOf(header, origin, start + log.entries.length);
      log.entries.push(header);
      this.#fold(header, place, true);
    }
  }

  /** What a restart or the doctor does. */
  refold(isForgetful = false): void {
    this.#rights = new RightsDraft(NO_RIGHTS);
    this.#counted = new Set();
    for (const { origin, entries } of this.past) {
      const [name = origin, start = '0'] = origin.split('*');
      entries.forEach((header, at) =>
        this.#fold(header, placeOf(header, name, Number(start) + at), true),
      );
    }
    const { origin, entries } = this.log;
    entries.forEach((header, index) => {
      if (isForgetful && header['kind'] === 'transaction') return;
      this.#fold(header, placeOf(header, origin, index), false);
    });
  }

  #fold(header: Header, place: string, isPast: boolean): void {
    if (this.#counted.has(place)) return;
    this.#counted.add(place);
    if (header['kind'] === 'anchor') foldAnchor(Number(header['timeSeconds']), this.#rights);
    if (header['kind'] === 'grant') foldEvent(header as never, this.#rights, isPast);
    if (header['kind'] !== 'transaction') return;
    const id = `t ${String(header['transactionId'])}`;
    if (this.#counted.has(id)) return;
    this.#counted.add(id);
    const { debits, credits } = header['rights'] as TransactionRights;
    foldDebits(debits, this.#rights);
    foldCredits(credits, this.#rights);
  }
}
