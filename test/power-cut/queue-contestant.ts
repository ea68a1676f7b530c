/**
 * Tillgate, asked what mosquitto is asked: messages at QoS 1 for a subscriber that is away. How many of
 * those that were acknowledged before a power cut are not delivered after it?
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import mqtt from 'mqtt';
import type { MqttClient } from 'mqtt';
import { initialiseHomes, mqttOf, must, startGateway } from '../support/chain-processes.ts';
import type { ServiceProcess } from '../support/chain-processes.ts';
import { addLabRole } from '../support/lab-gateway.ts';
import { run } from '../support/leftovers.ts';
import type { Credential } from '../support/till-under-test.ts';
import type { Cut, CutDisk } from './cut-disk.ts';
import type { Loss } from './mosquitto-contestant.ts';

export interface QueueTrial {
  messages: number;
  /** Spread over the messages, the last one when all are acknowledged. */
  cuts: number;
  /** Published before the first of them is acknowledged. */
  inFlight: number;
  /** After each message; a counter does not sell faster. */
  pauseMs: number;
}

const TOPIC = 'lab/sales';
/** As long as a small sale. */
const PAYLOAD_BYTES = 800;
/** After so long without another message none will come. */
const QUIET_MS = 2_000;

interface Devices {
  publisher: Credential;
  subscriber: Credential;
}

export async function lossOfQueue(disk: CutDisk, trial: QueueTrial): Promise<Loss> {
  const { homes } = disk;
  await initialiseHomes(homes, 1);
  addLabRole(join(homes.gateway, 'config.yaml'));
  const devices = {
    publisher: await enrol(homes.gateway, 'publisher'),
    subscriber: await enrol(homes.gateway, 'subscriber'),
  };
  run('sync', '-f', homes.gateway);
  const gateway = startGateway(homes.gateway);
  await leaveSession(await connect(gateway, devices.subscriber, 'kept'));
  const publisher = await connect(gateway, devices.publisher);
  const moments = await publish(publisher, disk, trial);
  publisher.end(true);
  await gateway.end();
  disk.unmount();
  let lost = 0;
  for (const { cut, acknowledged } of moments) {
    const missing = (home: string): Promise<number> => countMissing(home, devices, acknowledged);
    lost += await disk.inspect(cut, (found) => missing(found.gateway));
  }
  return { acknowledged: trial.messages, lost };
}

async function enrol(home: string, deviceId: string): Promise<Credential> {
  const words = ['device', 'add', deviceId, '--role', 'lab', '--json', '--home', home];
  return JSON.parse(await must(words)) as Credential;
}

async function connect(
  gateway: ServiceProcess,
  credential: Credential,
  clientId?: string,
): Promise<MqttClient> {
  const ready = await gateway.ready();
  if (ready === undefined) throw new Error(gateway.log);
  const session = clientId === undefined ? {} : { clientId, clean: false };
  const always = { reconnectPeriod: 0, protocolVersion: 4 } as const;
  return mqtt.connectAsync({ ...mqttOf(ready), ...credential, ...always, ...session });
}

async function leaveSession(client: MqttClient): Promise<void> {
  await client.subscribeAsync(TOPIC, { qos: 1 });
  await client.endAsync();
}

/** Publishes all; gives each cut with how many, from the first on, were acknowledged before it. */
async function publish(
  client: MqttClient,
  disk: CutDisk,
  { messages, cuts, inFlight, pauseMs }: QueueTrial,
): Promise<{ cut: Cut; acknowledged: number }[]> {
  const moments: { cut: Cut; acknowledged: number }[] = [];
  const flying: Promise<unknown>[] = [];
  for (let number = 0; number < messages + inFlight; number += 1) {
    if (number < messages) {
      const payload = String(number).padEnd(PAYLOAD_BYTES, '.');
      flying.push(client.publishAsync(TOPIC, payload, { qos: 1 }));
      if (pauseMs > 0) await delay(pauseMs);
    }
    const acknowledged = number + 1 - inFlight;
    if (acknowledged <= 0) continue;
    await flying.shift();
    if (acknowledged < ((moments.length + 1) * messages) / cuts) continue;
    moments.push({ acknowledged, cut: disk.cut() });
  }
  return moments;
}

async function countMissing(
  home: string,
  { subscriber }: Devices,
  acknowledged: number,
): Promise<number> {
  const gateway = startGateway(home);
  try {
    const missing = new Set(Array(acknowledged).keys());
    const ready = await gateway.ready();
    if (ready === undefined) throw new Error(gateway.log);
    const client = mqtt.connect({
      ...{ ...mqttOf(ready), ...subscriber, clientId: 'kept', clean: false },
      ...{ reconnectPeriod: 0, protocolVersion: 4 },
    });
    client.on('message', (_topic, payload) => {
      missing.delete(Number.parseInt(payload.toString(), 10));
    });
    for (let before = -1; before !== missing.size && missing.size > 0;) {
      before = missing.size;
      await delay(QUIET_MS);
    }
    await client.endAsync(true);
    return missing.size;
  } finally {
    await gateway.end();
  }
}
