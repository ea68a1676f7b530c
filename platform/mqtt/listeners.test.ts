/**
 * Goal: each door speaks MQTT, refuses what is not MQTT, and closes without losing last words.
 * Method: a plain aedes behind real sockets on free ports.
 */
import { execFileSync } from 'node:child_process';
import { connect as connectSocket } from 'node:net';
import { join } from 'node:path';
import { Aedes } from 'aedes';
import mqtt from 'mqtt';
import t from 'tap';
import type { Test } from 'tap';
import { WebSocket } from 'ws';
import { isTillgateError } from '../../protocol/errors.ts';
import { needTool } from '../../test/support/need-tool.ts';
import type { CloseReason } from './connection-contract.ts';
import { startListeners } from './listeners.ts';
import type { ListenerOptions, Listeners } from './listeners.ts';

const ANY_PORT = { host: '127.0.0.1', port: 0 };
const quiet = { info: () => undefined, warn: () => undefined };

async function open(t: Test, options: Partial<ListenerOptions>): Promise<Listeners> {
  const broker = await Aedes.createBroker();
  const listeners = await startListeners({ broker, log: quiet, ...options });
  t.teardown(async () => {
    await listeners.close();
    await new Promise<void>((resolve) => broker.close(resolve));
  });
  return listeners;
}

/** Sends a message to itself through the broker. */
async function echo(url: string, options: mqtt.IClientOptions = {}): Promise<string> {
  const client = await mqtt.connectAsync(url, { reconnectPeriod: 0, ...options });
  const heard = new Promise<string>((resolve) => {
    client.on('message', (_topic, payload) => resolve(payload.toString()));
  });
  await client.subscribeAsync('echo', { qos: 2 });
  await client.publishAsync('echo', 'hello', { qos: 2 });
  const message = await heard;
  await client.endAsync();
  return message;
}

void t.test('TCP and WebSocket speak MQTT 3.1 and 3.1.1', async (t) => {
  const { addresses } = await open(t, { tcp: ANY_PORT, webSocket: ANY_PORT });
  const urls = [
    `mqtt://127.0.0.1:${addresses.tcp?.port ?? 0}`,
    `ws://127.0.0.1:${addresses.webSocket?.port ?? 0}`,
  ];
  for (const url of urls) {
    t.equal(await echo(url), 'hello', url);
    const version3 = { protocolId: 'MQIsdp', protocolVersion: 3, clientId: 'c' } as const;
    t.equal(await echo(url, version3), 'hello', `${url} 3.1`);
  }
});

void t.test('TLS speaks MQTT with the files that are named', async (t) => {
  if (!needTool(t, 'openssl')) return;
  const folder = t.testdir();
  const certFile = join(folder, 'cert.pem');
  const keyFile = join(folder, 'key.pem');
  const words = [
    'req',
    '-x509',
    '-newkey',
    'ed25519',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=store',
  ];
  execFileSync('openssl', [...words, '-keyout', keyFile, '-out', certFile], { stdio: 'pipe' });
  const { addresses } = await open(t, { tls: { ...ANY_PORT, certFile, keyFile } });
  const url = `mqtts://127.0.0.1:${addresses.tls?.port ?? 0}`;
  t.equal(await echo(url, { rejectUnauthorized: false }), 'hello');
});

void t.test('a port that is taken and a file that is missing are named', async (t) => {
  const { addresses } = await open(t, { tcp: ANY_PORT });
  const taken = { host: '127.0.0.1', port: addresses.tcp?.port ?? 0 };
  const broker = await Aedes.createBroker();
  t.teardown(() => new Promise<void>((resolve) => broker.close(resolve)));
  const attempts: Partial<ListenerOptions>[] = [
    { webSocket: ANY_PORT, tcp: taken },
    { tls: { ...ANY_PORT, certFile: '/nowhere/cert.pem', keyFile: '/nowhere/key.pem' } },
  ];
  for (const attempt of attempts) {
    await t.rejects(startListeners({ broker, log: quiet, ...attempt }), {
      code: 'MQTT_LISTEN_FAILED',
    });
  }
  t.ok(
    isTillgateError(
      await startListeners({ broker, log: quiet, tcp: taken }).catch((e: unknown) => e),
    ),
  );
});

void t.test('a WebSocket must offer mqtt and send binary frames', async (t) => {
  const { addresses } = await open(t, { webSocket: ANY_PORT });
  const url = `ws://127.0.0.1:${addresses.webSocket?.port ?? 0}/mqtt`;
  const statusOf = (protocols: string[]): Promise<unknown> =>
    new Promise((resolve) => {
      const socket = new WebSocket(url, protocols);
      socket.on('open', () => {
        resolve(socket.protocol);
        socket.terminate();
      });
      socket.on('unexpected-response', (_request, response) => {
        resolve(response.statusCode);
        response.resume();
      });
      // 'unexpected-response' has said it already.
      socket.on('error', () => undefined);
    });
  t.equal(await statusOf(['mqtt']), 'mqtt');
  t.equal(await statusOf(['chat', 'mqttv3.1']), 'mqttv3.1');
  t.equal(await statusOf(['chat']), 400);
  t.equal(await statusOf([]), 400);
  const talker = new WebSocket(url, ['mqtt']);
  await new Promise((resolve) => talker.once('open', resolve));
  const closed = new Promise((resolve) => talker.once('close', resolve));
  talker.send('text');
  await closed;
  const flooder = new WebSocket(url, ['mqtt']);
  await new Promise((resolve) => flooder.once('open', resolve));
  const cutOff = new Promise((resolve) => flooder.once('close', resolve));
  // One frame of 3 MiB from a stranger is cut off long before it is complete.
  flooder.on('error', () => undefined);
  flooder.send(Buffer.alloc(3 * 1024 * 1024, 0x10));
  await cutOff;
  t.equal((await fetch(url.replace('ws', 'http'))).status, 426);
});

void t.test('closing says good-bye to everybody and then is closed', async (t) => {
  const ends: CloseReason[] = [];
  const listeners = await open(t, {
    tcp: ANY_PORT,
    onClosed: (_c, reason) => void ends.push(reason),
  });
  const port = listeners.addresses.tcp?.port ?? 0;
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 0 });
  const stranger = connectSocket({ port, host: '127.0.0.1' });
  await new Promise((resolve) => stranger.once('connect', resolve));
  const closed = new Promise<void>((resolve) => void client.once('close', () => resolve()));
  const gone = new Promise((resolve) => stranger.once('close', resolve));
  stranger.resume();
  await listeners.close();
  await Promise.all([closed, gone]);
  t.same(ends, ['shutdown', 'shutdown']);
  t.equal(listeners.connectionCount, 0);
});
