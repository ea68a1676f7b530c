/**
 * Notices that headquarters itself went back. A gateway shows a note that headquarters' durable key
 * cosigned: over more entries than custody holds, or over another root. Nobody else can make such a
 * note, so custody was replaced by an older copy. A new incarnation begins, once for each restore,
 * and it is said which logs are being sent again, when they are whole, and what is lost for good.
 *
 * A note that does not verify (restore-evidence.ts), or says what custody holds, changes nothing; which
 * note begins an incarnation is decided in restore-life.ts. Relies on the source to send again from the
 * head that it was answered, which is what heals.
 */
import type { AlarmBook } from '../../platform/alarms.ts';
import { isUnwritable } from '../../platform/durable/errno.ts';
import { isFeedOrigin } from '../../protocol/feed/feed-origin.ts';
import { encodeBase64 } from '../../protocol/log/base64.ts';
import { openCheckpoint, type Checkpoint } from '../../protocol/log/checkpoint.ts';
import { verifyCosignature } from '../../protocol/log/cosignature.ts';
import { hashesEqual } from '../../protocol/log/merkle.ts';
import type { ControlMessage } from '../../protocol/replication/messages.ts';
import type { CustodyHead } from '../custody/custody.ts';
import { heldRootAt } from '../custody/merkle-reads.ts';
import { openFeedEvidence, openLogEvidence } from './restore-evidence.ts';
import type { Evidence, LogEvidence } from './restore-evidence.ts';
import { readGaps, writeGaps, type RestoreGap } from './restore-gap.ts';
import { RestoreLife } from './restore-life.ts';
import type { RestoreLifeOptions } from './restore-life.ts';
import { forkedMessage, lostMessage, restoredMessage } from './restore-words.ts';

export type RestoreKeeperOptions = RestoreLifeOptions & {
  durableVkey: string;
  /** By which headquarters signs a feed. */
  feedVkeyOf: (origin: string) => string;
  alarms: AlarmBook;
  /** Where the gaps are kept. */
  file: string;
};

export class RestoreKeeper {
  readonly #options: RestoreKeeperOptions;
  readonly #gaps: Map<string, RestoreGap>;
  readonly #life: RestoreLife;
  /** One piece of evidence after the other, so that two of one restore begin one life. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(options: RestoreKeeperOptions, life: RestoreLife) {
    this.#options = options;
    this.#life = life;
    this.#gaps = new Map(readGaps(options.file).map((gap) => [gap.origin, gap]));
  }

  /** Notes the first life where this one is it. */
  static async open(options: RestoreKeeperOptions): Promise<RestoreKeeper> {
    const life = new RestoreLife(options);
    await life.first();
    const keeper = new RestoreKeeper(options, life);
    // What a crash kept from being noticed.
    for (const { origin, size } of await options.custody.heads()) {
      await keeper.advanced(origin, size);
    }
    return keeper;
  }

  /** What was lacking after restores, the latest found last. */
  gaps(): RestoreGap[] {
    return [...this.#gaps.values()];
  }

  /** Judges what a gateway shows; gives why it counts for nothing where it does not verify. */
  consider(message: ControlMessage): Promise<string | undefined> {
    return this.#inTurn(() => this.#consider(message));
  }

  /**
   * A gateway holds a checkpoint of a feed that headquarters signed: `lacking` where headquarters
   * holds less of that feed, `forked` where it holds another one.
   */
  shownOfFeed(
    note: string,
    { gatewaySize }: { gatewaySize: number },
  ): Promise<{ state: 'held' | 'lacking' | 'forked' } | { state: 'refused'; detail: string }> {
    return this.#inTurn(async () => {
      const { custody, feedVkeyOf } = this.#options;
      const opened = openFeedEvidence(note, feedVkeyOf);
      if (typeof opened === 'string') return { state: 'refused', detail: opened };
      const { origin, size: signedSize } = opened;
      const head = await custody.head(origin);
      const heldSize = head?.size ?? 0;
      const gap = { origin, heldSize, signedSize };
      if (head !== undefined && signedSize <= heldSize) {
        if (await this.#holds(head, opened)) return { state: 'held' };
        await this.#life.explainFeed(gap);
        await this.#keepFork(head, opened);
        return { state: 'forked' };
      }
      await this.#life.explainFeed(gap);
      await this.#note(opened, { heldSize, gatewaySize });
      return { state: 'lacking' };
    });
  }

  /** Custody holds `size` entries of `origin` now. */
  async advanced(origin: string, size: number): Promise<void> {
    const gap = this.#gaps.get(origin);
    if (gap?.completeAt !== null || size < gap.toSize) return;
    await this.#inTurn(() => this.#complete(gap));
  }

