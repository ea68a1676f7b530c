/**
 * Goal: an alarm outlives the process, comes back after it was cleared, and a file that is spoilt or
 * cannot be written stops nothing. Method: real files, a clock by hand, a write that fails on demand.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { Alarms, readAlarms } from './alarms.ts';
import type { FileSystem } from './durable/file-system.ts';
import { nodeFileSystem } from './durable/node-file-system.ts';

interface Lab {
  path: string;
  time: { wallMs: number; monotonicMs: number };
  disk: { fails: boolean; writes: number };
  troubles: string[];
  open: () => Alarms;
}

function labFor(t: Test): Lab {
  const path = join(t.testdir(), 'alarms.json');
  const time = { wallMs: Date.parse('2026-03-01T10:00:00Z'), monotonicMs: 0 };
  const disk = { fails: false, writes: 0 };
  const renameSync: FileSystem['renameSync'] = (from, to) => {
    if (disk.fails) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
    disk.writes += 1;
    nodeFileSystem.renameSync(from, to);
  };
  const troubles: string[] = [];
  const clock = { wallMs: () => time.wallMs, monotonicMs: () => time.monotonicMs };
  const onTrouble = (message: string): void => void troubles.push(message);
  const open = (): Alarms =>
    new Alarms({ path, clock, onTrouble, disk: { ...nodeFileSystem, renameSync } });
  return { path, time, disk, troubles, open };
}

void t.test('an alarm is durable at once, is counted, and is there after a restart', (t) => {
  const { path, time, open } = labFor(t);
  const alarms = open();
  t.equal(alarms.raise('LOG_ROLLED_BACK', 'till-1 knows more'), true);
  t.match(readAlarms(path), [{ code: 'LOG_ROLLED_BACK', count: 1 }], 'nobody has to flush');
  time.wallMs += 5_000;
  t.equal(alarms.raise('LOG_ROLLED_BACK', 'till-1 knows more'), false);
  t.equal(alarms.raise('LOG_ROLLED_BACK', 'till-2 knows more'), true);
  alarms.flush();
  const [first, second, ...more] = open().list();
  t.match(first, {
    message: 'till-1 knows more',
    since: '2026-03-01T10:00:00.000Z',
    lastAt: '2026-03-01T10:00:05.000Z',
    count: 2,
  });
  t.match(second, { message: 'till-2 knows more', count: 1 });
  t.not(first?.id, second?.id);
  t.same(more, []);
  t.equal(open().raise('LOG_ROLLED_BACK', 'till-1 knows more'), false, 'known across restarts');
  t.end();
});

void t.test('cleared by id or by code it is gone, and comes back when it is raised again', (t) => {
  const { path, open } = labFor(t);
  const alarms = open();
  alarms.raise('LOG_ROLLED_BACK', 'a');
  alarms.raise('LOG_ROLLED_BACK', 'b');
  alarms.raise('LEDGER_IO', 'c');
  const id = alarms.list()[0]?.id ?? '';
  t.match(alarms.clear(id), [{ message: 'a' }]);
  t.same(alarms.clear(id), [], 'cleared once');
  t.match(alarms.clear('LOG_ROLLED_BACK'), [{ message: 'b' }]);
  t.match(readAlarms(path), [{ message: 'c' }]);
  t.equal(alarms.raise('LOG_ROLLED_BACK', 'a'), true);
  t.match(open().list(), [{ message: 'c' }, { message: 'a', id, count: 1 }]);
  t.end();
});

void t.test('a count that grows with each sale is written once in a while', (t) => {
  const { time, disk, path, open } = labFor(t);
  const alarms = open();
  for (let sale = 0; sale < 100; sale += 1) alarms.raise('LOG_ROLLED_BACK', 'a');
  t.equal(disk.writes, 1);
  time.monotonicMs += 10_000;
  alarms.raise('LOG_ROLLED_BACK', 'a');
  t.equal(disk.writes, 2);
  t.match(readAlarms(path), [{ count: 101 }]);
  t.end();
});

void t.test('the list is bounded: the alarm last seen longest ago gives way', (t) => {
  const { time, open } = labFor(t);
  const alarms = open();
  for (let n = 0; n < 64; n += 1) {
    time.wallMs += 1_000;
    alarms.raise('LEDGER_IO', `disaster ${n}`);
  }
  time.wallMs += 1_000;
  alarms.raise('LEDGER_IO', 'disaster 0');
  alarms.raise('LEDGER_IO', 'x'.repeat(100_000));
  t.equal(alarms.list().length, 64);
  t.match(alarms.list()[0], { message: 'disaster 0', count: 2 });
  t.notOk(alarms.list().some(({ message }) => message === 'disaster 1'));
  t.ok((alarms.list().at(-1)?.message.length ?? 0) <= 2_000);
  t.end();
});

void t.test('a disk that is full keeps the alarms in memory and has them later', (t) => {
  const { disk, troubles, path, open } = labFor(t);
  const alarms = open();
  disk.fails = true;
  alarms.raise('LEDGER_DISK_FULL', 'a');
  alarms.raise('LEDGER_IO', 'b');
  t.equal(alarms.list().length, 2);
  t.equal(troubles.length, 1, 'told once');
  t.same(readAlarms(path), []);
  disk.fails = false;
  alarms.flush();
  t.match(readAlarms(path), [{ message: 'a' }, { message: 'b' }]);
  t.end();
});

void t.test('a spoilt file is an alarm, not the end', (t) => {
  const { path, open } = labFor(t);
  for (const content of ['{"alarms": [', '[]', 'null', '"x"']) {
    writeFileSync(path, content);
    t.match(open().list(), [{ code: 'REGISTRY_UNREADABLE', count: 1 }], content);
    t.match(open().list(), [{ code: 'REGISTRY_UNREADABLE', count: 1 }], 'and begins anew');
  }
  writeFileSync(path, '{"alarms": [{"id": 7}, null, 3]}');
  t.same(open().list(), [], 'what is no alarm is passed over');
  t.end();
});

void t.test('a folder in its place is no end either', (t) => {
  const { path, troubles, open } = labFor(t);
  mkdirSync(path);
  const alarms = open();
  t.match(alarms.list(), [{ code: 'REGISTRY_UNREADABLE' }]);
  t.equal(troubles.length, 1);
  t.throws(() => readFileSync(path));
  t.end();
});
