/**
 * Takes publications in over the control socket: opened, filled with changes a piece at a time,
 * committed, and asked about until it is done, so that no message is large and a person sees progress.
 * One at a time; one that nobody goes on with is forgotten. What is handed in is judged here, whoever
 * judged it before.
 */
import { TillgateError } from '../../protocol/errors.ts';
import type { Clock } from '../../protocol/clock.ts';
import { checkChange } from '../../protocol/feed/change.ts';
import type { FeedChange, FeedProblem } from '../../protocol/feed/change.ts';
import { COLLECTIONS } from '../../protocol/feed/documents.ts';
import type { FeedPlace } from '../../protocol/feed/feed-origin.ts';
import { isId } from '../../protocol/ids.ts';
import type { Json } from '../../protocol/json/json-value.ts';
import type { Quarantined } from '../../protocol/feed/reducer.ts';
import type { FeedKeeper } from './feed-keeper.ts';
import type { PublishReport } from './publish-report.ts';

export type PublishState =
  { state: 'running'; done: number; total: number } | { state: 'done'; report: PublishReport };

export type ShownFeed = {
  origin: string;
  chain: string;
  store: string | null;
  size: number;
  /** By collection. */
  documents: Record<string, number>;
  quarantined: number;
  newestQuarantined: Quarantined[];
};

export type ShownDocument = { id: string; entry: number; document: unknown };

export type PublishDeskOptions = {
  keeper: FeedKeeper;
  clock: Clock;
  newId: () => string;
  /** The chains of the stores that headquarters knows. */
  chains: () => Promise<string[]>;
};

/** A large chain's catalogue several times over; more is a mistake, and would be memory. */
const CHANGES_MAX = 500_000;
/** One piece: some hundred documents. */
export const CHANGES_TOGETHER_MAX = 1_000;
const FORGOTTEN_MS = 60_000;
const SHOWN_MAX = 1_000;

type Open = {
  id: string;
  place: FeedPlace;
  isDryRun: boolean;
  changes: FeedChange[];
  touchedMs: number;
  progress: { done: number; total: number } | undefined;
  outcome: Promise<void> | undefined;
  report: PublishReport | undefined;
  error: Error | undefined;
};

/** Rights and conflicts are written by those parts of headquarters that decide about them. */
export function reservedProblem({ collection }: FeedChange): FeedProblem | undefined {
  if (COLLECTIONS[collection].writer === 'people') return undefined;
  const message = `${collection} is written by headquarters itself.`;
  return { code: 'FEED_COLLECTION_RESERVED', path: '/collection', message };
}

export class PublishDesk {
  readonly #options: PublishDeskOptions;
  #open: Open | undefined;

  constructor(options: PublishDeskOptions) {
    this.#options = options;
  }

  /** Throws `FEED_BUSY` or `FEED_CHAIN_UNKNOWN`. */
  async begin(of: {
    chain: string | undefined;
    store: string | undefined;
    isDryRun: boolean;
  }): Promise<{ id: string; chain: string }> {
    const chain = await this.chainOf(of.chain);
    if (of.store !== undefined && !isId(of.store)) {
      throw new TillgateError('USAGE', `${of.store} is no id of a store.`);
    }
    const nowMs = this.#options.clock.monotonicMs();
    const isBusy = this.#open !== undefined && this.#open.report === undefined;
    if (isBusy && nowMs - (this.#open?.touchedMs ?? 0) < FORGOTTEN_MS) {
      throw new TillgateError('FEED_BUSY', 'Another publication is under way.', {
        retryable: true,
      });
    }
    const id = this.#options.newId();
    const place = of.store === undefined ? { chain } : { chain, store: of.store };
    this.#open = {
      ...{ id, place, isDryRun: of.isDryRun, changes: [], touchedMs: nowMs },
      ...{ progress: undefined, outcome: undefined, report: undefined, error: undefined },
    };
    return { id, chain };
  }

  /** Throws `FEED_DOCUMENT_INVALID` and the like for the first that is wrong, `FEED_TOO_LARGE`. */
  add(id: string, values: readonly unknown[]): { held: number } {
    const open = this.#find(id);
    for (const value of values) {
      const checked = checkChange(value as Json);
      const problem = checked.ok ? reservedProblem(checked.change) : checked.problems[0];
      if (!checked.ok || problem !== undefined) {
        const { code = 'FEED_DOCUMENT_INVALID', path = '', message = '' } = problem ?? {};
        throw new TillgateError(code, `Document ${open.changes.length}, ${path}: ${message}`);
      }
      open.changes.push(checked.change);
    }
    if (open.changes.length > CHANGES_MAX) {
      throw new TillgateError(
        'FEED_TOO_LARGE',
        `A publication has ${CHANGES_MAX} changes at most.`,
      );
    }
    return { held: open.changes.length };
  }

