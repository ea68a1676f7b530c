/** Says something where tap runs it: by hand, nothing is loaded that would have to be taken out. */
import { execFileSync, spawnSync } from 'node:child_process';
import t from 'tap';

const OPTIONS = ['-p', 'process.env.NODE_OPTIONS'];

void t.test('a process that a test starts runs without what tap loads', (t) => {
  t.notMatch(execFileSync(process.execPath, OPTIONS, { encoding: 'utf8' }), '@tapjs');
  t.end();
});

void t.test('what else is said to Node stays', (t) => {
  const env = { ...process.env, NODE_OPTIONS: '--no-warnings "--import=data:text/javascript,1"' };
  const { stdout } = spawnSync(process.execPath, OPTIONS, { encoding: 'utf8', env });
  t.match(stdout, '--no-warnings');
  t.match(stdout, '--import=data:text/javascript,1');
  t.notMatch(stdout, '@tapjs');
  t.end();
});
