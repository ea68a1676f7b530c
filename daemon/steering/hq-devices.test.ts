/**
 * Goal: what headquarters says of a device counts at the door, what was enrolled here comes back after
 * it, a revocation here holds until headquarters says something else, and what is wrong changes nothing.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { DEFAULT_ROLES } from '../../config/default-roles.ts';
import { systemClock } from '../../platform/system-clock.ts';
import { DeviceOperations } from '../control/device-operations.ts';
import { DeviceRegistry } from '../control/device-registry.ts';
import type { Append } from '../ledger/commands.ts';
import { HqDevices, rolesInForce } from './hq-devices.ts';
import type { HqWords, Placed } from './hq-words.ts';

const HASH = `scrypt$14$8$1$${'a'.repeat(22)}$${'b'.repeat(43)}`;
const OTHER = `scrypt$14$8$1$${'c'.repeat(22)}$${'d'.repeat(43)}`;

const placed = { origin: 'd/acme/hq/hq/e1', entry: 3, scope: 'store', rank: 2 } as const;
const device = (deviceId: string, more: object = {}): Placed<'device'> => {
  return { ...placed, document: { deviceId, role: 'till', credential: HASH, ...more } };
};
const role = (roleId: string, publish: string[]): Placed<'role'> => {
  return { ...placed, document: { roleId, publish } };
};
const words = (devices: Placed<'device'>[], roles: Placed<'role'>[] = []): HqWords => {
  return { scopes: ['chain', 'store'], config: [], devices, roles, commands: [] };
};

async function labFor(t: Test) {
  const folder = mkdtempSync(join(tmpdir(), 'hq-devices-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'registry.json');
  const registry = await DeviceRegistry.open(path);
  const entries: Append[] = [];
  const closed: string[] = [];
  const once = new Set<string>();
  const ledger = {
    append: (command: Append) => {
      const duplicate = command.once !== undefined && once.has(command.once);
      if (command.once !== undefined) once.add(command.once);
      if (!duplicate) entries.push(command);
      const answer = { outcome: 'appended' as const, origin: 'o', index: entries.length };
      return Promise.resolve({ ...answer, payload: new Uint8Array(), duplicate });
    },
  };
  const parts = { registry, ledger, clock: systemClock };
  const own = () => DEFAULT_ROLES;
  const disconnect = (deviceId: string): void => void closed.push(deviceId);
  const local = new DeviceOperations({ ...parts, roles: own, onRevoked: disconnect });
  const hq = new HqDevices({ ...parts, ownRoles: own, disconnect });
  return { path, registry, entries, closed, local, hq };
}

void t.test('headquarters’ device stands before a local one, which comes back', async (t) => {
  const { path, registry, entries, closed, local, hq } = await labFor(t);
  await local.add({ deviceId: 't1', role: 'kiosk' });
  const enrolled = registry.find('t1');
  await hq.follow(words([device('t1'), device('t2')]));
  t.match(registry.live('t1'), { role: 'till', passwordHash: HASH });
  t.match(registry.live('t2'), { passwordHash: HASH });
  t.strictSame(closed, ['t1']);
  await hq.follow(words([device('t1'), device('t2')]));
  t.equal(entries.length, 3, 'each once');
  await t.rejects(local.add({ deviceId: 't2', role: 'till' }), { code: 'DEVICE_EXISTS' });
  await t.rejects(local.addKey('t2', 'x'), { code: 'DEVICE_FROM_HEADQUARTERS' });
  t.match(local.list(), [{ from: 'headquarters' }, { from: 'headquarters' }]);
  await hq.follow({ ...words([]), scopes: ['chain'] });
  t.match(
    registry.live('t2'),
    { passwordHash: HASH },
    'a feed that is not there takes nothing back',
  );
  await hq.follow(words([]));
  t.strictSame(registry.find('t1'), enrolled);
  t.equal(registry.live('t2'), undefined);
  t.same((await DeviceRegistry.open(path)).all(), registry.all());
});

void t.test('a revocation here holds until headquarters says something else', async (t) => {
  const { registry, closed, local, hq } = await labFor(t);
  await hq.follow(words([device('t1')]));
  await local.revoke('t1');
  await hq.follow(words([device('t1')]));
  t.equal(registry.live('t1'), undefined);
  await t.rejects(local.add({ deviceId: 't1', role: 'till' }), {
    code: 'DEVICE_FROM_HEADQUARTERS',
  });
  await hq.follow(words([device('t1', { credential: OTHER })]));
  t.match(registry.live('t1'), { passwordHash: OTHER });
  closed.length = 0;
  await hq.follow(words([device('t1', { credential: OTHER, revoked: true })]));
  t.equal(registry.live('t1'), undefined);
  t.strictSame(closed, ['t1']);
});

void t.test('what is wrong changes nothing, and is on record once', async (t) => {
  const { registry, entries, hq } = await labFor(t);
  await hq.follow(words([device('t1')]));
  const wrong = words([
    device('t1', { credential: 'secret' }),
    device('t2', { role: 'pilot' }),
    device('t3', { keys: ['no key'] }),
  ]);
  await hq.follow(wrong);
  await hq.follow(wrong);
  t.match(hq.refused, [
    { id: 't1', code: 'DEVICE_CREDENTIAL_INVALID' },
    { id: 't2', code: 'ROLE_UNKNOWN' },
    { id: 't3', code: 'DEVICE_KEY_INVALID' },
  ]);
  t.match(registry.live('t1'), { passwordHash: HASH });
  t.equal(entries.length, 4);
});

void t.test('roles stand beside those of the configuration, and change at the door', async (t) => {
  const { registry, closed, hq } = await labFor(t);
  const pilot = device('t1', { role: 'pilot' });
  await hq.follow(words([pilot], [role('pilot', ['a/b']), role('bad', ['a/#/b'])]));
  t.match(hq.refused, [{ collection: 'role', id: 'bad' }]);
  t.match(rolesInForce(DEFAULT_ROLES, registry)['pilot'], { publish: ['a/b'], subscribe: [] });
  t.ok(rolesInForce(DEFAULT_ROLES, registry)['till']);
  closed.length = 0;
  await hq.follow(words([pilot], [role('pilot', ['a/c'])]));
  t.strictSame(closed, ['t1']);
  await hq.follow(words([pilot]));
  t.equal(rolesInForce(DEFAULT_ROLES, registry)['pilot'], undefined);
});
