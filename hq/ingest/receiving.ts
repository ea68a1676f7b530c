/** Wires broker, link and receiving desk: the embedded broker, or another by URL. */
import type { HqConfig } from '../../config/hq-schema.ts';
import type { Log } from '../../platform/logging.ts';
import { systemSchedule } from '../../platform/schedule.ts';
import type { Clock } from '../../protocol/clock.ts';
import { startHqBroker } from '../broker/hq-broker.ts';
import type { HqBroker } from '../broker/hq-broker.ts';
import type { ControlMessage } from '../../protocol/replication/messages.ts';
import type { Custody } from '../custody/custody.ts';
import type { HqKeys } from '../keys/hq-keys.ts';
import type { FeedDistribution } from '../feeds/feed-distribution.ts';
import type { FeedRecovery } from '../feeds/feed-recovery.ts';
import type { FeedService } from '../feeds/open-feeds.ts';
import { BrokerLink } from './broker-link.ts';
import { Ingest } from './ingest.ts';
import type { IngestOptions } from './ingest.ts';
import { introduce } from './introduce.ts';

export type ReceivingOptions = {
  config: HqConfig;
  keys: HqKeys;
  custody: Custody;
  clock: Clock;
  log: Log;
  /** Of HQ's own client at the embedded broker. */
  ownPassword: string;
  clientSuffix: string;
  onKept: (origin: string, size: number) => void;
  onRegressed: (message: ControlMessage) => Promise<string | undefined>;
  onForked: IngestOptions['onForked'];
  onShown: IngestOptions['onShown'];
  /** Sends feeds down through the same broker. */
  distribute: (send: (topic: string, payload: Uint8Array) => void) => Promise<FeedService>;
};

export type Receiving = {
  ingest: Ingest;
  feeds: FeedDistribution;
  /** Which gateways have reported what they hold of the feeds. */
  recovery: FeedRecovery;
  /** Null where another broker is used. */
  address: { host: string; port: number } | null;
  readonly connectionCount: number;
  readonly entriesKept: number;
  close(): Promise<void>;
};

export async function startReceiving(options: ReceivingOptions): Promise<Receiving> {
  const { config } = options;
  const broker = config.broker.url === undefined ? await embedded(options) : undefined;
  const ingest = newIngest(options, {
    send: (topic, payload) => link.send(topic, payload),
    kept: (origin) => feeds.kept(origin),
  });
  const opened = Promise.withResolvers<undefined>();
  const service = await options.distribute((topic, payload) => link.send(topic, payload));
  const feeds = service.distribution;
  const link = openLink(options, {
    broker,
    ingest,
    feeds,
    opened: () => opened.resolve(undefined),
  });
  // Gateways come in when their messages will be heard; another broker may be away for now.
  if (broker !== undefined) await opened.promise;
  const address = (await broker?.open()) ?? null;
  return {
    ingest,
    feeds,
    recovery: service.recovery,
    address,
    get connectionCount() {
      return broker?.connectionCount ?? 0;
    },
    get entriesKept() {
      return ingest.entriesKept;
    },
    close: async () => {
      await service.close();
      await ingest.stop();
      await link.close();
      await broker?.close();
    },
  };
}

function newIngest(
  options: ReceivingOptions,
  to: { send: (topic: string, payload: Uint8Array) => void; kept: (origin: string) => void },
): Ingest {
  const { keys, custody, clock, log } = options;
  return new Ingest({
    custody,
    durable: keys.durable,
    feedVkey: keys.feed.vkey,
    clock,
    schedule: systemSchedule,
    log,
    send: to.send,
    onKept: (origin, size) => {
      options.onKept(origin, size);
      to.kept(origin);
    },
    onRegressed: options.onRegressed,
    onForked: options.onForked,
    onShown: options.onShown,
  });
}

function embedded({ config, keys, clock, log, ownPassword }: ReceivingOptions): Promise<HqBroker> {
  return startHqBroker({
    tcp: config.mqtt,
    passwordOf: (username) => keys.uplinkPassword(username),
    ownPassword,
    clock,
    log,
  });
}

function openLink(
  { config, ownPassword, clientSuffix, custody, log }: ReceivingOptions,
  parts: {
    broker: HqBroker | undefined;
    ingest: Ingest;
    feeds: FeedDistribution;
    opened: () => void;
  },
): BrokerLink {
  const { broker, ingest, feeds, opened } = parts;
  const link: BrokerLink = new BrokerLink({
    broker:
      broker === undefined
        ? { url: config.broker.url ?? '' }
        : { attach: () => broker.attach(), password: ownPassword },
    clientSuffix,
    onMessage: (topic, payload) => {
      if (!feeds.take(topic, payload)) ingest.receive(topic, payload);
    },
    onOpen: () => {
      opened();
      introduce(custody, (topic, payload) => link.send(topic, payload)).catch((error: unknown) => {
        log.warn({ err: error }, 'the gateways could not be asked for their heads');
      });
    },
    log,
  });
  return link;
}
