/**
 * Goal: a read that the storage fails ends the commit, whoever asked for it; only a mistake of ours
 * fails one command alone. Method: a real store whose table goes away under it.
 */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import t from 'tap';
import { isTillgateError } from '../../protocol/errors.ts';
import { freshFolder, newCore, sale } from './ledger-fixtures.ts';
import { SqliteStore } from './sqlite-store.ts';

void t.test('a failed read is a failure of the storage, not of the command', (t) => {
  const folder = freshFolder();
  const path = join(folder.path, 'ledger.db');
  const core = newCore(new SqliteStore(path));
  const before = core.tip().size;
  const vandal = new Database(path);
  vandal.exec('DROP TABLE claims');
  vandal.close();
  t.throws(() => core.run([sale('a'), sale('b')]), { code: 'LEDGER_IO', retryable: false });
  t.equal(core.tip().size, before, 'nothing of the commit is kept');
  core.close();
  folder.remove();
  t.end();
});

void t.test('a command that cannot be applied fails alone', (t) => {
  const folder = freshFolder();
  const core = newCore(new SqliteStore(join(folder.path, 'ledger.db')));
  const outcomes = core.run([{ type: 'append', kind: 'note', members: { index: 7 } }, sale('a')]);
  t.ok(isTillgateError(outcomes[0]));
  t.match(outcomes[1], { outcome: 'accepted', index: 1 });
  core.close();
  folder.remove();
  t.end();
});
