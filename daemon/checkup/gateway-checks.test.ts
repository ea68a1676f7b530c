/** Goal: what is wrong with the gateway is named by its code, and what is well stays quiet. */
import t from 'tap';
import { TillgateError } from '../../protocol/errors.ts';
import type { GatewayStatus } from '../control/gateway-status.ts';
import { checkAlarms } from './check-alarms.ts';
import { checkConflicts, checkRights } from './check-conflicts.ts';
import { checkDaemon, checkHealth, type DaemonReading } from './check-daemon.ts';
import { checkDevices, type DevicesReading } from './check-devices.ts';
import { checkFeeds } from './check-feeds.ts';
import { checkFiles } from './check-files.ts';
import type { CheckFinding } from './check-finding.ts';
import { checkHeadquarters, type HeadquartersReading } from './check-headquarters.ts';
import { checkKeys, type KeysReading } from './check-keys.ts';
import { checkLog, type LogReading } from './check-log.ts';
import { checkNetwork, type Route } from './check-network.ts';
import { checkPeripherals, type PeripheralsReading } from './check-peripherals.ts';
import { checkVersion } from './check-version.ts';

const told = (findings: readonly CheckFinding[]): string[] =>
  findings.map(({ state, code }) => (code === undefined ? state : `${state} ${code}`));

const NOW = Date.UTC(2026, 5, 1);
const DAY = 86_400_000;

void t.test('which release runs', (t) => {
  const read = { installed: '1.2.0', node: '24.0.0', running: '1.2.0', isProgramReplaced: false };
  t.same(told(checkVersion(read)), ['ok']);
  t.same(told(checkVersion({ ...read, running: null })), ['ok']);
  t.same(told(checkVersion({ ...read, running: '1.1.0' })), ['warning DAEMON_OUTDATED']);
  t.same(told(checkVersion({ ...read, isProgramReplaced: true })), ['warning DAEMON_OUTDATED']);
  t.end();
});

void t.test('the daemon and its health', (t) => {
  const down: DaemonReading = {
    ...{ status: { ok: true, value: undefined }, isLocked: false },
    ...{ lastHolder: '12', hasSocket: false },
  };
  const daemon = (change: Partial<DaemonReading>): CheckFinding[] =>
    checkDaemon({ ...down, ...change });
  t.same(told(daemon({})), ['warning DAEMON_STOPPED']);
  t.notMatch(daemon({})[0]?.message, 'killed');
  t.match(daemon({ hasSocket: true })[0]?.message, /killed .* \(process 12\)/);
  t.same(told(daemon({ isLocked: true })), ['warning HOME_LOCKED']);
  const value = { process: 12, startedAt: '2026-06-01T00:00:00Z' } as GatewayStatus;
  t.same(told(daemon({ status: { ok: true, value } })), ['ok']);
  const silent = new TillgateError('CONTROL_TIMEOUT', 'no answer');
  const [finding] = daemon({ status: { ok: false, error: silent }, isLocked: true });
  t.match(finding, { state: 'failed', code: 'CONTROL_TIMEOUT', message: 'Process 12 runs' });

  const address = 'http://127.0.0.1:9180/healthz';
  t.same(told(checkHealth(undefined)), ['ok']);
  t.same(told(checkHealth({ address, answer: { status: 200, body: '{}' } })), ['ok']);
  t.same(told(checkHealth({ address, answer: undefined })), ['failed HEALTH_FAILING']);
  const checks = { disk: { ok: false, detail: '12 MiB free' }, ledger: { ok: true, detail: 'x' } };
  const body = JSON.stringify({ status: 'failing', checks });
  const [failing] = checkHealth({ address, answer: { status: 503, body } });
  t.match(failing, { state: 'failed', message: /503: disk: 12 MiB free\.$/ });
  t.same(told(checkHealth({ address, answer: { status: 500, body: 'oops' } })), [
    'failed HEALTH_FAILING',
  ]);
  t.end();
});

void t.test('keys and small files', (t) => {
  const well: KeysReading = {
    ...{ logKeyFile: '/keys/log.pem', logKeyError: undefined, isOtherKey: false },
    ...{ enrolmentError: undefined, secrets: [{ path: '/keys', mode: 0o700 }] },
  };
  t.same(told(checkKeys(well)), ['ok']);
  const logKeyError = new TillgateError('KEY_FILE_MISSING', 'gone');
  t.same(told(checkKeys({ ...well, logKeyError })), ['failed KEY_FILE_MISSING']);
  t.same(told(checkKeys({ ...well, isOtherKey: true })), ['failed KEY_FILE_INVALID']);
  const secrets = [{ path: '/enrolment.json', mode: 0o644 }];
  t.same(told(checkKeys({ ...well, secrets })), ['failed KEY_FILE_PERMISSIONS']);

  const file = { path: '/data/x', error: undefined, follows: 'nothing', isNeeded: false };
  const error = new TillgateError('REGISTRY_UNREADABLE', 'not JSON');
  t.same(told(checkFiles([file])), ['ok']);
  t.same(told(checkFiles([{ ...file, error }])), ['warning REGISTRY_UNREADABLE']);
  t.same(told(checkFiles([{ ...file, error, isNeeded: true }])), ['failed REGISTRY_UNREADABLE']);
  t.end();
});

