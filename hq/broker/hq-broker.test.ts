/**
 * Goal: a gateway reaches its own topics on headquarters' broker and nothing else. Method: real
 * sockets, mqtt.js as gateways, the embedded link as headquarters.
 */
import mqtt from 'mqtt';
import type { MqttClient } from 'mqtt';
import type { EventEmitter } from 'node:events';
import { once } from 'node:events';
import t from 'tap';
import type { Test } from 'tap';
import { silentLog } from '../../platform/logging.ts';
import { systemClock } from '../../platform/system-clock.ts';
import { formatHqTopic, hqTopicFilter } from '../../protocol/replication/hq-topics.ts';
import { BrokerLink } from '../ingest/broker-link.ts';
import { uplinkPassword } from '../keys/hq-keys.ts';
import { startHqBroker } from './hq-broker.ts';

const SECRET = Buffer.alloc(32, 1);
const PLACE = { chain: 'acme', store: 's0417', gateway: 'g1' };
const UP = formatHqTopic({ ...PLACE, direction: 'up', type: 'batch' });
const DOWN = formatHqTopic({ ...PLACE, direction: 'down', type: 'head' });

async function start(t: Test): Promise<{ port: number; link: BrokerLink; got: string[] }> {
  const ownPassword = 'random';
  const broker = await startHqBroker({
    tcp: { host: '127.0.0.1', port: 0 },
    passwordOf: (username) => uplinkPassword(SECRET, username),
    ownPassword,
    clock: systemClock,
    log: silentLog,
  });
  const got: string[] = [];
  const link = await new Promise<BrokerLink>((resolve) => {
    const link = new BrokerLink({
      broker: { attach: () => broker.attach(), password: ownPassword },
      clientSuffix: 'test',
      onMessage: (topic, payload) => got.push(`${topic} ${Buffer.from(payload).toString()}`),
      onOpen: () => resolve(link),
      log: silentLog,
    });
  });
  t.teardown(async () => {
    await link.close();
    await broker.close();
  });
  return { port: (await broker.open()).port, link, got };
}

function connect(
  t: Test,
  port: number,
  login: { username: string; password: string },
): MqttClient & EventEmitter {
  const client = mqtt.connect({ host: '127.0.0.1', port, reconnectPeriod: 0, ...login });
  client.on('error', () => undefined);
  t.teardown(() => client.endAsync(true));
  return client as unknown as MqttClient & EventEmitter;
}

const GATEWAY = { username: 'acme.s0417.g1', password: uplinkPassword(SECRET, 'acme.s0417.g1') };

void t.test('messages go up and heads come down', async (t) => {
  const { port, link, got } = await start(t);
  const gateway = connect(t, port, GATEWAY);
  await once(gateway, 'connect');
  const granted = await gateway.subscribeAsync(hqTopicFilter(PLACE, 'down'), { qos: 1 });
  t.equal(granted[0]?.qos, 1);
  const message = once(gateway, 'message');
  await gateway.publishAsync(UP, 'up', { qos: 1 });
  while (got.length === 0) await new Promise((resolve) => setImmediate(resolve));
  t.same(got, [`${UP} up`]);
  link.send(DOWN, Buffer.from('down'));
  t.match(String((await message)[1]), 'down');
});

void t.test('a wrong password, a foreign name and nobody are refused', async (t) => {
  const { port } = await start(t);
  const logins = [
    { ...GATEWAY, password: 'wrong' },
    { ...GATEWAY, username: 'acme.s0418.g1' },
    { username: 'hq', password: 'wrong' },
    { username: '', password: '' },
  ];
  for (const login of logins) {
    const client = connect(t, port, login);
    const [error] = (await once(client, 'error')) as [{ code?: number }];
    t.equal(error.code, 4, login.username);
  }
});

void t.test('topics of others are closed to a gateway', async (t) => {
  const { port, got } = await start(t);
  const foreign = { ...PLACE, gateway: 'g2' };
  const topics = [
    DOWN,
    formatHqTopic({ ...foreign, direction: 'up', type: 'batch' }),
    'x',
    '$SYS/x',
  ];
  for (const topic of topics) {
    const gateway = connect(t, port, GATEWAY);
    await once(gateway, 'connect');
    const closed = once(gateway, 'close');
    gateway.publish(topic, 'x', { qos: 1 });
    await closed;
  }
  const gateway = connect(t, port, GATEWAY);
  await once(gateway, 'connect');
  for (const filter of ['#', hqTopicFilter(foreign, 'down'), hqTopicFilter(PLACE, 'up')]) {
    const outcome = await gateway.subscribeAsync(filter).then(
      (granted) => granted[0]?.qos,
      () => 128,
    );
    t.equal(outcome, 128, filter);
  }
  t.same(got, []);
});
