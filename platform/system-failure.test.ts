import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { test } from 'tap';
import { TillgateError } from '../protocol/errors.ts';
import { systemFailure } from './system-failure.ts';

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}

void test('a missing file is named, and what to do about it', (t) => {
  const path = join(t.testdir(), 'gone', 'file');
  const failure = systemFailure(thrownBy(() => readFileSync(path)));
  t.match(failure, { code: 'FILE_MISSING', retryable: false });
  t.equal(failure?.message, `${path} cannot be opened: it is not there (ENOENT).`);
  t.match(failure?.hint, /path is right/);
  t.match(systemFailure(thrownBy(() => mkdirSync(path))), { message: /cannot be made/ });
  t.end();
});

void test('a database that may not be opened is told from one that is damaged', (t) => {
  const folder = t.testdir({ db: 'this is no database, and long enough to be taken for one' });
  const missing = thrownBy(() => new Database(join(folder, 'no', 'such'), { fileMustExist: true }));
  t.equal(systemFailure(missing), undefined, 'the caller knows what is missing');
  const damaged = thrownBy(() => new Database(join(folder, 'db')).exec('CREATE TABLE t (x)'));
  t.match(systemFailure(damaged), { code: 'LEDGER_DAMAGED', hint: /log doctor/ });
  const file = join(folder, 'ro');
  writeFileSync(file, '');
  chmodSync(file, 0o400);
  const readOnly = new Database(file, { readonly: true });
  const refused = thrownBy(() => readOnly.exec('CREATE TABLE t (x)'));
  t.match(systemFailure(refused), { code: 'DISK_READ_ONLY', retryable: true });
  readOnly.close();
  t.end();
});

void test('what is not the system’s is left alone', (t) => {
  t.equal(systemFailure(new TypeError('x is not a function')), undefined);
  t.equal(systemFailure(new TillgateError('USAGE', 'no')), undefined);
  t.equal(systemFailure('text'), undefined);
  t.end();
});
