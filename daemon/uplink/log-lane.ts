/**
 * One log on its way to HQ: its source, and what signs and builds for it. The newest epoch has a
 * lane, and so has each earlier one, because an HQ that lost everything gets all of them back. Lanes
 * share the connection; each hears only the heads of its own log.
 */
import { EMPTY_ROOT, rootAt } from '../../protocol/log/merkle.ts';
import { createNoteSigner } from '../../protocol/log/note.ts';
import { KEY_TYPE_ED25519 } from '../../protocol/log/verifier-key.ts';
import type { DrainLimits } from '../../protocol/replication/drain-governor.ts';
import { encodeMessage } from '../../protocol/replication/messages.ts';
import type { CheckpointMessage, ControlMessage } from '../../protocol/replication/messages.ts';
import { Source } from '../../protocol/replication/source.ts';
import type { ReceivedHead, SourceAction, SourceEvent } from '../../protocol/replication/source.ts';
import type { KeyObject } from 'node:crypto';
import { HeadSigner, type SignedCheckpoint, type WriteFile } from '../signing/head-signer.ts';
import type { SignedLog } from '../signing/signed-log.ts';
import { BatchBuilder } from './batch-builder.ts';
import type { HqConnection } from './hq-connection.ts';
import type { HqEvidence } from './hq-evidence.ts';
import { contradictedAt, laterEpoch } from './told-notes.ts';
import type { UplinkEvent } from './uplink-status.ts';

export type LogLaneOptions = {
  log: SignedLog;
  privateKey: KeyObject;
  /** Where the newest epoch's head is kept; an earlier one is not signed anew. */
  signedHeadFile: string | undefined;
  writeFile?: WriteFile | undefined;
  /** The largest head of this log that HQ was seen to sign. */
  acknowledgedSize: number;
  limits: DrainLimits;
  random: () => number;
};

/** Rounds start anywhere below this, so that two processes hardly ever share one. */
const FIRST_ROUND_LIMIT = 2 ** 40;

export class LogLane {
  readonly log: SignedLog;
  readonly source: Source;
  readonly #signer: HeadSigner;
  readonly #builder: BatchBuilder;
  readonly #vkey: string;
  /** HQ has taken this log on from here since the process began. */
  #isHeard = false;

  constructor(options: LogLaneOptions) {
    const { log, privateKey, signedHeadFile, writeFile, random, limits } = options;
    this.log = log;
    const noteSigner = createNoteSigner({ name: log.origin, type: KEY_TYPE_ED25519, privateKey });
    this.#vkey = noteSigner.vkey;
    this.#signer = new HeadSigner({ log, signer: noteSigner, signedHeadFile, writeFile });
    this.#builder = new BatchBuilder({ log, noteAt: (size) => this.#signer.noteAt(size) });
    const committedSize = log.size();
    this.source = new Source({
      committedSize,
      acknowledgedSize: Math.min(options.acknowledgedSize, committedSize),
      rootAt: (size) => (size === 0 ? EMPTY_ROOT : rootAt(size, log.node)),
      firstRound: Math.floor(random() * FIRST_ROUND_LIMIT),
      random,
      limits,
    });
  }

  /** Signs everything committed; durable in `signed-head`, if there is one, when it returns. */
  signTip(): SignedCheckpoint {
    return this.#signer.signTip();
  }

  /** Does what the source asked for; `now` is read again after the work. */
  perform(
    action: Exclude<SourceAction, { type: 'wait' }>,
    options: { connection: HqConnection; admission: string; now: () => number },
  ): void {
    const { connection, now } = options;
    if (action.type === 'checkpoint') {
      this.#sendCheckpoint(this.#signer.signTip().note, action.round, options);
      return;
    }
    const beganMs = now();
    const built = this.#builder.build(action);
    for (const { type, payload } of built.messages) connection.send(type, payload);
    const endedMs = now();
    this.source.sent({ ...built, workMs: endedMs - beganMs }, endedMs);
  }

