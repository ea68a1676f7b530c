import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ed25519PublicKey } from '../../protocol/log/verifier-key.ts';
import {
  createEd25519KeyFile,
  ed25519PublicKeyBytes,
  readEd25519KeyFile,
} from './ed25519-key-file.ts';

void t.test('a key is made once, for its owner only, and reads back', (t) => {
  const path = join(t.testdir(), 'keys', 'log.pem');
  const made = createEd25519KeyFile(path);
  t.equal(statSync(path).mode & 0o777, 0o600);
  const before = readFileSync(path, 'utf8');
  t.match(before, 'BEGIN PRIVATE KEY');
  t.throws(() => createEd25519KeyFile(path), { code: 'KEY_FILE_EXISTS' });
  t.equal(readFileSync(path, 'utf8'), before);
  const message = Buffer.from('entry');
  const publicKey = ed25519PublicKey(ed25519PublicKeyBytes(readEd25519KeyFile(path)));
  t.ok(verify(null, message, publicKey, sign(null, message, made)));
  t.end();
});

void t.test('a key that others could read is refused, with the command that mends it', (t) => {
  const path = join(t.testdir(), 'log.pem');
  createEd25519KeyFile(path);
  for (const mode of [0o640, 0o604, 0o620, 0o666]) {
    chmodSync(path, mode);
    t.throws(() => readEd25519KeyFile(path), {
      code: 'KEY_FILE_PERMISSIONS',
      hint: `chmod 600 ${path}`,
    });
  }
  chmodSync(path, 0o400);
  t.equal(readEd25519KeyFile(path).asymmetricKeyType, 'ed25519');
  t.end();
});

void t.test('what is no such key is named', (t) => {
  const folder = t.testdir();
  t.throws(() => readEd25519KeyFile(join(folder, 'none')), { code: 'KEY_FILE_MISSING' });
  const path = join(folder, 'other.pem');
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  writeFileSync(path, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  t.throws(() => readEd25519KeyFile(path), { code: 'KEY_FILE_INVALID', message: /not Ed25519/ });
  writeFileSync(path, 'no key at all');
  t.throws(() => readEd25519KeyFile(path), { code: 'KEY_FILE_INVALID' });
  t.end();
});
