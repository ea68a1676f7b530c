/**
 * The control operations over a real socket, with real files and the ledger's own store in this
 * process: what a command asks, what is recorded, and in which order things take effect.
 */
import { generateKeyPairSync } from 'node:crypto';
import { cpSync, existsSync, statSync, symlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { DEFAULT_ROLES } from '../../config/default-roles.ts';
import { silentLog } from '../../platform/logging.ts';
import { systemClock } from '../../platform/system-clock.ts';
import { must } from '../../protocol/must.ts';
import { TillgateError } from '../../protocol/errors.ts';
import { verifyPassword } from '../broker/credential.ts';
import type { Answer, Append } from '../ledger/commands.ts';
import { connectControl } from './control-client.ts';
import type { ControlClient } from './control-client.ts';
import { startControlServer } from './control-server.ts';
import { findSocketPath } from '../../platform/control/control-socket.ts';
import { DeviceOperations } from './device-operations.ts';
import { DeviceRegistry } from './device-registry.ts';
import type { VerbTable } from './verbs.ts';

const notAsked = (): never => {
  throw new TillgateError('INTERNAL', 'this test does not ask for it');
};

interface Lab {
  client: ControlClient;
  path: string;
  registry: DeviceRegistry;
  entries: Append[];
  revoked: string[];
  /** Set to make the ledger refuse. */
  ledger: { fails: boolean };
}

async function labFor(t: Test, wanted = 'control.sock'): Promise<Lab> {
  const folder = t.testdir();
  const registry = await DeviceRegistry.open(join(folder, 'registry.json'));
  const entries: Append[] = [];
  const revoked: string[] = [];
  const ledger = { fails: false };
  const append = (command: Append): Promise<Answer> => {
    if (ledger.fails) return Promise.reject(new TillgateError('LEDGER_DISK_FULL', 'full'));
    entries.push(command);
    const index = entries.length;
    const payload = new Uint8Array();
    return Promise.resolve({ outcome: 'appended', origin: 'o', index, payload, duplicate: false });
  };
  const devices = new DeviceOperations({
    registry,
    ledger: { append },
    roles: () => DEFAULT_ROLES,
    clock: systemClock,
    onRevoked: (deviceId) => void revoked.push(deviceId),
  });
  const verbs: VerbTable = {
    status: notAsked,
    'alarm.list': notAsked,
    'alarm.clear': notAsked,
    'device.add': (request) => devices.add(request),
    'device.list': () => ({ devices: devices.list() }),
    'device.revoke': ({ deviceId }) => devices.revoke(deviceId),
    'device.key.add': ({ deviceId, key }) => devices.addKey(deviceId, key),
    'device.key.list': ({ deviceId }) => ({ keys: devices.listKeys(deviceId) }),
    'device.key.revoke': ({ deviceId, kid }) => devices.revokeKey(deviceId, kid),
    'peripheral.add': notAsked,
    'peripheral.list': notAsked,
    'peripheral.remove': notAsked,
    'peripheral.test': notAsked,
    'peripheral.log': notAsked,
    'config.set': notAsked,
    'config.revert': notAsked,
    'config.diff': notAsked,
    'config.history': notAsked,
    'price.list': notAsked,
    'price.set': notAsked,
    'price.withdraw': notAsked,
    'enrolment.install': notAsked,
    'conflict.list': notAsked,
    'conflict.show': notAsked,
    'conflict.resolve': notAsked,
    'log.giveUp': notAsked,
    'head.sign': notAsked,
  };
  const path = join(folder, wanted);
  const server = await startControlServer({ path, verbs, log: silentLog });
  t.teardown(() => server.close());
  const client = must(await connectControl(path), 'the server listens');
  t.teardown(() => client.close());
  return { client, path, registry, entries, revoked, ledger };
}

void t.test('a device is enrolled, and only a hash of its password is kept', async (t) => {
  const { client, registry, entries } = await labFor(t);
  const made = await client.call('device.add', { deviceId: 'till-1', role: 'till' });
  t.ok(made.password.length >= 24);
  const device = must(registry.live('till-1'), 'it was just added');
  t.match(device.passwordHash, /^scrypt\$/);
  t.ok(await verifyPassword(Buffer.from(made.password), device.passwordHash));
  t.match(entries, [
    { kind: 'device', deviceId: 'till-1', members: { action: 'deviceAdded', role: 'till' } },
  ]);
  t.notMatch(JSON.stringify(entries), made.password);
});

void t.test('without its entry nothing takes effect', async (t) => {
  const { client, registry, ledger, revoked } = await labFor(t);
  await client.call('device.add', { deviceId: 'till-1', role: 'till' });
  ledger.fails = true;
  await t.rejects(client.call('device.add', { deviceId: 'till-2', role: 'till' }), {
    code: 'LEDGER_DISK_FULL',
  });
  t.equal(registry.find('till-2'), undefined);
  await t.rejects(client.call('device.revoke', { deviceId: 'till-1' }));
  t.ok(registry.live('till-1'));
  t.strictSame(revoked, []);
});

void t.test(
  'revoking ends the device, its keys and its connections; its name is free again',
  async (t) => {
    const { client, registry, revoked } = await labFor(t);
    const { publicKey } = generateKeyPairSync('ed25519');
    const key = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const first = await client.call('device.add', { deviceId: 'till-1', role: 'till', key });
    t.equal(registry.liveKeys('till-1').length, 1);
    await client.call('device.revoke', { deviceId: 'till-1' });
    t.strictSame(revoked, ['till-1']);
    t.equal(registry.live('till-1'), undefined);
    t.equal(registry.liveKeys('till-1').length, 0);
    await t.rejects(client.call('device.revoke', { deviceId: 'till-1' }), {
      code: 'DEVICE_UNKNOWN',
    });
    const second = await client.call('device.add', { deviceId: 'till-1', role: 'kiosk' });
    t.not(second.password, first.password);
  },
);

void t.test('keys come and go, and their public half is in the log', async (t) => {
  const { client, registry, entries } = await labFor(t);
  await client.call('device.add', { deviceId: 'till-1', role: 'till' });
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = JSON.stringify(publicKey.export({ format: 'jwk' }));
  const { kid, alg } = await client.call('device.key.add', { deviceId: 'till-1', key });
  t.equal(alg, 'ES256');
  t.match(entries.at(-1)?.members, { action: 'keyAdded', kid, publicKey: { crv: 'P-256' } });
  await t.rejects(client.call('device.key.add', { deviceId: 'till-1', key }), {
    code: 'DEVICE_KEY_EXISTS',
  });
  await client.call('device.key.revoke', { deviceId: 'till-1', kid });
  t.strictSame(registry.liveKeys('till-1'), []);
  t.match(await client.call('device.key.list', { deviceId: 'till-1' }), {
    keys: [{ kid, revokedAt: String }],
  });
});

void t.test('keys that are none, or private, or of another kind are refused', async (t) => {
  const { client, entries } = await labFor(t);
  await client.call('device.add', { deviceId: 'till-1', role: 'till' });
  const { privateKey } = generateKeyPairSync('ed25519');
  const { publicKey: rsa } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { publicKey: p384 } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const bad: [string, RegExp][] = [
    ['', /cannot be read/],
    ['{"kty":"OKP"', /cannot be read/],
    [privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), /private key/],
    [JSON.stringify(privateKey.export({ format: 'jwk' })), /private key/],
    [rsa.export({ type: 'spki', format: 'pem' }).toString(), /of type rsa/],
    [p384.export({ type: 'spki', format: 'pem' }).toString(), /secp384r1/],
  ];
  for (const [key, message] of bad) {
    const asked = client.call('device.key.add', { deviceId: 'till-1', key });
    await t.rejects(asked, { code: 'DEVICE_KEY_INVALID', message });
  }
  t.equal(entries.length, 1);
});

