/** The lock between real processes, because that is what it is for. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import t from 'tap';
import { acquireHomeLock, isHomeLocked, lastHolder } from './home-lock.ts';

const HOLDER = `
  import { acquireHomeLock } from ${JSON.stringify(new URL('./home-lock.ts', import.meta.url).href)};
  // A lock that nobody holds on to goes with the next collection of garbage.
  globalThis.lock = acquireHomeLock(process.argv[1]);
  process.stdout.write('held');
  setInterval(() => {}, 1000);
`;

void t.test('the second taker is refused with the name of the first', (t) => {
  const path = join(t.testdir(), 'run', 'lock');
  t.equal(isHomeLocked(path), false, 'and makes nothing');
  t.equal(lastHolder(path), undefined);
  const lock = acquireHomeLock(path);
  t.throws(() => acquireHomeLock(path), {
    code: 'HOME_LOCKED',
    retryable: true,
    message: new RegExp(`process.*${process.pid}.*already`),
  });
  lock.release();
  acquireHomeLock(path).release();
  t.end();
});

void t.test('a killed holder leaves nothing stale', async (t) => {
  const path = join(t.testdir(), 'lock');
  const words = ['--input-type=module-typescript', '-e', HOLDER, path];
  const holder = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => holder.kill('SIGKILL'));
  await once(holder.stdout, 'data');
  t.throws(() => acquireHomeLock(path), { code: 'HOME_LOCKED' });
  t.equal(isHomeLocked(path), true);
  t.equal(lastHolder(path), String(holder.pid));
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  t.equal(isHomeLocked(path), false, 'looking takes nothing');
  acquireHomeLock(path).release();
});
