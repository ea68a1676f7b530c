/** Setting a gateway up and enrolling it, in files: what is accepted, and what leaves no trace. */
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { gatewayPaths } from '../../config/paths.ts';
import { systemClock } from '../../platform/system-clock.ts';
import { createNoteSigner } from '../../protocol/log/note.ts';
import type { NoteSigner } from '../../protocol/log/note.ts';
import { signAdmission } from '../../protocol/replication/admission.ts';
import { initialiseGateway } from './initialise-gateway.ts';
import type { InitialisedGateway } from './initialise-gateway.ts';
import { statusOfGateway, withGateway } from './with-gateway.ts';

const hqSigner = (name: string, type: 1 | 4): NoteSigner =>
  createNoteSigner({ name, type, privateKey: generateKeyPairSync('ed25519').privateKey });

const durable = hqSigner('tillgate.invalid/hq/durable', 4);
const feed = hqSigner('tillgate.invalid/hq/feed', 1);

function init(home: string, enrolment?: string): InitialisedGateway {
  const names = { chain: 'acme', store: 's1', gateway: 'g1', country: undefined };
  return initialiseGateway({ home, names, enrolment });
}

const enrolmentFor = (
  { origin, verifierKey: vkey }: { origin: string; verifierKey: string },
  changes: object = {},
): string =>
  JSON.stringify({
    origin,
    hqUrl: 'mqtt://127.0.0.1:1884',
    username: 'acme.s1.g1',
    password: 'secret-of-the-uplink',
    hqKeys: [durable.vkey, feed.vkey],
    admission: signAdmission({ origin, vkey }, feed),
    ...changes,
  });

void t.test('a home is made once, and a key that is there is taken over', (t) => {
  const home = join(t.testdir(), 'home');
  const first = init(home);
  t.match(first, { home, origin: 'tillgate.invalid/acme/s1/g1/e1' });
  t.throws(() => init(home), { code: 'HOME_EXISTS' });
  const { configFile } = gatewayPaths(home);
  const other = join(t.testdirName, 'other');
  const paths = gatewayPaths(other);
  t.equal(init(other).verifierKey === first.verifierKey, false, 'each has a key of its own');
  t.match(readFileSync(configFile, 'utf8'), /^chain: acme$/m);
  t.equal(statSync(paths.logKeyFile).mode & 0o777, 0o600);
  t.end();
});

void t.test('a bad name makes nothing', (t) => {
  const home = join(t.testdir(), 'home');
  const names = { chain: 'Acme', store: 's1', gateway: 'g1' };
  t.throws(() => initialiseGateway({ home, names, enrolment: undefined }), {
    code: 'USAGE',
    message: /chain must be lower-case letters.*got "Acme"/,
  });
  t.notOk(existsSync(home));
  t.end();
});

void t.test('an enrolment is installed with its entry, for the owner only', async (t) => {
  const home = join(t.testdir(), 'home');
  const made = init(home);
  const access = { home, clock: systemClock };
  const text = enrolmentFor(made);
  const result = await withGateway(access, (call) => call('enrolment.install', { text }));
  t.match(result, { origin: made.origin, hqUrl: 'mqtt://127.0.0.1:1884' });
  const { enrolmentFile, ledgerFile } = gatewayPaths(home);
  t.equal(statSync(enrolmentFile).mode & 0o777, 0o600);
  t.notMatch(readFileSync(ledgerFile).toString('latin1'), 'secret-of-the-uplink');
  t.match(await statusOfGateway(access), { running: false, log: { size: 2 }, entriesOnlyHere: 2 });
});

void t.test('an enrolment for somebody else, or by somebody else, changes nothing', async (t) => {
  const home = join(t.testdir(), 'home');
  const made = init(home);
  const stranger = hqSigner('tillgate.invalid/hq/feed', 1);
  const { origin } = made;
  const otherKey = init(join(t.testdirName, 'other')).verifierKey;
  const elsewhere = origin.replace('/s1/', '/s2/');
  const elsewhereKey = createNoteSigner({
    ...{ name: elsewhere, type: 1 },
    privateKey: generateKeyPairSync('ed25519').privateKey,
  }).vkey;
  const bad: [string, RegExp][] = [
    ['not json', /not JSON/],
    [enrolmentFor(made, { hqKeys: [durable.vkey] }), /no key that signs admissions/],
    [enrolmentFor(made, { hqKeys: [feed.vkey] }), /no key that cosigns/],
    [enrolmentFor(made, { hqKeys: [durable.vkey, stranger.vkey] }), /admission does not hold/],
    [enrolmentFor({ origin, verifierKey: otherKey }), /another key/],
    [enrolmentFor({ origin: elsewhere, verifierKey: elsewhereKey }), /not for/],
  ];
  for (const [text, message] of bad) {
    const asked = withGateway({ home, clock: systemClock }, (call) =>
      call('enrolment.install', { text }),
    );
    await t.rejects(asked, { code: 'ENROLMENT_INVALID', message });
  }
  t.notOk(existsSync(gatewayPaths(home).enrolmentFile));
});

void t.test('a log of another gateway is not gone on with', async (t) => {
  const home = join(t.testdir(), 'home');
  init(home);
  const access = { home, clock: systemClock };
  await withGateway(access, (call) => call('device.add', { deviceId: 'till-1', role: 'till' }));
  const { configFile } = gatewayPaths(home);
  writeFileSync(configFile, readFileSync(configFile, 'utf8').replace('store: s1', 'store: s2'));
  const asked = withGateway(access, (call) => call('device.revoke', { deviceId: 'till-1' }));
  await t.rejects(asked, { code: 'CONFIG_VALUE', message: /names the gateway .*s2.*is .*s1/ });
});