  /** Takes what HQ says it holds, and shows HQ what it once signed where that says otherwise. */
  hear(
    head: ReceivedHead,
    told: {
      link: { connection: HqConnection; admission: string };
      evidence: HqEvidence;
      hqKeys: readonly string[];
      nowMs: number;
    },
  ): SourceEvent[] {
    const { link, evidence, hqKeys, nowMs } = told;
    const { origin } = this.log;
    const { round, signed } = head;
    const before = this.source.state;
    const events = this.source.head(head, nowMs);
    const isFork = events.some(({ type }) => type === 'fork');
    // Later in a round a smaller head was only overtaken on its way.
    if (signed !== undefined && before === 'probing' && before !== this.source.state) {
      const note = evidence.answered(origin, signed, { isFork, hqKeys });
      if (note !== undefined) this.#showEvidence(note, round, link);
    }
    // HQ keeps the two as evidence: alone it sees only that this log is said to be longer.
    if (signed !== undefined && isFork) this.#contradict(signed.size, round, link);
    for (const event of events) {
      if (event.type === 'acknowledged') evidence.grew(origin, event.head);
      if (event.type === 'acknowledged' || event.type === 'regressed') this.#isHeard = true;
    }
    return events;
  }

  /** Shows HQ what this log was at `size`, where HQ signed another root. */
  #contradict(
    size: number,
    round: number,
    link: { connection: HqConnection; admission: string },
  ): void {
    this.#sendCheckpoint(this.#signer.noteAt(size), round, link);
  }

  /** Shows HQ what it once signed of this log, and how much of it is here. */
  #showEvidence(evidence: string, round: number, link: { connection: HqConnection }): void {
    const { origin } = this.log;
    const start = this.log.size();
    const message = { type: 'control', origin, round, action: 'regressed', start } as const;
    link.connection.send('control', encodeMessage({ ...message, evidence }));
  }

  /** Does what HQ asks for, and tells what follows from what HQ shows. */
  control(
    { action, evidence: note }: ControlMessage,
    { hqKeys, nowMs }: { hqKeys: readonly string[]; nowMs: number },
  ): UplinkEvent | undefined {
    const { origin } = this.log;
    if (action === 'introduce') this.source.introduce(nowMs);
    if (action === 'forked') {
      const size = contradictedAt(this.log, this.#vkey, note);
      return size === undefined ? undefined : { type: 'forked', origin, size, note };
    }
    if (action !== 'superseded') return undefined;
    const by = laterEpoch(this.log, { vkey: this.#vkey, hqKeys }, note);
    const isLive = this.#isHeard;
    return by === undefined ? undefined : { type: 'superseded', origin, by, isLive };
  }

  #sendCheckpoint(
    note: string,
    round: number,
    { connection, admission }: { connection: HqConnection; admission: string },
  ): void {
    const { origin } = this.log;
    const message: CheckpointMessage = { type: 'checkpoint', origin, round, admission, note };
    connection.send('checkpoint', encodeMessage(message));
  }
}

/** The lane of an epoch that was left: its head is not kept, and HQ says what it holds. */
export function earlierLane(
  log: SignedLog,
  { privateKey, random, limits }: Pick<LogLaneOptions, 'privateKey' | 'random' | 'limits'>,
): LogLane {
  const kept = { signedHeadFile: undefined, acknowledgedSize: 0 };
  return new LogLane({ log, privateKey, random, limits, ...kept });
}

/**
 * An epoch follows an earlier log already: it is only offered. HQ may have another of that name, which
 * shows in its head, or only in its word where that one is longer than ours; looking will tell.
 */
export function eventsOfEarlier(
  { log }: LogLane,
  events: readonly SourceEvent[],
  { reason }: ReceivedHead,
): UplinkEvent[] {
  const isSaid = reason === 'fork' && events.some(({ type }) => type === 'behind');
  const isFork = isSaid || events.some(({ type }) => type === 'fork');
  return isFork ? [{ type: 'contradicted', origin: log.origin }] : [];
}
