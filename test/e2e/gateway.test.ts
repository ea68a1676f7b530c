/**
 * A gateway from outside, as a store meets it: set up with the command line, spoken to by programs
 * that are not ours (mosquitto's clients, Paho), restarted, and looked at. Each scenario has a home
 * and processes of its own.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import mqtt from 'mqtt';
import type { MqttClient } from 'mqtt';
import t from 'tap';
import type { Test } from 'tap';
import { must } from '../../protocol/must.ts';
import { findTool, needPythonModule, needTool, pythonWith } from '../support/need-tool.ts';
import { sampleSale } from '../support/sample-sale.ts';
import { GatewayUnderTest, runProgram } from '../support/tillgate-process.ts';
import type { Finished } from '../support/tillgate-process.ts';
import { ownFolder } from '../support/own-folder.ts';

const PAHO = fileURLToPath(new URL('../support/paho-submit.py', import.meta.url));

t.setTimeout(180_000);

async function gatewayFor(t: Test): Promise<GatewayUnderTest> {
  const gateway = new GatewayUnderTest(ownFolder(t));
  t.teardown(() => gateway.stop('SIGKILL'));
  await gateway.init();
  return gateway;
}

interface Till {
  host: string;
  port: number;
  username: string;
  password: string;
}

function nextMessage(client: MqttClient): Promise<{ topic: string; payload: string }> {
  return new Promise((resolve) => {
    client.once('message', (topic, payload) => resolve({ topic, payload: payload.toString() }));
  });
}

/** Submits with our own client library and gives the result document as text. */
async function submit(till: Till, payload: string): Promise<string> {
  const { host, port, username, password } = till;
  const client = await mqtt.connectAsync({ host, port, username, password, protocolVersion: 4 });
  try {
    await client.subscribeAsync(`transactions/${username}/result`, { qos: 1 });
    const answered = nextMessage(client);
    await client.publishAsync(`transactions/${username}/submit`, payload, { qos: 1 });
    return (await answered).payload;
  } finally {
    await client.endAsync();
  }
}

function mosquitto(program: string, till: Till, words: readonly string[]): Promise<Finished> {
  const { host, port, username, password } = till;
  const login = ['-h', host, '-p', String(port), '-u', username, '-P', password];
  return runProgram(must(findTool(program), 'needTool found it'), [...login, ...words]);
}

void t.test('a sale published with mosquitto_pub is accepted', async (t) => {
  if (!needTool(t, 'mosquitto_pub')) return;
  const gateway = await gatewayFor(t);
  const credential = await gateway.addDevice('till-1');
  const { mqtt: address } = await gateway.start();
  const till = { ...address, ...credential };
  const file = join(gateway.home, 'sale.json');
  writeFileSync(file, sampleSale());
  const heard = mosquitto('mosquitto_sub', till, [
    ...['-t', 'transactions/till-1/result', '-q', '1', '-C', '1', '-W', '20'],
    ...['-i', 'listener', '-c'],
  ]);
  const words = ['-t', 'transactions/till-1/submit', '-q', '1', '-f', file];
  // Whichever comes first: the answer is kept only for who has subscribed, so it is asked for again.
  let result = '';
  void heard.then(({ stdout }) => {
    result = stdout;
  });
  while (result === '') {
    t.equal((await mosquitto('mosquitto_pub', till, words)).exitCode, 0);
  }
  const answer = JSON.parse(result) as { outcome: string; index: number };
  t.equal(answer.outcome, 'accepted');
  t.equal((await gateway.status()).log.size, answer.index + 1);
});

void t.test('a sale submitted with Paho is accepted', async (t) => {
  if (!needPythonModule(t, 'paho.mqtt.client', 'python3-paho-mqtt')) return;
  const gateway = await gatewayFor(t);
  const { username, password } = await gateway.addDevice('till-2');
  const { host, port } = (await gateway.start()).mqtt;
  const python = must(pythonWith('paho.mqtt.client'), 'needPythonModule found it');
  const words = [PAHO, host, String(port), username, password];
  const { stdout, stderr } = await runProgram(python, words, sampleSale());
  t.equal(stderr, '');
  t.match(JSON.parse(stdout || '{}'), { outcome: 'accepted' });
});

void t.test('the same sale gets the same answer, also after a restart and a kill', async (t) => {
  const gateway = await gatewayFor(t);
  const credential = await gateway.addDevice('till-1');
  let { mqtt: address } = await gateway.start();
  const first = await submit({ ...address, ...credential }, sampleSale());
  t.match(JSON.parse(first), { outcome: 'accepted' });
  t.equal(await submit({ ...address, ...credential }, sampleSale()), first);

  t.equal(await gateway.stop('SIGTERM'), 0, 'an orderly stop');
  ({ mqtt: address } = await gateway.start());
  t.equal(await submit({ ...address, ...credential }, sampleSale()), first);

  t.equal(await gateway.stop('SIGKILL'), 'SIGKILL');
  const { log } = await gateway.start();
  ({ mqtt: address } = await gateway.status());
  t.equal(await submit({ ...address, ...credential }, sampleSale()), first);
  t.equal((await gateway.status()).log.size, log.size, 'a duplicate writes no entry');

  const other = await submit({ ...address, ...credential }, sampleSale({ operatorId: 'op-8' }));
  t.match(JSON.parse(other), { outcome: 'conflict' });
});

