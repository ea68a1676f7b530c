import { cpSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import t from 'tap';
import { settleWal } from './settle-wal.ts';

/** A database as a killed process leaves it, with `commits` in its log after it started over once. */
function killed(folder: string, commits: number): string {
  const live = join(folder, 'live');
  const left = join(folder, 'left');
  mkdirSync(live);
  const database = new Database(join(live, 'd.db'));
  database.pragma('journal_mode = WAL');
  database.pragma('wal_autocheckpoint = 0');
  database.exec('CREATE TABLE t (x BLOB)');
  const insert = database.prepare('INSERT INTO t VALUES (zeroblob(3000))');
  for (let n = 0; n < 40; n++) insert.run();
  database.pragma('wal_checkpoint(RESTART)');
  for (let n = 0; n < commits; n++) insert.run();
  cpSync(live, left, { recursive: true });
  database.close();
  return join(left, 'd.db');
}

void t.test('the log keeps its bytes, and the database its commits', (t) => {
  const path = killed(t.testdir(), 7);
  const before = readFileSync(`${path}-wal`);
  settleWal(path);
  t.ok(readFileSync(`${path}-wal`).equals(before));
  const database = new Database(path);
  t.match(database.prepare('SELECT count(*) AS rows FROM t').get(), { rows: 47 });
  database.close();
  t.end();
});

void t.test('a log that is torn, empty or none is left as it is', (t) => {
  const path = killed(t.testdir(), 3);
  const wal = `${path}-wal`;
  const whole = readFileSync(wal);
  for (const length of [whole.length - 1, 40, 33, 32, 31, 0]) {
    writeFileSync(wal, whole);
    truncateSync(wal, length);
    settleWal(path);
    t.ok(readFileSync(wal).equals(whole.subarray(0, length)), `${length} bytes`);
  }
  writeFileSync(wal, 'of another kind, and longer than a header of thirty-two bytes is');
  settleWal(path);
  t.match(readFileSync(wal, 'utf8'), /of another kind/);
  settleWal(join(t.testdir(), 'nothing.db'));
  t.end();
});