void t.test('bad names, roles and a name that is taken are refused in words', async (t) => {
  const { client } = await labFor(t);
  const add = (deviceId: string, role: string) => client.call('device.add', { deviceId, role });
  await t.rejects(add('Till/1', 'till'), { code: 'USAGE' });
  await t.rejects(add('till-1', 'boss'), { code: 'ROLE_UNKNOWN', message: /till, kiosk/ });
  await t.rejects(add('till-1', 'toString'), { code: 'ROLE_UNKNOWN' });
  const both = await Promise.allSettled([add('till-1', 'till'), add('till-1', 'till')]);
  t.strictSame(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
});

void t.test('the socket is its owner’s, speaks lines, and survives nonsense', async (t) => {
  const { client, path } = await labFor(t);
  const socketPath = findSocketPath(path);
  t.equal(statSync(socketPath).mode & 0o777, 0o600);
  const answers = await new Promise<string>((resolve) => {
    let text = '';
    const socket = connect(socketPath);
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.trimEnd().split('\n').length === 4) socket.destroy();
    });
    socket.on('close', () => resolve(text));
    socket.write('no json\n{"id":2,"verb":"constructor"}\n[]\n{"id":4,"verb":"device.revoke"}\n');
  });
  for (const line of answers.trimEnd().split('\n')) t.match(JSON.parse(line), { ok: false });
  t.match(answers.split('\n')[3], /CONTROL_PROTOCOL/);
  t.strictSame(await client.call('device.list', {}), { devices: [] }, 'others are still served');
});

void t.test('a home with a long path has its socket elsewhere, found all the same', async (t) => {
  const { client, path } = await labFor(t, join('d'.repeat(60), 'e'.repeat(60), 'control.sock'));
  t.notOk(existsSync(path));
  t.strictSame(await client.call('device.list', {}), { devices: [] });
});

void t.test('a copy of such a home does not lead to the daemon of the first one', async (t) => {
  const long = join('d'.repeat(60), 'e'.repeat(60));
  const { path } = await labFor(t, join(long, 'control.sock'));
  const copy = `${dirname(path)}-copy`;
  cpSync(dirname(path), copy, { recursive: true });
  t.equal(await connectControl(join(copy, 'control.sock')), undefined);
  const linked = join(t.testdirName, 'link');
  symlinkSync(dirname(path), linked);
  const client = await connectControl(join(linked, 'control.sock'));
  t.ok(client, 'another way to the same home does');
  client?.close();
});

void t.test('where nobody listens there is no client', async (t) => {
  t.equal(await connectControl(join(t.testdir(), 'control.sock')), undefined);
  t.equal(await connectControl(join(t.testdir({ file: '' }), 'file')), undefined);
});
