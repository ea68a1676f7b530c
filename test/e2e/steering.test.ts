/**
 * Goal: what headquarters tells a gateway is followed by it: a key of its configuration at once, a lock
 * against its technician, a change that crossed another as one conflict, a device that logs in until it
 * is revoked, and commands that are carried out once and answered. A real headquarters, driven over
 * HTTP, and a real gateway, whose file is also changed by hand.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import mqtt from 'mqtt';
import t from 'tap';
import type { Test } from 'tap';
import { gatewayPaths } from '../../config/paths.ts';
import type { ControlClient } from '../../daemon/control/control-client.ts';
import { makeCredential } from '../../daemon/control/device-credential.ts';
import type { GatewayStatus } from '../../daemon/control/gateway-status.ts';
import { openLedgerReader } from '../../daemon/ledger/reader.ts';
import { decodeEntry } from '../../protocol/log/entry.ts';
import {
  askGateway,
  initialiseHomes,
  joinHq,
  mqttOf,
  startGateway,
  startHq,
} from '../support/chain-processes.ts';
import type { ChainHomes } from '../support/chain-processes.ts';
import { ownFolder } from '../support/own-folder.ts';
import { until } from '../support/until.ts';

t.setTimeout(240_000);

/** Tells the addresses of this suite from those of others. */
const NUMBER = 97;
const KEY = 'uplink.maxBytesPerSecond';

type Members = Record<string, unknown>;

class Headquarters {
  readonly #base: string;
  readonly #token: string;

  constructor(home: string, ready: Members) {
    const { host, port } = ready['http'] as { host: string; port: number };
    this.#base = `http://${host}:${port}`;
    this.#token = readFileSync(join(home, 'keys', 'api-token'), 'utf8').trim();
  }

