/** Goal: what is wrong with the machine is named by its code, and what is well stays quiet. */
import { generateKeyPairSync } from 'node:crypto';
import t from 'tap';
import { TillgateError } from '../../protocol/errors.ts';
import { checkCertificate } from './check-certificate.ts';
import { checkClock, type ClockReading } from './check-clock.ts';
import { checkDisk, checkFileSystem, type DiskReading } from './check-disk.ts';
import { checkEncryption } from './check-encryption.ts';
import type { CheckFinding } from './check-finding.ts';
import { checkLimits } from './check-limits.ts';
import { checkOwnership } from './check-ownership.ts';
import { checkPorts, type PortsReading } from './check-ports.ts';
import { checkService } from './check-service.ts';

/** `failed DISK_READ_ONLY`, `ok`. */
const told = (findings: readonly CheckFinding[]): string[] =>
  findings.map(({ state, code }) => (code === undefined ? state : `${state} ${code}`));

const MIB = 1024 ** 2;
const DISK: DiskReading = {
  ...{ dataDir: '/data', freeBytes: 4_096 * MIB, freeFiles: 100_000, daysOfSales: 300 },
  ...{ isFull: false, reserve: { bytes: 16 * MIB, wantedBytes: 16 * MIB } },
};

void t.test('room on the disk', (t) => {
  const disk = (change: Partial<DiskReading>): string[] => told(checkDisk({ ...DISK, ...change }));
  t.same(disk({}), ['ok']);
  t.same(disk({ reserve: null, freeFiles: null, daysOfSales: null }), ['ok'], 'before a start');
  t.same(disk({ isFull: true }), ['failed LEDGER_DISK_FULL']);
  t.same(disk({ freeBytes: 127 * MIB }), ['failed DISK_SPACE_CRITICAL']);
  t.same(disk({ freeFiles: 3 }), ['failed DISK_SPACE_CRITICAL'], 'no file fits');
  t.same(disk({ daysOfSales: 0 }), ['failed DISK_SPACE_CRITICAL']);
  t.same(disk({ daysOfSales: 6 }), ['warning DISK_SPACE_LOW']);
  t.same(disk({ reserve: { bytes: 0, wantedBytes: 16 * MIB } }), ['warning DISK_SPACE_LOW']);
  t.end();
});

void t.test('what the disk keeps', (t) => {
  const on = (type: string, ...options: string[]): string[] =>
    told(checkFileSystem({ folder: '/data', type, source: 'x', options: ['rw', ...options] }));
  for (const type of ['ext4', 'xfs', 'btrfs', 'zfs', 'f2fs']) t.same(on(type, 'noatime'), ['ok']);
  for (const type of ['tmpfs', 'nfs4', 'cifs', '9p', 'overlay', 'fuse.sshfs']) {
    t.same(on(type), ['warning DISK_UNFIT'], type);
  }
  t.same(on('ext4', 'barrier=0'), ['warning DISK_UNFIT']);
  t.same(on('ext4', 'ro'), ['failed DISK_READ_ONLY']);
  t.same(told(checkFileSystem(undefined)), ['ok'], 'nobody can tell');
  t.end();
});

void t.test('the clock', (t) => {
  const nowMs = Date.UTC(2026, 5, 1);
  const well: ClockReading = {
    ...{ nowMs, isSynchronised: true, newestEntryMs: nowMs - 60_000 },
    ...{ headquartersMs: nowMs - 60_000, anchor: undefined },
  };
  const clock = (change: Partial<ClockReading>): string[] =>
    told(checkClock({ ...well, ...change }));
  t.same(clock({}), ['ok']);
  t.same(clock({ isSynchronised: undefined }), ['ok'], 'nobody can tell');
  t.same(clock({ isSynchronised: false }), ['warning CLOCK_UNSYNCHRONISED']);
  t.same(clock({ newestEntryMs: nowMs + 3_600_000 }), ['warning CLOCK_WRONG'], 'it went back');
  t.same(clock({ headquartersMs: nowMs + 3_600_000 }), ['warning CLOCK_WRONG']);
  const anchor = { recordedAtMs: nowMs, headquartersMs: nowMs - 86_400_000 };
  t.same(clock({ anchor }), ['warning CLOCK_WRONG'], 'ahead of headquarters when it was heard');
  t.same(clock({ anchor: { recordedAtMs: nowMs, headquartersMs: nowMs - 2_000 } }), ['ok']);
  t.end();
});

