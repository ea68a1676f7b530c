/** Goal: whatever the moment of a crash, the next command with the home's lock finds a ledger. */
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { systemClock } from '../../platform/system-clock.ts';
import { runTillgate } from '../../test/support/run-tillgate.ts';
import { exchangeLedger, finishExchange } from './exchange.ts';

void t.test('the repaired ledger takes the place, the damaged one is kept whole', (t) => {
  const files = { 'l.db': 'damaged', 'l.db-wal': 'its wal', 'l.db-shm': 'x', 'l.db.fresh': 'new' };
  const folder = t.testdir(files);
  const path = join(folder, 'l.db');
  const keptAs = exchangeLedger(path, `${path}.fresh`, systemClock);
  t.equal(readFileSync(path, 'utf8'), 'new');
  t.equal(readFileSync(keptAs, 'utf8'), 'damaged');
  t.equal(readFileSync(`${keptAs}-wal`, 'utf8'), 'its wal');
  t.equal(readdirSync(folder).length, 4, 'nothing else is there');
  t.end();
});

void t.test('a crash between the renames is finished, at each of them', (t) => {
  const repaired = { 'l.db.repaired': 'new' };
  const states: Record<string, string>[] = [
    { ...repaired, 'l.db-wal': 'w', 'l.db-shm': 's', 'l.db.damaged-1': 'damaged' },
    { ...repaired, 'l.db-shm': 's', 'l.db.damaged-1': 'damaged', 'l.db.damaged-1-wal': 'w' },
    { ...repaired, 'l.db.damaged-1': 'damaged' },
  ];
  for (const state of states) {
    const path = join(t.testdir(state), 'l.db');
    finishExchange(path);
    t.equal(readFileSync(path, 'utf8'), 'new');
    t.notOk(existsSync(`${path}-wal`), 'no foreign write-ahead log beside it');
    t.notOk(existsSync(`${path}-shm`));
    t.ok(existsSync(`${path}.damaged-1`));
  }
  const begun = join(t.testdir({ 'l.db': 'damaged', ...repaired }), 'l.db');
  finishExchange(begun);
  t.equal(readFileSync(begun, 'utf8'), 'damaged', 'before the first rename all is as it was');
  t.end();
});

void t.test('a command with the lock goes on in the repaired ledger', (t) => {
  const home = join(t.testdir(), 'home');
  const run = (...words: string[]) => runTillgate(['--home', home, ...words]);
  run('init', '--chain', 'acme', '--store', 's1', '--gateway', 'g1');
  run('device', 'add', 'till-1', '--role', 'till');
  const ledger = join(home, 'data', 'ledger.db');
  renameSync(ledger, `${ledger}.repaired`);
  writeFileSync(`${ledger}-wal`, 'of another database');
  t.equal(run('device', 'add', 'till-2', '--role', 'till').status, 0);
  const { json } = run('log', 'verify', '--json');
  t.match(json, { valid: true, epochs: [{ origin: /\/e1$/ }] }, 'no new epoch');
  t.end();
});
