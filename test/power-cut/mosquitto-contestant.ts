/**
 * Mosquitto keeps messages for a subscriber that is away: how many of those that it acknowledged are
 * still delivered after a power cut?
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import mqtt from 'mqtt';
import { awaited } from '../support/chain-processes.ts';
import { freePort } from '../support/mosquitto.ts';
import { findTool } from '../support/need-tool.ts';
import type { CutDisk } from './cut-disk.ts';
import { run } from '../support/leftovers.ts';

export interface Loss {
  acknowledged: number;
  lost: number;
}

const TOPIC = 'sales';
const SUBSCRIBER = { clientId: 'headquarters', clean: false } as const;
/** As long as a small sale. */
const PAYLOAD_BYTES = 800;
/** One message after the other, as a counter sells; a broker that saves now and then has the time. */
const PAUSE_MS = 4;
const START_MS_MAX = 10_000;
/** After so long without another message none will come. */
const QUIET_MS = 2_000;

/** `options` are lines of mosquitto.conf. */
export async function lossOfMosquitto(
  disk: CutDisk,
  options: readonly string[],
  messages: number,
): Promise<Loss> {
  const port = await freePort();
  const { gateway: folder } = disk.homes;
  mkdirSync(folder, { recursive: true });
  run('sync', '-f', folder);
  const broker = await start(folder, port, options);
  const subscriber = await connect(port, SUBSCRIBER);
  await subscriber.subscribeAsync(TOPIC, { qos: 1 });
  await subscriber.endAsync();
  const publisher = await connect(port, { clientId: 'till' });
  for (let number = 0; number < messages; number += 1) {
    await publisher.publishAsync(TOPIC, String(number).padEnd(PAYLOAD_BYTES, '.'), { qos: 1 });
    await delay(PAUSE_MS);
  }
  const cut = disk.cut();
  publisher.end(true);
  await kill(broker);
  disk.unmount();
  const got = await disk.inspect(cut, async (homes) => {
    const again = await start(homes.gateway, port, options);
    const delivered = await receive(port);
    await kill(again);
    return delivered;
  });
  return { acknowledged: messages, lost: messages - got };
}

async function start(
  folder: string,
  port: number,
  options: readonly string[],
): Promise<ChildProcess> {
  const config = join(folder, 'mosquitto.conf');
  const lines = [
    `listener ${port} 127.0.0.1`,
    'allow_anonymous true',
    // It would give up being root otherwise, and could not write there.
    'user root',
    'persistence true',
    `persistence_location ${folder}/`,
    // As it comes it keeps 1,000 for a subscriber; this is about the disk.
    'max_queued_messages 0',
    ...options,
  ];
  writeFileSync(config, `${lines.join('\n')}\n`);
  const broker = spawn(findTool('mosquitto') ?? 'mosquitto', ['-c', config], { stdio: 'ignore' });
  const open = await awaited(async () => {
    const client = await connect(port, { clientId: 'probe' }).catch(() => undefined);
    await client?.endAsync();
    return client;
  }, START_MS_MAX);
  if (open === undefined) throw new Error('mosquitto did not start');
  return broker;
}

function connect(port: number, options: mqtt.IClientOptions): Promise<mqtt.MqttClient> {
  const always = { reconnectPeriod: 0, protocolVersion: 4 } as const;
  return mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { ...always, ...options }, false);
}

async function receive(port: number): Promise<number> {
  const numbers = new Set<number>();
  const client = mqtt.connect({ host: '127.0.0.1', port, reconnectPeriod: 0, ...SUBSCRIBER });
  client.on('message', (_topic, payload) => numbers.add(Number.parseInt(payload.toString(), 10)));
  await new Promise<void>((resolve) => client.once('connect', () => resolve()));
  for (let before = -1; before < numbers.size;) {
    before = numbers.size;
    await delay(QUIET_MS);
  }
  await client.endAsync(true);
  return numbers.size;
}

async function kill(broker: ChildProcess): Promise<void> {
  const exited = once(broker, 'exit');
  broker.kill('SIGKILL');
  await exited;
}
