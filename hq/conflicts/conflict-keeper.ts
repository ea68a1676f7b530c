/**
 * Finds what two logs say that cannot both stand, writes it down once, and tells the stores.
 *
 *     suspects (projection) ─▶ decided by its rule ─▶ entry in headquarters' own log
 *     entries (projection)  ─▶ document in the feed of each store concerned
 *
 * A conflict is written exactly once: a look decides only where the tables hold all of headquarters'
 * own log, so what an earlier look or an earlier life of the process wrote is known. The documents
 * are made from the entries and published again after a start, which writes nothing where they are
 * there; so a crash at any point costs a look. Relies on being the only one that writes conflicts
 * into that log (but for what people say, which finds none).
 */
import { foundMembers } from '../../protocol/conflicts/conflict-entry.ts';
import type { KnownConflict } from '../../protocol/conflicts/conflict-book.ts';
import { ruleOf } from '../../protocol/conflicts/rules.ts';
import { conflictDocumentOf } from '../../protocol/conflicts/shown-conflict.ts';
import type { FeedChange } from '../../protocol/feed/change.ts';
import type { FeedPlace } from '../../protocol/feed/feed-origin.ts';
import { isHqLogOrigin } from '../../protocol/log/hq-log-origin.ts';
import { parseOrigin } from '../../protocol/log/origin.ts';
import type { AlarmBook } from '../../platform/alarms.ts';
import type { Schedule } from '../../platform/schedule.ts';
import type { CustodyReader } from '../custody/custody.ts';
import type { FeedKeeper } from '../feeds/feed-keeper.ts';
import { placeKey } from '../feeds/place-key.ts';
import type { OwnLog } from '../own-log/own-log.ts';
import type { ProjectionCall, ProjectionResults } from '../projection/projection-call.ts';
import type { SuspectPlace } from '../projection/suspects.ts';

export type ConflictKeeperOptions = {
  custody: Pick<CustodyReader, 'heads'>;
  ownLog: Pick<OwnLog, 'record'>;
  feeds: Pick<FeedKeeper, 'publish'>;
  ask: <C extends ProjectionCall>(call: C) => Promise<ProjectionResults[C['call']]>;
  alarms: Pick<AlarmBook, 'raise' | 'clear'>;
  schedule: Schedule;
  log: { warn(details: object, message: string): void };
};

/** After news; entries come in bursts, and a look costs the tables little. */
const LOOK_MS = 500;
/** After a look that failed or came too early: the tables may be made anew, which takes a while. */
const AGAIN_MS = 5_000;
/** Open ones and the newest; what is older was published when it was new. */
const PUBLISHED_MAX = 1_000;
const OPEN_MESSAGE =
  'Conflicts wait for a person: `tillgate conflict list` names them, `tillgate conflict resolve` ends one.';

export class ConflictKeeper {
  readonly #options: ConflictKeeperOptions;
  /** By conflict, as it was published. */
  readonly #published = new Map<string, string>();
  #counts = { open: 0, decided: 0 };
  #place: SuspectPlace | undefined;
  #seen = '';
  #cancel: (() => void) | undefined;
  #work: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(options: ConflictKeeperOptions) {
    this.#options = options;
  }

  /** As the last look saw them. */
  get counts(): { open: number; decided: number } {
    return this.#counts;
  }

  /** Custody has something new, or may have had before the start. */
  poke(): void {
    this.#soon(LOOK_MS);
  }

  /** One look; says whether there is nothing left to do. */
  async look(): Promise<boolean> {
    const { ask, custody, ownLog } = this.#options;
    const heads = (await custody.heads()).filter(({ origin }) => isHqLogOrigin(origin));
    const call = { call: 'suspects' as const };
    const after = this.#place;
    const read = await ask(after === undefined ? call : { ...call, after });
    const held = new Map(read.ownLogs.map(({ origin, size }) => [origin, size]));
    if (heads.some(({ origin, size }) => (held.get(origin) ?? 0) < size)) return false;
    for (const conflict of read.found) {
      // On disk now: those before. The next look finds the others again.
      await ownLog.record({ kind: 'conflict', members: foundMembers(conflict) });
    }
    const isMoved = after?.life !== read.place.life || after.number !== read.place.number;
    this.#place = read.place;
    await this.#publish(`${read.place.life} ${read.entries}`);
    return !isMoved && read.found.length === 0 && !read.isBehind;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel?.();
    await this.#work;
  }

  #soon(delayMs: number): void {
    if (this.#cancel !== undefined || this.#isClosed) return;
    this.#cancel = this.#options.schedule(() => {
      this.#work = this.#run();
    }, delayMs);
  }

  async #run(): Promise<void> {
    let againMs: number | undefined;
    try {
      if (!(await this.look())) againMs = LOOK_MS;
    } catch (error) {
      this.#options.log.warn({ err: error }, 'conflicts could not be looked for');
      againMs = AGAIN_MS;
    }
    this.#cancel = undefined;
    if (againMs !== undefined) this.#soon(againMs);
  }

  /** `seen` names the entries about conflicts that there are. */
  async #publish(seen: string): Promise<void> {
    if (seen === this.#seen) return;
    const { ask, feeds, alarms, log } = this.#options;
    const { conflicts, open, decided } = await ask({ call: 'conflicts', limit: PUBLISHED_MAX });
    const isNews = (one: KnownConflict): boolean =>
      ruleOf(one.conflictId)?.writtenBy === 'headquarters' &&
      this.#published.get(one.conflictId) !== versionOf(one);
    const news = conflicts.filter(isNews);
    for (const { place, changes } of byStore(news)) {
      const { problems } = await feeds.publish(place, changes, { isDryRun: false });
      if (problems.length > 0) log.warn({ place, problems }, 'a conflict could not be published');
    }
    for (const one of news) this.#published.set(one.conflictId, versionOf(one));
    this.#counts = { open, decided };
    if (open > 0) alarms.raise('CONFLICT_OPEN', OPEN_MESSAGE);
    else alarms.clear('CONFLICT_OPEN');
    this.#seen = seen;
  }
}

const versionOf = ({ found, resolution }: KnownConflict): string =>
  JSON.stringify([found.origin, found.index, resolution?.entry.index ?? null]);

function byStore(
  conflicts: readonly KnownConflict[],
): { place: FeedPlace; changes: FeedChange[] }[] {
  const places = new Map<string, { place: FeedPlace; changes: Map<string, FeedChange> }>();
  for (const conflict of conflicts) {
    const { conflictId: id } = conflict;
    const document = conflictDocumentOf(conflict);
    for (const { origin } of conflict.sides) {
      const { chain, store } = parseOrigin(origin);
      const place = { chain, store };
      const known = places.get(placeKey(place)) ?? { place, changes: new Map() };
      known.changes.set(id, { op: 'put', collection: 'conflict', id, document });
      places.set(placeKey(place), known);
    }
  }
  return [...places.values()].map(({ place, changes }) => ({
    ...{ place, changes: [...changes.values()] },
  }));
}
