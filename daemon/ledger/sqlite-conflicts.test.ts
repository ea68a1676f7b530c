/**
 * Goal: a ledger of an earlier release, which kept no list of its conflicts, has one after it was
 * opened once. Method: a ledger written today whose list is taken away.
 */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import t from 'tap';
import { freshFolder, newCore, refused, sale } from './ledger-fixtures.ts';
import { SqliteStore } from './sqlite-store.ts';

void t.test('conflicts of an earlier release are found at the first start', (t) => {
  const folder = freshFolder();
  const path = join(folder.path, 'ledger.db');
  const before = new SqliteStore(path);
  const body = Buffer.from('{"says":"\\"kind\\":\\"conflict\\""}');
  newCore(before).run([
    sale('a', { body }),
    sale('a', { content: 'other' }),
    refused('r', { body: Buffer.from('"kind":"conflict"') }),
    sale('a', { content: 'third' }),
  ]);
  before.close();
  const database = new Database(path);
  database.exec('DROP TABLE conflicts');
  database.close();
  const after = new SqliteStore(path);
  t.strictSame(
    after.view.conflicts.newest(10).map(({ index }) => index),
    [4, 2],
  );
  after.close();
  folder.remove();
  t.end();
});
