import { existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import {
  createFileDurably,
  makeDirectoryDurably,
  readFileIfPresent,
  writeFileAtomically,
  writeFileAtomicallySync,
} from './atomic-file.ts';

void t.test(
  'a file is replaced whole, with the mode asked for and nothing left beside',
  async (t) => {
    const path = join(t.testdir({ file: 'before' }), 'file');
    await writeFileAtomically(path, 'after', { mode: 0o600 });
    t.equal(readFileSync(path, 'utf8'), 'after');
    t.equal(statSync(path).mode & 0o777, 0o600);
    t.notOk(existsSync(`${path}.new`));
    writeFileAtomicallySync(path, Uint8Array.of(1, 2, 3), { mode: 0o640 });
    t.strictSame([...readFileSync(path)], [1, 2, 3]);
    t.equal(statSync(path).mode & 0o777, 0o640);
  },
);

void t.test('what a crash left before the rename is in nobody’s way', async (t) => {
  const path = join(t.testdir({ file: 'before', 'file.new': 'torn' }), 'file');
  await writeFileAtomically(path, 'after');
  t.equal(readFileSync(path, 'utf8'), 'after');
});

void t.test('the temporary name is never followed to somewhere else', (t) => {
  const folder = t.testdir({ victim: 'untouched' });
  const path = join(folder, 'file');
  symlinkSync(join(folder, 'victim'), `${path}.new`);
  writeFileAtomicallySync(path, 'mine');
  t.equal(readFileSync(join(folder, 'victim'), 'utf8'), 'untouched');
  t.equal(readFileSync(path, 'utf8'), 'mine');
  t.end();
});

void t.test('a write that fails leaves the old file', async (t) => {
  const folder = t.testdir({ file: 'before', 'file.new': {} });
  const path = join(folder, 'file');
  await t.rejects(writeFileAtomically(path, 'after'));
  t.equal(readFileSync(path, 'utf8'), 'before');
});

void t.test('a file is created once', (t) => {
  const path = join(t.testdir(), 'once');
  createFileDurably(path, 'first');
  t.throws(() => createFileDurably(path, 'second'), { code: 'EEXIST' });
  t.equal(readFileSync(path, 'utf8'), 'first');
  t.end();
});

void t.test('folders are made with their parents; reading tells absent from broken', (t) => {
  const folder = join(t.testdir(), 'a', 'b', 'c');
  makeDirectoryDurably(folder, 0o700);
  makeDirectoryDurably(folder, 0o700);
  t.equal(statSync(folder).mode & 0o777, 0o700);
  t.equal(readFileIfPresent(join(folder, 'none')), undefined);
  writeFileSync(join(folder, 'some'), 'x');
  t.equal(readFileIfPresent(join(folder, 'some'))?.length, 1);
  t.throws(() => readFileIfPresent(folder), { code: 'EISDIR' });
  t.end();
});