void t.test('ports', (t) => {
  const mqtt = { key: 'mqtt.port', host: '127.0.0.1', port: 1883 };
  const http = { key: 'http.port', host: '127.0.0.1', port: 9180 };
  const by = (address: string, port: number) => [
    { address, port, inode: '7', holder: 'mosquitto (process 12)' },
  ];
  const base: PortsReading = {
    ...{ wanted: [mqtt, http], isRunning: false, listening: [], own: ['127.0.0.1', '10.0.0.5'] },
  };
  const ports = (change: Partial<PortsReading>): string[] =>
    told(checkPorts({ ...base, ...change }));
  t.same(ports({}), ['ok']);
  t.same(ports({ listening: by('0.0.0.0', 1883) }), ['failed PORT_IN_USE']);
  t.same(ports({ listening: by('10.0.0.5', 1883) }), ['ok'], 'another address');
  t.same(ports({ listening: by('0.0.0.0', 1884) }), ['ok'], 'another port');
  t.same(ports({ listening: by('0.0.0.0', 1883), isRunning: true }), ['ok'], 'it is our own');
  t.same(ports({ wanted: [mqtt, { ...http, port: 1883 }] }), ['failed PORT_IN_USE'], 'twice');
  t.same(ports({ wanted: [{ ...mqtt, host: '10.9.9.9' }] }), ['failed MQTT_LISTEN_FAILED']);
  t.same(ports({ wanted: [{ ...mqtt, port: 0 }], listening: by('::', 0) }), ['ok']);
  t.same(ports({ wanted: undefined }), ['ok'], 'the configuration says so already');
  const [finding] = checkPorts({ ...base, listening: by('::', 9180) });
  t.match(finding?.message, 'http.port is 127.0.0.1:9180, and mosquitto (process 12) listens');
  t.end();
});

void t.test('encryption and certificate', (t) => {
  const mqtt = (host: string, webSocketHost?: string) =>
    checkEncryption({
      ...{ host, port: 1883 },
      webSocket: { enabled: webSocketHost !== undefined, host: webSocketHost ?? '::', port: 1 },
      tls: { enabled: false, host: '0.0.0.0', port: 8883 },
    });
  t.same(told(mqtt('127.0.0.1')), ['ok']);
  t.same(told(mqtt('0.0.0.0')), ['warning MQTT_UNENCRYPTED']);
  t.same(told(mqtt('127.0.0.1', '10.0.0.5')), ['warning MQTT_UNENCRYPTED']);
  t.same(told(checkCertificate(undefined)), ['ok']);
  const files = { certFile: '/c.pem', keyFile: '/k.pem', keyMode: 0o600, nowMs: 0 };
  const denied = new TillgateError('FILE_PERMISSIONS', 'no');
  t.same(told(checkCertificate({ ...files, pem: denied })), ['failed FILE_PERMISSIONS']);
  const key = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
  const pem = { certificate: 'nonsense', key: String(key) };
  t.same(told(checkCertificate({ ...files, pem })), ['failed TLS_CERTIFICATE_INVALID']);
  t.end();
});

void t.test('limits and service', (t) => {
  t.same(told(checkLimits({ memoryBytes: 1_024 * MIB, openFiles: 16_384 })), ['ok']);
  t.same(told(checkLimits({ memoryBytes: 1_024 * MIB, openFiles: null })), ['ok']);
  t.same(told(checkLimits({ memoryBytes: 256 * MIB, openFiles: 1_024 })), [
    'warning MEMORY_SHORT',
    'warning FILES_EXHAUSTED',
  ]);
  const unit = {
    ...{ fileState: 'enabled', activeState: 'active', restarts: 0, result: 'success' },
    ...{ exitStatus: 0, user: 'tillgate', memoryMaxBytes: null, openFilesMax: 16_384 },
  };
  t.same(told(checkService(undefined)), ['ok']);
  t.same(told(checkService(unit)), ['ok']);
  t.same(told(checkService({ ...unit, fileState: 'disabled' })), ['warning SERVICE_DISABLED']);
  t.same(told(checkService({ ...unit, restarts: 4 })), ['warning SERVICE_RESTARTING']);
  const failed = { ...unit, activeState: 'failed', result: 'exit-code', exitStatus: 78 };
  t.same(told(checkService(failed)), ['failed SERVICE_RESTARTING']);
  t.end();
});

void t.test('who owns the files', (t) => {
  const account = { name: 'tillgate', uid: 990, gids: [990, 20] };
  const file = (path: string, uid: number, mode = 0o600) => ({ path, uid, gid: uid, mode });
  const shared = [{ path: '/etc/tillgate', uid: 0, gid: 990, mode: 0o775 }];
  const own = [file('/data/ledger.db', 990)];
  t.same(told(checkOwnership({ account, own, shared })), ['ok']);
  const [strange] = checkOwnership({
    account,
    own: [...own, file('/data/alarms.json', 0)],
    shared,
  });
  t.match(strange, {
    state: 'failed',
    code: 'FILE_PERMISSIONS',
    hint: 'chown -R tillgate: /data/',
  });
  const foreign = [{ path: '/etc/tillgate', uid: 0, gid: 0, mode: 0o755 }];
  t.same(told(checkOwnership({ account, own, shared: foreign })), ['failed FILE_PERMISSIONS']);
  const open = [file('/data', 990, 0o777)];
  t.same(told(checkOwnership({ account, own: open, shared })), ['warning FILE_PERMISSIONS']);
  t.same(told(checkOwnership({ account: undefined, own, shared })), ['ok']);
  t.end();
});