  async #consider(message: ControlMessage): Promise<string | undefined> {
    const { custody, durableVkey } = this.#options;
    const { origin } = message;
    const evidence = openLogEvidence(message.evidence, { origin, durableVkey });
    if (typeof evidence === 'string') return evidence;
    const head = await custody.head(origin);
    if (head === undefined) return 'headquarters does not know this log';
    if (evidence.size <= head.size) {
      if (!(await this.#holds(head, evidence))) await this.#forked(head, evidence);
      return undefined;
    }
    await this.#lacks(head, evidence, message.start ?? evidence.size);
    return undefined;
  }

  async #lacks(head: CustodyHead, evidence: LogEvidence, gatewaySize: number): Promise<void> {
    await this.#life.explain(evidence, head);
    await this.#note(evidence, { heldSize: head.size, gatewaySize });
  }

  /** Writes down what is missing, and says so. */
  async #note(
    { origin, size: toSize, root, note }: Evidence,
    { heldSize: fromSize, gatewaySize }: { heldSize: number; gatewaySize: number },
  ): Promise<void> {
    const known = this.#gaps.get(origin);
    const isKnown = known?.toSize === toSize && known.completeAt === null;
    if (isKnown && known.gatewaySize === gatewaySize) return;
    const foundAt = isKnown ? known.foundAt : this.#nowText();
    const gap = { origin, toSize, root: encodeBase64(root), evidence: note, foundAt };
    const held = isKnown ? known.fromSize : fromSize;
    this.#keep({ ...gap, fromSize: held, gatewaySize, completeAt: null });
    if (gatewaySize < toSize) {
      const lost = { ...gap, fromSize, gatewaySize, completeAt: null };
      this.#options.alarms.raise('HQ_ENTRIES_LOST', lostMessage(lost));
    }
    this.#options.log.warn(
      { origin, fromSize, toSize },
      'entries that were signed for are missing',
    );
    await this.#say();
  }

  async #complete(gap: RestoreGap): Promise<void> {
    const { custody, alarms, log } = this.#options;
    const { origin, toSize } = gap;
    const head = await custody.head(origin);
    if (head === undefined || head.size < toSize) return;
    const { durableVkey, feedVkeyOf } = this.#options;
    const isFeed = isFeedOrigin(origin);
    const evidence = openCheckpoint(gap.evidence, [isFeed ? feedVkeyOf(origin) : durableVkey]);
    this.#keep({ ...gap, completeAt: this.#nowText() });
    if (await this.#holds(head, evidence)) {
      log.warn({ origin, toSize }, 'all that was signed for is here again');
    } else if (isFeed) {
      await this.#keepFork(head, { ...evidence, note: gap.evidence });
    } else {
      const { timeSeconds } = verifyCosignature(gap.evidence, this.#options.durableVkey);
      await this.#forked(head, { ...evidence, timeSeconds, note: gap.evidence });
    }
    for (const { id, code, message } of [...alarms.list()]) {
      if (code === 'HQ_ENTRIES_LOST' && message.includes(` ${origin},`)) alarms.clear(id);
    }
    await this.#say();
  }

  async #holds(head: CustodyHead, { size, root }: Checkpoint): Promise<boolean> {
    return hashesEqual(await heldRootAt(this.#options.custody, head, size), root);
  }

  /** Headquarters signed both: the restore is the only way to that. */
  async #forked(head: CustodyHead, evidence: LogEvidence): Promise<void> {
    await this.#life.explain(evidence, head);
    await this.#keepFork(head, evidence);
  }

  async #keepFork({ origin, checkpoint }: CustodyHead, evidence: Evidence): Promise<void> {
    const { custody, alarms, clock } = this.#options;
    const before = await custody.evidence(origin);
    if (checkpoint !== null && !before.some(({ claimed }) => claimed === evidence.note)) {
      const recordedAtMs = clock.wallMs();
      const claimed = evidence.note;
      await custody.keepEvidence({ origin, held: checkpoint, claimed, recordedAtMs });
    }
    alarms.raise('HQ_SIGNED_TWO_HISTORIES', forkedMessage(origin, evidence.size));
  }

  #keep(gap: RestoreGap): void {
    this.#gaps.delete(gap.origin);
    this.#gaps.set(gap.origin, gap);
    try {
      writeGaps(this.#options.file, this.gaps());
    } catch (error) {
      if (!isUnwritable(error)) throw error;
      this.#options.log.warn({ file: this.#options.file }, 'what is missing could not be noted');
    }
  }

  /** One alarm that says how far it is, instead of one for each log and step. */
  async #say(): Promise<void> {
    const { alarms, custody } = this.#options;
    const life = (await custody.lives()).at(-1);
    alarms.clear('HQ_RESTORED');
    alarms.raise('HQ_RESTORED', restoredMessage(life, this.gaps()));
  }

  #nowText(): string {
    return new Date(this.#options.clock.wallMs()).toISOString();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}
