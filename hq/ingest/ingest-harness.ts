/**
 * Headquarters' receiving desk on a real custody, without a network: for tests. What the gateways
 * would hear is collected. Not part of the product.
 */
import { silentLog } from '../../platform/logging.ts';
import { systemSchedule } from '../../platform/schedule.ts';
import { must } from '../../protocol/must.ts';
import { signAdmission } from '../../protocol/replication/admission.ts';
import { sampleSigner } from '../../protocol/replication/fixtures/sample-log.ts';
import type { SampleLog } from '../../protocol/replication/fixtures/sample-log.ts';
import { formatHqTopic, parseHqTopic } from '../../protocol/replication/hq-topics.ts';
import { decodeMessage, encodeMessage } from '../../protocol/replication/messages.ts';
import type {
  CheckpointMessage,
  ControlMessage,
  HeadMessage,
  ReplicationMessage,
} from '../../protocol/replication/messages.ts';
import { KEY_TYPE_COSIGNATURE } from '../../protocol/log/verifier-key.ts';
import { parseOrigin } from '../../protocol/log/origin.ts';
import type { Custody } from '../custody/custody.ts';
import { Ingest } from './ingest.ts';

export const HQ_DURABLE = sampleSigner('hq.example.com/hq/durable', 31, KEY_TYPE_COSIGNATURE);
export const HQ_FEED = sampleSigner('hq.example.com/hq/feed', 32);

export class IngestHarness {
  readonly ingest: Ingest;
  readonly heads: HeadMessage[] = [];
  /** Everything else that was sent. */
  readonly others: ReplicationMessage[] = [];
  /** Moves when a test says so. */
  nowMs = 0;
  #waiting: (() => void) | undefined;

  /** What gateways showed of HQ's own signing; `judge` says what becomes of it. */
  readonly shown: ControlMessage[] = [];
  judge: (message: ControlMessage) => Promise<string | undefined> = () =>
    Promise.resolve(undefined);
  onKept: (origin: string, size: number) => void = () => undefined;
  /** Logs that gateways showed: with what size, and how much of it was held. */
  readonly logsShown: [origin: string, size: number, heldSize: number][] = [];
  /** Logs that were contradicted anew. */
  readonly forked: string[] = [];

  readonly custody: Custody;

  constructor(custody: Custody) {
    this.custody = custody;
    this.ingest = new Ingest({
      custody,
      durable: HQ_DURABLE,
      feedVkey: HQ_FEED.vkey,
      clock: { wallMs: () => 1_700_000_000_000, monotonicMs: () => this.nowMs },
      schedule: systemSchedule,
      log: silentLog,
      onKept: (origin, size) => this.onKept(origin, size),
      onForked: (origin) => this.forked.push(origin),
      onShown: (...shown) => this.logsShown.push(shown),
      onRegressed: (message) => {
        this.shown.push(message);
        return this.judge(message);
      },
      send: (topic, payload) => {
        const decoded = decodeMessage(payload);
        if (parseHqTopic(topic)?.direction !== 'down' || !decoded.ok) return;
        if (decoded.message.type === 'head') this.heads.push(decoded.message);
        else this.others.push(decoded.message);
        this.#waiting?.();
      },
    });
  }

  /** Sends on the log's own topic, or on another gateway's. */
  send(message: ReplicationMessage, gateway?: string): void {
    const place = parseOrigin(message.origin);
    const topic = formatHqTopic({
      ...place,
      ...(gateway !== undefined && { gateway }),
      direction: 'up',
      type: message.type,
    });
    this.ingest.receive(topic, encodeMessage(message));
  }

  /** Sends and waits for the next head. */
  async ask(message: ReplicationMessage, gateway?: string): Promise<HeadMessage> {
    const before = this.heads.length;
    this.send(message, gateway);
    while (this.heads.length === before) {
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
    return must(this.heads[before], 'a head came');
  }

  async admit(log: SampleLog): Promise<HeadMessage> {
    return this.ask(checkpointOf(log));
  }
}

/** The log's newest checkpoint with its admission. */
export function checkpointOf(log: SampleLog): CheckpointMessage {
  const { origin } = log;
  const admission = signAdmission({ origin, vkey: log.signer.vkey }, HQ_FEED);
  return { type: 'checkpoint', origin, round: 1, admission, note: log.note() };
}
