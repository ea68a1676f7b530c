import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { hqPaths } from '../../config/paths.ts';
import { openApiToken } from './api-token.ts';

void t.test('the token is made once, for its owner alone', (t) => {
  const paths = hqPaths(t.testdir());
  mkdirSync(paths.keysDir);
  const token = openApiToken(paths);
  t.match(token, /^[\w-]{43}$/);
  t.equal(statSync(paths.apiTokenFile).mode & 0o777, 0o600);
  t.equal(openApiToken(paths), token);
  t.equal(readFileSync(paths.apiTokenFile, 'utf8'), `${token}\n`);
  t.end();
});

void t.test('one that others could read, or that is too short, is refused', (t) => {
  const paths = hqPaths(t.testdir());
  mkdirSync(paths.keysDir);
  openApiToken(paths);
  chmodSync(paths.apiTokenFile, 0o640);
  t.throws(() => openApiToken(paths), { code: 'KEY_FILE_PERMISSIONS' });
  chmodSync(paths.apiTokenFile, 0o600);
  writeFileSync(paths.apiTokenFile, 'secret\n');
  t.throws(() => openApiToken(paths), { code: 'KEY_FILE_INVALID' });
  t.end();
});