  /** Begins to publish; `state` tells when it is done. */
  commit(id: string): PublishState {
    const open = this.#find(id);
    const { place, changes, isDryRun } = open;
    open.progress = { done: 0, total: 2 * changes.length };
    open.outcome ??= this.#options.keeper
      .publish(place, changes, {
        isDryRun,
        onProgress: (done, total) => {
          open.progress = { done, total };
          open.touchedMs = this.#options.clock.monotonicMs();
        },
      })
      .then(
        (report) => {
          open.report = report;
        },
        (error: unknown) => {
          open.error =
            error instanceof Error ? error : new TillgateError('INTERNAL', String(error));
        },
      );
    return this.state(id);
  }

  /** Throws what ended the publication. */
  state(id: string): PublishState {
    const open = this.#find(id);
    if (open.error !== undefined) {
      this.#open = undefined;
      throw open.error;
    }
    if (open.report !== undefined) return { state: 'done', report: open.report };
    return { state: 'running', ...(open.progress ?? { done: 0, total: 0 }) };
  }

  /** Resolves when the publication has ended, well or not. */
  async ended(id: string): Promise<void> {
    await this.#find(id).outcome;
  }

  /** Whoever began it asks no more: the next may begin at once, when this one is not being written. */
  forget(id: string): void {
    const open = this.#open;
    if (open?.id === id && (open.outcome === undefined || open.report !== undefined)) {
      this.#open = undefined;
    }
  }

  /** Every feed, with what is in it. */
  feeds(): Promise<ShownFeed[]> {
    const { keeper } = this.#options;
    return keeper.read((database) =>
      keeper.feeds().map(({ row, place }) => {
        const { count, newest } = database.quarantine(row.generation);
        return {
          ...{ origin: row.origin, chain: place.chain, store: place.store ?? null, size: row.size },
          ...{ documents: database.counts(row.generation), quarantined: count },
          newestQuarantined: newest,
        };
      }),
    );
  }

  /** Documents of a collection in the order of their ids, after `after`. */
  async documents(
    of: { chain: string | undefined; store: string | undefined; collection: string },
    page: { after: string; limit: number },
  ): Promise<{ documents: ShownDocument[]; next: string | null }> {
    const chain = await this.chainOf(of.chain);
    const { keeper } = this.#options;
    const feed = keeper
      .feeds()
      .find(({ place }) => place.chain === chain && place.store === of.store);
    if (feed === undefined) return { documents: [], next: null };
    const limit = Math.min(page.limit, SHOWN_MAX);
    const rows = await keeper.read((database) =>
      database.list(feed.row.generation, of.collection, { after: page.after, limit }),
    );
    const documents = rows.map(({ id, entry, body }) => ({
      ...{ id, entry },
      document: JSON.parse(body) as unknown,
    }));
    return { documents, next: rows.length < limit ? null : (rows.at(-1)?.id ?? null) };
  }

  /** The chain that is named, or the only one there is. Throws `FEED_CHAIN_UNKNOWN`. */
  async chainOf(named: string | undefined): Promise<string> {
    if (named !== undefined) {
      if (isId(named)) return named;
      throw new TillgateError('USAGE', `${named} is no id of a chain.`);
    }
    const chains = await this.#options.chains();
    const [only, ...others] = chains;
    if (only !== undefined && others.length === 0) return only;
    const message =
      only === undefined
        ? 'Headquarters knows no store yet, and so no chain.'
        : `Headquarters knows several chains: ${chains.join(', ')}.`;
    throw new TillgateError('FEED_CHAIN_UNKNOWN', message);
  }

  #find(id: string): Open {
    if (this.#open?.id !== id) {
      throw new TillgateError('HQ_NOT_FOUND', 'That publication is not open any more.', {
        hint: 'publish the file again; nothing of it was written, or it is found unchanged',
      });
    }
    this.#open.touchedMs = this.#options.clock.monotonicMs();
    return this.#open;
  }
}
