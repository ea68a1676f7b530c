import t from 'tap';
import type { GatewayStatus } from '../daemon/control/gateway-status.ts';
import { statusScreen } from './status-screen.ts';

const status: GatewayStatus = {
  version: '1.0.0',
  running: true,
  origin: 'shop.example/acme/s0417/g1/e1',
  mqtt: { host: '127.0.0.1', port: 1883 },
  http: { host: '127.0.0.1', port: 9180 },
  log: { size: 10_000, root: 'root' },
  uplink: {
    ...{ state: 'streaming', head: { size: 400, timeSeconds: 0 }, entriesPerSecond: 32 },
    ...{ remainingSeconds: 300, refused: {}, problem: null },
  },
  entriesOnlyHere: 9_600,
  recovery: null,
  grantsFrozen: false,
  rights: { pools: 0, frozen: null, requested: [] },
  devices: { enrolled: 1, connections: 1 },
  ledger: {
    ...{ waitingItems: 0, walBytes: 0, freeBytes: 3 * 1024 ** 3, daysOfSales: 41, diskFull: false },
  },
  feeds: { feeds: [], coming: [], problem: null },
  stock: {
    ...{ running: false, items: 0, origin: '', size: 0, behind: 0 },
    setAside: { count: 0, newest: [] },
  },
  conflicts: { entries: 0, published: 0 },
  steering: null,
  peripherals: [],
  alarms: [],
  startedAt: '2026-05-01T09:00:00.000Z',
  process: 1,
};

void t.test('the drain is told with its end in sight, or without a guess', (t) => {
  const drain = (uplink: Partial<GatewayStatus['uplink']>, entriesOnlyHere = 9_600): string => {
    const screen = statusScreen({
      ...status,
      entriesOnlyHere,
      uplink: { ...status.uplink, ...uplink },
    });
    return /^headquarters +(.*)$/m.exec(screen)?.[1] ?? '';
  };
  t.equal(drain({}), '9600 entries waiting, about 5 min at 32/s');
  t.equal(drain({ remainingSeconds: 119 }), '9600 entries waiting, about 119 s at 32/s');
  t.equal(drain({ remainingSeconds: 86_400 }), '9600 entries waiting, about 24 h at 32/s');
  t.equal(drain({ remainingSeconds: null }), '9600 entries waiting, on their way');
  t.equal(drain({ state: 'connecting' }), '9600 entries waiting until it takes them');
  t.equal(drain({ state: 'off' }), '9600 entries waiting');
  t.equal(drain({}, 0), 'holds every entry');
  t.end();
});

void t.test('entries that are missing are counted, or it is said that nobody sends them', (t) => {
  const missing = (changes: Partial<GatewayStatus>): string => {
    const recovery = { origin: 'e1', state: 'waiting', fetched: 3, total: 9 } as const;
    const screen = statusScreen({ ...status, recovery, ...changes });
    return /^recovery +(.*)$/m.exec(screen)?.[1] ?? '';
  };
  const off = { uplink: { ...status.uplink, state: 'off' } } as const;
  t.equal(missing({}), 'e1: 3 of 9 entries are back');
  t.match(missing(off), /^e1: there is no uplink .*`tillgate log give-up` ends the wait/);
  t.equal(missing({ ...off, running: false }), 'e1: 3 of 9 entries are back');
  t.end();
});

void t.test('the disk is told in days of sales', (t) => {
  const disk = (ledger: Partial<NonNullable<GatewayStatus['ledger']>>): string => {
    const merged = { ...status.ledger, ...ledger } as GatewayStatus['ledger'];
    return /^disk +(.*)$/m.exec(statusScreen({ ...status, ledger: merged }))?.[1] ?? '';
  };
  t.equal(disk({}), '41 days of sales at the pace of the last week, 3.0 GiB free');
  t.match(disk({ daysOfSales: 9_999 }), /^more than ten years of sales/);
  t.match(disk({ daysOfSales: null }), /3\.0 GiB free; the first sales will tell/);
  t.match(disk({ diskFull: true }), /^FULL, sales are put off/);
  t.notMatch(statusScreen({ ...status, ledger: null }), /^disk/m, 'a stopped gateway has no rate');
  t.end();
});