  async get(path: string): Promise<Members> {
    return (await (await fetch(this.#base + path)).json()) as Members;
  }

  async post(path: string, body: unknown): Promise<Members> {
    const headers = {
      authorization: `Bearer ${this.#token}`,
      'content-type': 'application/json',
    };
    const request = { method: 'POST', headers, body: JSON.stringify(body) };
    return (await (await fetch(this.#base + path, request)).json()) as Members;
  }

  /** Of the store's feed. */
  async say(collection: string, ...documents: object[]): Promise<void> {
    const report = await this.post(
      `/api/feeds/publish?store=s0417&collection=${collection}`,
      documents,
    );
    if (report['isPublished'] !== true) throw new Error(JSON.stringify(report));
  }
}

class Gateway {
  readonly #home: string;

  constructor(home: string) {
    this.#home = home;
  }

  async ask<T>(work: (control: ControlClient) => Promise<T>): Promise<T> {
    let failure: unknown;
    const answer = await askGateway(this.#home, async (control) => {
      try {
        return await work(control);
      } catch (error) {
        failure = error;
        throw error;
      }
    });
    if (answer === undefined) throw failure as Error;
    return answer;
  }

  status(): Promise<GatewayStatus> {
    return this.ask((control) => control.call('status', {}));
  }

  get configFile(): string {
    return gatewayPaths(this.#home).configFile;
  }

  get file(): string {
    return readFileSync(this.configFile, 'utf8');
  }

  /** Members of the entries of a kind, in order. */
  entries(kind: string): Members[] {
    const reader = openLedgerReader(gatewayPaths(this.#home).dataDir);
    const headers = [...reader.entries(0, reader.size())].map(
      ({ leaf }) => decodeEntry(leaf).header,
    );
    reader.close();
    return headers.filter((header) => header.kind === kind);
  }
}

async function expectConfiguration(t: Test, hq: Headquarters, gateway: Gateway): Promise<void> {
  await hq.say(
    'config',
    { key: 'log.level', value: 'debug' },
    { key: 'intake.requireSignature', value: false, locked: true },
    { gateway: 'g1', key: 'ledger.queueItems', value: 512 },
    { gateway: 'g2', key: 'timeZone', value: 'Asia/Tokyo' },
    { key: 'mqtt.port', value: 1 },
    { key: 'no.such.key', value: 1 },
  );
  t.ok(await until(() => gateway.entries('config').length >= 5), 'each is on record');
  t.match(gateway.file, /level: debug/);
  t.notMatch(gateway.file, /Tokyo/);
  t.match((await gateway.status()).steering, {
    configuration: {
      locked: ['intake.requireSignature'],
      restartNeeded: ['ledger.queueItems'],
      refused: [
        { key: 'mqtt.port', code: 'CONFIG_LOCAL' },
        { key: 'no.such.key', code: 'CONFIG_UNKNOWN_KEY' },
      ],
    },
  });
  const set = { key: 'intake.requireSignature', text: 'true' };
  await t.rejects(
    gateway.ask((control) => control.call('config.set', set)),
    { code: 'CONFIG_LOCKED' },
  );
  const text = gateway.file.replace('requireSignature: false', 'requireSignature: true');
  writeFileSync(gateway.configFile, text.replace('language: en', 'language: de'));
  t.ok(await until(() => gateway.file.includes('requireSignature: false')), 'the lock holds');
  t.match(gateway.file, /language: de/, 'and what was not locked stays');
}

async function expectConflict(t: Test, hq: Headquarters, gateway: Gateway): Promise<void> {
  await gateway.ask((control) => control.call('config.set', { key: KEY, text: '7000' }));
  await hq.say('config', { key: KEY, value: 8_000 });
  t.ok(await until(() => gateway.file.includes('maxBytesPerSecond: 8000')));
  t.ok(await until(() => gateway.entries('config').at(-1)?.['value'] === 8_000));
  const conflicts = gateway.entries('conflict');
  t.equal(conflicts.length, 1);
  t.match(conflicts, [{ rule: 'configLater', winner: 0, sides: [{ says: '8000' }, {}] }]);
  const back = await gateway.ask((control) => control.call('config.revert', { key: KEY }));
  t.match(back, { value: 7_000 });
  t.match(gateway.file, /maxBytesPerSecond: 7000/);
  const { history } = await gateway.ask((control) =>
    control.call('config.history', { key: KEY, limit: '9' }),
  );
  t.match(history, [{ action: 'reverted' }, { action: 'published' }, { action: 'set' }]);
}

async function expectDevice(
  t: Test,
  hq: Headquarters,
  { gateway, at }: { gateway: Gateway; at: { host: string; port: number } },
): Promise<void> {
  const { password, credential } = await makeCredential();
  const device = { deviceId: 'board-1', role: 'board', credential };
  await hq.say('device', device);
  t.ok(await until(async () => ((await gateway.status()).steering?.refused.length ?? 0) > 0));
  await hq.say('role', { roleId: 'board', subscribe: ['gateway/status'] });
  const has = async (): Promise<boolean> => (await gateway.status()).devices.enrolled === 1;
  t.ok(await until(has), 'in force as soon as its role is');
  const who = { username: 'board-1', password, reconnectPeriod: 0, protocolVersion: 4 } as const;
  const board = await mqtt.connectAsync({ ...at, ...who });
  t.match(await board.subscribeAsync('gateway/status'), [{ qos: 0 }]);
  t.match(await gateway.ask((control) => control.call('device.list', {})), {
    devices: [{ deviceId: 'board-1', from: 'headquarters', revokedAt: null }],
  });
  const closed = new Promise<void>((resolve) => void board.once('close', () => resolve()));
  await hq.say('device', { ...device, revoked: true });
  await closed;
  await t.rejects(mqtt.connectAsync({ ...at, ...who }), 'it is revoked');
}

/** Something that a driver connects to: each restart is another connection. */
async function listener(t: Test): Promise<{ port: number; seen: () => number }> {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.on('error', () => undefined).resume();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  return { port: (server.address() as AddressInfo).port, seen: () => connections };
}

async function expectCommands(t: Test, hq: Headquarters, gateway: Gateway): Promise<void> {
  const line = await listener(t);
  await gateway.ask((control) =>
    control.call('peripheral.add', {
      ...{ peripheralId: 'printer-1', driver: 'pos-printer/escpos', options: '{}' },
      address: `tcp://127.0.0.1:${line.port}`,
    }),
  );
  t.ok(await until(() => line.seen() > 0));
  const before = line.seen();
  const restart = { store: 's0417', action: 'restartPeripheral', peripheralId: 'printer-1' };
  t.match(await hq.post('/api/commands', { store: 's0417', action: 'dance' }), {
    code: 'FEED_DOCUMENT_INVALID',
  });
  await hq.post('/api/commands', restart);
  await hq.post('/api/commands', { ...restart, gateway: 'g9' });
  const { commandId } = await hq.post('/api/commands', { ...restart, peripheralId: 'none' });
  const fetched = await hq.post('/api/commands', { store: 's0417', action: 'fetchDiagnostics' });
  const answered = async (id: unknown): Promise<boolean> => {
    const { answers } = await hq.get(`/api/commands/${String(id)}`);
    return (answers as unknown[]).length === 2;
  };
  t.ok(await until(() => answered(fetched['commandId'])), 'headquarters has the answers');
  t.ok(await until(() => line.seen() > before), 'the printer was opened again');
  t.match(await hq.get(`/api/commands/${String(fetched['commandId'])}`), {
    answers: [
      { state: 'done', gateway: 'g1', body: { status: { version: String }, log: [String] } },
      { state: 'begun' },
    ],
  });
  t.match(await hq.get(`/api/commands/${String(commandId)}`), {
    answers: [{ state: 'refused', members: { code: 'PERIPHERAL_UNKNOWN' } }, { state: 'begun' }],
  });
  t.equal(((await hq.get('/api/commands'))['commands'] as unknown[]).length, 4);
  const states = gateway.entries('audit').filter(({ event }) => event === 'command');
  t.equal(states.length, 6, 'none for another gateway');
}

void t.test('headquarters steers a gateway', async (t) => {
  const folder = ownFolder(t);
  const homes: ChainHomes = { gateway: join(folder, 'gateway'), hq: join(folder, 'hq') };
  await initialiseHomes(homes, NUMBER);
  const hqProcess = startHq(homes.hq);
  let gatewayProcess = startGateway(homes.gateway);
  t.teardown(() => Promise.all([hqProcess.end(), gatewayProcess.end()]));
  const hq = new Headquarters(homes.hq, (await hqProcess.ready()) ?? {});
  const gateway = new Gateway(homes.gateway);
  const at = mqttOf((await gatewayProcess.ready()) ?? {});
  await joinHq(homes);
  await expectConfiguration(t, hq, gateway);
  await expectConflict(t, hq, gateway);
  await expectDevice(t, hq, { gateway, at });
  await expectCommands(t, hq, gateway);
  await gatewayProcess.end();
  const said = ['config', 'conflict', 'audit', 'device'].map(
    (kind) => gateway.entries(kind).length,
  );
  gatewayProcess = startGateway(homes.gateway);
  await gatewayProcess.ready();
  t.match((await gateway.status()).steering, { configuration: { restartNeeded: [] } });
  const again = ['config', 'conflict', 'audit', 'device'].map(
    (kind) => gateway.entries(kind).length,
  );
  t.strictSame(again, said, 'a restart says nothing twice');
});
