/** Headquarters' broker: whatever gateways and strangers send, an honest gateway is still heard. */
import { strict as assert } from 'node:assert';
import mqtt from 'mqtt';
import mqttPacket from 'mqtt-packet';
import { startHqBroker } from '../../hq/broker/hq-broker.ts';
import { BrokerLink } from '../../hq/ingest/broker-link.ts';
import { silentLog } from '../../platform/logging.ts';
import { systemClock } from '../../platform/system-clock.ts';
import { formatHqTopic } from '../../protocol/replication/hq-topics.ts';
import { decodeMessage } from '../../protocol/replication/messages.ts';
import { cut } from './mutate.ts';
import { PacketSource } from './packet-source.ts';
import { sendAndLeave } from './peer.ts';
import { REPLICATION_SEEDS } from './replication-target.ts';
import type { OpenTarget } from './targets.ts';

const LOGIN = { userName: 'acme.s0417.g1', password: 'for the fuzzer' };
const PLACE = { chain: 'acme', store: 's0417', gateway: 'g1' };
const UP = formatHqTopic({ ...PLACE, direction: 'up', type: 'batch' });
const DOWN = formatHqTopic({ ...PLACE, direction: 'down', type: 'head' });

export async function openHqTarget(): Promise<OpenTarget> {
  const broker = await startHqBroker({
    tcp: { host: '127.0.0.1', port: 0 },
    passwordOf: () => LOGIN.password,
    ownPassword: 'own',
    clock: systemClock,
    log: silentLog,
  });
  const heard = new Set<string>();
  const link = await openLink(
    () => broker.attach(),
    (payload) => {
      decodeMessage(payload);
      heard.add(Buffer.from(payload).toString('latin1'));
      if (heard.size > HEARD_MAX) heard.clear();
    },
  );
  const { port } = await broker.open();
  const source = new PacketSource(LOGIN, gatewayPackets());
  let checks = 0;
  return {
    run: (random) => sendAndLeave(port, cut(source.stream(random), random)),
    async check() {
      checks += 1;
      const gateway = await mqtt.connectAsync({
        port,
        username: LOGIN.userName,
        password: LOGIN.password,
      });
      await gateway.publishAsync(UP, `honest ${checks}`, { qos: 1 });
      await gateway.endAsync();
      assert.ok(heard.has(`honest ${checks}`), 'headquarters hears an honest gateway');
    },
    async close() {
      await link.close();
      await broker.close();
    },
  };
}

const HEARD_MAX = 1_000;

async function openLink(
  attach: () => ReturnType<Awaited<ReturnType<typeof startHqBroker>>['attach']>,
  onPayload: (payload: Uint8Array) => void,
): Promise<BrokerLink> {
  const opened = Promise.withResolvers<undefined>();
  const link = new BrokerLink({
    broker: { attach, password: 'own' },
    clientSuffix: 'fuzz',
    onMessage: (_topic, payload) => onPayload(payload),
    onOpen: () => opened.resolve(undefined),
    log: silentLog,
  });
  await opened.promise;
  return link;
}

function gatewayPackets(): Buffer[] {
  const flags = { qos: 1, messageId: 3, dup: false, retain: false } as const;
  const publishes = REPLICATION_SEEDS.map((payload) =>
    mqttPacket.generate({ cmd: 'publish', topic: UP, payload, ...flags }),
  );
  const subscriptions = [{ topic: DOWN, qos: 1 as const }];
  const subscribe = mqttPacket.generate({ cmd: 'subscribe', messageId: 2, subscriptions });
  // As many of these as of all others together, or the corpus' own topics would close all.
  return Array.from({ length: 20 }, () => [subscribe, ...publishes]).flat();
}