void t.test('the log', (t) => {
  const facts = { origin: 'd/c/s/g/e1', size: 9, endsBecause: undefined, isOfThisGateway: true };
  const base: LogReading = {
    ...{ log: { ok: true, value: facts }, isOneSigned: true, hasSignedHead: true, recovery: null },
  };
  const log = (change: Partial<LogReading>): string[] => told(checkLog({ ...base, ...change }));
  const missing = { ok: false, error: new TillgateError('LEDGER_MISSING', 'none') } as const;
  const damaged = { ok: false, error: new TillgateError('LEDGER_IO', 'bad') } as const;
  t.same(log({}), ['ok']);
  t.same(log({ log: missing, isOneSigned: false }), ['ok'], 'before the first start');
  t.same(log({ log: missing }), ['failed LEDGER_MISSING']);
  t.same(log({ log: damaged }), ['failed LEDGER_IO']);
  for (const endsBecause of ['rolledBack', 'behindHq', 'fork'] as const) {
    t.same(log({ log: { ok: true, value: { ...facts, endsBecause } } }), [
      'failed LOG_ROLLED_BACK',
    ]);
  }
  t.same(log({ log: { ok: true, value: { ...facts, endsBecause: 'keyChanged' } } }), ['ok']);
  t.same(log({ log: { ok: true, value: { ...facts, isOfThisGateway: false } } }), [
    'failed LEDGER_ORIGIN_MISMATCH',
  ]);
  t.same(log({ hasSignedHead: false }), ['warning STORED_HEAD_INVALID']);
  t.end();
});

void t.test('headquarters and the way there', (t) => {
  const uplink = { state: 'idle', problem: null, refused: {} } as GatewayStatus['uplink'];
  const base: HeadquartersReading = {
    ...{ isEnabled: true, isEnrolled: true, headMs: NOW, nowMs: NOW },
    status: { running: true, uplink, entriesOnlyHere: 0 },
  };
  const hq = (change: Partial<HeadquartersReading>): string[] =>
    told(checkHeadquarters({ ...base, ...change }));
  const at = (state: GatewayStatus['uplink']['state'], entriesOnlyHere = 0) => ({
    status: { running: true, uplink: { ...uplink, state }, entriesOnlyHere },
  });
  t.same(hq({}), ['ok']);
  t.same(hq({ isEnabled: false, isEnrolled: false }), ['ok'], 'as the operator wants it');
  t.same(hq({ isEnrolled: false }), ['warning HQ_NOT_JOINED']);
  t.same(hq(at('connecting')), ['warning HQ_UNREACHABLE']);
  t.same(hq(at('waiting-admission')), ['warning LOG_ADMISSION_INVALID']);
  t.same(hq(at('forked')), ['failed LOG_FORKED']);
  t.same(hq({ ...at('streaming', 40), headMs: NOW - 3 * DAY }), ['warning HQ_BEHIND']);
  t.same(hq({ headMs: NOW - 3 * DAY }), ['ok'], 'nothing was sold since');

  const net = (route: Route): string[] =>
    told(checkNetwork({ host: 'hq.example.com', port: 8883, route }));
  const address = '192.0.2.1';
  t.same(told(checkNetwork(undefined)), ['ok']);
  t.same(net({ type: 'open', address }), ['ok']);
  t.same(net({ type: 'nameUnknown', reason: 'not found' }), ['warning HQ_UNREACHABLE']);
  t.same(net({ type: 'closed', address, reason: 'ECONNREFUSED' }), ['warning HQ_UNREACHABLE']);
  t.same(net({ type: 'untrusted', address, reason: 'expired' }), ['warning HQ_UNREACHABLE']);
  t.end();
});