void t.test('revoking a device disconnects it at once and is an entry', async (t) => {
  const gateway = await gatewayFor(t);
  const { username, password } = await gateway.addDevice('till-1');
  const { host, port } = (await gateway.start()).mqtt;
  const options = {
    host,
    port,
    username,
    password,
    protocolVersion: 4,
    reconnectPeriod: 0,
  } as const;
  const client = await mqtt.connectAsync(options);
  const closed = new Promise<void>((resolve) => client.once('close', resolve));
  const { size } = (await gateway.status()).log;
  await gateway.ok('device', 'revoke', 'till-1');
  await closed;
  t.equal((await gateway.status()).log.size, size + 1);
  await t.rejects(mqtt.connectAsync(options), { code: 4 }, 'and cannot come back');
  t.match(await gateway.json('device', 'list'), {
    devices: [{ deviceId: 'till-1', revokedAt: String }],
  });
});

void t.test('a device with a key has to sign, from the moment the key is enrolled', async (t) => {
  const gateway = await gatewayFor(t);
  const credential = await gateway.addDevice('till-1');
  const { mqtt: address } = await gateway.start();
  const till = { ...address, ...credential };
  const file = join(gateway.home, 'till.jwk');
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };
  writeFileSync(file, JSON.stringify(jwk));
  const key = await gateway.json<{ kid: string }>('device', 'key', 'add', 'till-1', file);
  t.equal(key.kid, 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k', 'RFC 8037 appendix A.3');
  const refused = JSON.parse(await submit(till, sampleSale())) as unknown;
  t.match(refused, { outcome: 'rejected', errors: [{ code: 'TXN_SIGNATURE_REQUIRED' }] });
  await gateway.ok('device', 'key', 'revoke', 'till-1', key.kid);
  t.match(JSON.parse(await submit(till, sampleSale())), { outcome: 'accepted' });
});

void t.test('status, health and metrics tell what happened', async (t) => {
  const gateway = await gatewayFor(t);
  const credential = await gateway.addDevice('till-1');
  const started = await gateway.start();
  const till = { ...started.mqtt, ...credential };
  await submit(till, sampleSale());
  await submit(till, sampleSale());
  await submit(till, '{}');
  const base = `http://${started.http.host}:${started.http.port}`;
  const health = await fetch(`${base}/healthz`);
  t.equal(health.status, 200);
  t.match(await health.json(), { status: 'ok', checks: { ledger: { ok: true } } });
  const metrics = await (await fetch(`${base}/metrics`)).text();
  t.match(metrics, 'tillgate_submissions_total{outcome="accepted",duplicate="false"} 1');
  t.match(metrics, 'tillgate_submissions_total{outcome="accepted",duplicate="true"} 1');
  t.match(metrics, 'tillgate_submissions_total{outcome="rejected",duplicate="false"} 1');
  t.equal((await fetch(`${base}/nothing`)).status, 404);
  const status = await gateway.status();
  t.match(status, { running: true, uplink: { state: 'off' }, entriesOnlyHere: status.log.size });
  t.match(await gateway.ok('status'), 'entries exist on this machine only');
  await gateway.stop();
  const down = await gateway.status();
  t.match(down, { running: false, log: status.log, origin: status.origin });
  t.match(await gateway.ok('status'), 'NOT RUNNING');
});

void t.test('gateway/status is retained for devices', async (t) => {
  const gateway = await gatewayFor(t);
  const { username, password } = await gateway.addDevice('till-1');
  const { host, port } = (await gateway.start()).mqtt;
  const client = await mqtt.connectAsync({ host, port, username, password, protocolVersion: 4 });
  t.teardown(() => client.endAsync());
  const heard = nextMessage(client);
  await client.subscribeAsync('gateway/status', { qos: 1 });
  const { topic, payload } = await heard;
  t.equal(topic, 'gateway/status');
  t.match(JSON.parse(payload), { running: true, mqtt: { port } });
});

void t.test('a second gateway on the same home is refused in words', async (t) => {
  const gateway = await gatewayFor(t);
  await gateway.start();
  const second = await gateway.run('run');
  t.equal(second.exitCode, 75);
  t.match(second.stderr, /Error: .*uses this home already\.\nTry: /s);
  t.equal((await gateway.status()).running, true, 'the first goes on');
});

void t.test('a bad configuration names every problem and starts nothing', async (t) => {
  const gateway = await gatewayFor(t);
  const file = join(gateway.home, 'config.yaml');
  const good = readFileSync(file, 'utf8');
  writeFileSync(
    file,
    good
      .replace('store: s0417', 'store: Shop 417')
      .replace(/level: info/, 'levle: info')
      .replace(/requireSignature: true/, 'requireSignature: perhaps'),
  );
  const { exitCode, stderr } = await gateway.run('run');
  t.equal(exitCode, 78);
  t.match(stderr, /config\.yaml:\d+:\d+ store: got "Shop 417", allowed: lower-case/);
  t.match(stderr, /config\.yaml:\d+:\d+ log\.levle: no such key; did you mean level\?/);
  t.match(stderr, /config\.yaml:\d+:\d+ intake\.requireSignature: got "perhaps", allowed: true/);
  t.match(stderr, /\nTry: /);
});