void t.test('feeds, conflicts, rights, alarms', (t) => {
  const feed = {
    ...{
      scope: 'chain' as const,
      origin: 'd/feeds/c',
      size: 3,
      root: '',
      waiting: 0,
      documents: {},
    },
    ...{ confirmedAt: new Date(NOW).toISOString(), quarantined: 0, newestQuarantined: [] },
  };
  const feeds = (change: object, problem: string | null = null): string[] =>
    told(
      checkFeeds({
        status: { feeds: [{ ...feed, ...change }], coming: [], problem },
        nowMs: NOW,
      }),
    );
  t.same(told(checkFeeds({ status: undefined, nowMs: NOW })), ['ok']);
  t.same(feeds({}), ['ok']);
  t.same(feeds({ quarantined: 2 }), ['warning FEED_QUARANTINED']);
  t.same(feeds({}, 'not signed'), ['warning FEED_REFUSED']);
  t.same(feeds({ confirmedAt: new Date(NOW - 2 * DAY).toISOString() }), ['warning FEED_STALE']);

  t.same(told(checkConflicts(undefined)), ['ok']);
  t.same(told(checkConflicts({ open: 0, decided: 4, conflicts: [] })), ['ok']);
  t.same(told(checkConflicts({ open: 1, decided: 0, conflicts: [] })), ['warning CONFLICT_OPEN']);
  t.same(told(checkRights({ grantsFrozen: true, rights: { frozen: 'why' } })), [
    'warning RIGHTS_FROZEN',
  ]);
  const alarm = { id: '1234', message: 'm', since: 's', lastAt: 's', count: 1 };
  const [known] = checkAlarms([{ ...alarm, code: 'LOG_FORKED' }]);
  t.match(known, { state: 'warning', code: 'LOG_FORKED', hint: 'Find the second copy' });
  t.same(told(checkAlarms([{ ...alarm, code: 'OF_A_LATER_RELEASE' }])), [
    'warning OF_A_LATER_RELEASE',
  ]);
  t.same(told(checkAlarms([])), ['ok']);
  t.end();
});

void t.test('devices', (t) => {
  const key = { kid: 'k', alg: 'Ed25519', addedAt: 'a', revokedAt: null } as never;
  const revoked = { kid: 'k', alg: 'Ed25519', addedAt: 'a', revokedAt: 'b' } as never;
  const till = { deviceId: 'till-1', role: 'till', revokedAt: null, keys: [] };
  const base: DevicesReading = {
    ...{ devices: [till], roles: new Set(['till']), requireSignature: true, connections: 1 },
  };
  const devices = (change: Partial<DevicesReading>): string[] =>
    told(checkDevices({ ...base, ...change }));
  t.same(devices({}), ['ok']);
  t.same(devices({ devices: [] }), ['warning DEVICES_NONE']);
  t.same(devices({ devices: [{ ...till, revokedAt: 'x' }] }), ['warning DEVICES_NONE']);
  t.same(devices({ devices: undefined }), ['ok'], 'told as a file');
  t.same(devices({ roles: new Set(['kiosk']) }), ['warning ROLE_UNKNOWN']);
  t.same(devices({ devices: [{ ...till, keys: [revoked] }] }), ['warning DEVICE_UNSIGNED']);
  const signing = [{ ...till, keys: [key] }];
  t.same(devices({ devices: signing }), ['ok']);
  t.same(devices({ devices: signing, requireSignature: false }), ['warning DEVICE_UNSIGNED']);
  t.end();
});

void t.test('peripherals', (t) => {
  const account = { name: 'tillgate', uid: 990, gids: [990] };
  const serial = { peripheralId: 'scale', address: 'serial:/dev/ttyUSB0?baudRate=9600' };
  const port = (owned: PeripheralsReading['ports'][number]['owned']) => [
    { peripheralId: 'scale', file: '/dev/ttyUSB0', owned },
  ];
  const owned = { uid: 0, gid: 20, mode: 0o660, group: 'dialout' };
  const base: PeripheralsReading = {
    ...{ configured: [serial], states: undefined, ports: port(owned), account },
  };
  const look = (change: Partial<PeripheralsReading>): string[] =>
    told(checkPeripherals({ ...base, ...change }));
  t.same(look({}), ['warning TRANSPORT_DENIED']);
  t.same(look({ account: { ...account, gids: [990, 20] } }), ['ok'], 'in the group');
  t.same(look({ ports: port(undefined) }), ['warning TRANSPORT_ABSENT']);
  t.same(look({ configured: [] }), ['ok']);
  const twin = { peripheralId: 'scale-2', address: 'serial:/dev/ttyUSB0?baudRate=2400' };
  t.same(look({ configured: [serial, twin], ports: [] }), ['warning PERIPHERAL_SHARED_PORT']);
  const state = {
    ...{ peripheralId: 'scale', category: 'scale' as const, driver: 'd', reasons: [], since: 's' },
  };
  const trouble = { code: 'TRANSPORT_BUSY', message: 'm', hint: 'stop it' };
  t.same(look({ states: [{ ...state, state: 'ready' }] }), ['ok']);
  t.same(look({ states: [{ ...state, state: 'notReady' }] }), ['warning PERIPHERAL_NOT_READY']);
  t.same(look({ states: [{ ...state, state: 'absent', trouble }] }), ['warning TRANSPORT_BUSY']);
  t.end();
});
