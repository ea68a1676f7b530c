import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import t from 'tap';
import { must } from '../must.ts';
import { formatCheckpoint, isSignedByLog, openCheckpoint, parseCheckpoint } from './checkpoint.ts';
import { cosign, verifyCosignature } from './cosignature.ts';
import { Frontier, consistencyProof, inclusionProof, leafHash } from './merkle.ts';
import {
  NOTE_SIGNATURES_MAX,
  createNoteSigner,
  formatNote,
  formatSignatureLine,
  parseNote,
  signNote,
  verifyNote,
} from './note.ts';
import type { NoteSigner } from './note.ts';
import { formatTlogProof, parseTlogProof, verifyTlogProof } from './tlog-proof.ts';
import { decodeVkey, encodeVkey, isKeyName } from './verifier-key.ts';
import type { KeyType } from './verifier-key.ts';

interface KnownAnswers {
  keys: { seedHex: string; name: string; type: KeyType; vkey: string }[];
  log: {
    origin: string;
    leavesUtf8: string[];
    root3Hex: string;
    consistency2to3: string[];
    cosignatureTimeSeconds: number;
    tlogProof: string;
  };
}

const vectors = new URL('../vectors/log-known-answers.json', import.meta.url);
const known = JSON.parse(readFileSync(vectors, 'utf8')) as KnownAnswers;

/** PKCS #8 of an Ed25519 seed: a fixed prefix (RFC 8410) and the 32 bytes. */
function keyOfSeed(seedHex: string) {
  const der = Buffer.from(`302e020100300506032b657004220420${seedHex}`, 'hex');
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}

const [logSigner, hqSigner] = known.keys.map(({ seedHex, name, type }) =>
  createNoteSigner({ name, type, privateKey: keyOfSeed(seedHex) }),
) as [NoteSigner, NoteSigner];

const fresh = (name: string, type: KeyType = 1) =>
  createNoteSigner({ name, type, privateKey: generateKeyPairSync('ed25519').privateKey });

const time = known.log.cosignatureTimeSeconds;

function knownTree() {
  const hashes = known.log.leavesUtf8.map((leaf) => leafHash(Buffer.from(leaf)));
  const nodes = new Map<string, Uint8Array>();
  const frontier = new Frontier();
  hashes.forEach((leaf, index) => {
    frontier.append(leaf).forEach((node, level) => nodes.set(`${level}/${index >> level}`, node));
  });
  const read = (level: number, index: number) => must(nodes.get(`${level}/${index}`), 'complete');
  return { root: frontier.root(), read };
}

void t.test('the known answers, byte for byte', (t) => {
  known.keys.forEach((key, at) => {
    t.equal([logSigner, hqSigner][at]?.vkey, key.vkey);
    const decoded = decodeVkey(key.vkey);
    t.match(decoded, { name: key.name, type: key.type });
    t.equal(encodeVkey(decoded.name, decoded.type, decoded.publicKey), key.vkey);
  });
  const { root, read } = knownTree();
  t.equal(Buffer.from(root).toString('hex'), known.log.root3Hex);
  const base64 = (hash: Uint8Array) => Buffer.from(hash).toString('base64');
  t.same(consistencyProof(2, 3, read).map(base64), known.log.consistency2to3);
  const text = formatCheckpoint({ origin: known.log.origin, size: 3, root });
  const note = signNote(text, logSigner) + cosign(text, hqSigner, time);
  const proof = formatTlogProof({ index: 1, proof: inclusionProof(1, 3, read), note });
  t.equal(proof, known.log.tlogProof);
  t.end();
});

void t.test('the known proof is read back and checked', (t) => {
  const parsed = parseTlogProof(known.log.tlogProof);
  t.equal(formatTlogProof(parsed), known.log.tlogProof);
  const check = verifyTlogProof(known.log.tlogProof, {
    logVkey: logSigner.vkey,
    cosignerVkeys: [hqSigner.vkey],
    leafHash: leafHash(Buffer.from('entry-1')),
  });
  t.match(check, { valid: true, origin: known.log.origin, index: 1, size: 3, reason: undefined });
  t.same(verifyCosignature(parsed.note, hqSigner.vkey), { name: hqSigner.name, timeSeconds: time });
  t.equal(check.checkpoint?.signatures.length, 2);
  t.end();
});

void t.test('a proof with anything changed is refused with a reason', (t) => {
  const leaf = leafHash(Buffer.from('entry-1'));
  const refused = (text: string, reason: RegExp, options = {}) => {
    const check = verifyTlogProof(text, { logVkey: logSigner.vkey, leafHash: leaf, ...options });
    t.match(check, { valid: false, reason });
  };
  const good = known.log.tlogProof;
  refused(good.replace('index 1', 'index 0'), /do not lead from entry 0/);
  refused(good.replace('\n3\n', '\n4\n'), /does not match the text/);
  refused(good.replace('pkvy', 'pkvz'), /does not match the text/);
  refused(good.replace('QHZr', 'QHZs'), /do not lead/);
  refused(good.replace('index 1', 'index 01'), /no index line/);
  refused(good.replace('proof@v1', 'proof@v2'), /does not begin/);
  refused(good, /do not lead/, { leafHash: leafHash(Buffer.from('entry-2')) });
  refused(good, /carries no leaf/, { leafHash: undefined });
  refused(good, /No known key/, { logVkey: fresh(known.log.origin).vkey });
  refused(good, /did not sign/, { logVkey: hqSigner.vkey });
  refused('', /malformed/);
  refused('x'.repeat(1_000_000), /too long/);
  const extra = Buffer.from('entry-1').toString('base64');
  const withExtra = good.replace('index 1', `extra ${extra}\nindex 1`);
  t.ok(verifyTlogProof(withExtra, { logVkey: logSigner.vkey }).valid);
  t.equal(formatTlogProof(parseTlogProof(withExtra)), withExtra);
  refused(withExtra, /not the one with the leaf hash/, {
    leafHash: leafHash(Buffer.from('entry-2')),
  });
  refused(withExtra.replace(extra, 'ZW50'), /do not lead/, { leafHash: undefined });
  t.end();
});

void t.test('unknown keys are ignored, a known key that fails refuses the note', (t) => {
  const text = 'hello\n';
  const signers = Array.from({ length: 20 }, (_, at) => fresh(`example.com/${at}`));
  const lines = signers.map((one) => formatSignatureLine({ ...one, signature: one.sign(text) }));
  const note = formatNote(text, lines);
  const vkeys = signers.map((one) => one.vkey);
  t.equal(verifyNote(note, vkeys.slice(17)).signatures.length, 3);
  t.equal(verifyNote(note, [...vkeys, fresh('example.com/other').vkey]).signatures.length, 20);
  const changed = note.replace('hello', 'hallo');
  t.throws(() => verifyNote(changed, vkeys.slice(0, 1)), { code: 'LOG_NOTE_SIGNATURE' });
  t.throws(() => verifyNote(note, [fresh('example.com/0').vkey]), { code: 'LOG_NOTE_SIGNATURE' });
  t.throws(() => verifyNote(note, []), { code: 'LOG_NOTE_SIGNATURE' });
  // One bad signature of a known key spoils the good one of another.
  const bad = formatSignatureLine({ ...must(signers[1], 'one'), signature: new Uint8Array(64) });
  const mixed = formatNote(text, [...lines.slice(0, 1), bad]);
  t.throws(() => verifyNote(mixed, vkeys.slice(0, 2)), { code: 'LOG_NOTE_SIGNATURE' });
  t.equal(verifyNote(mixed, vkeys.slice(0, 1)).signatures.length, 1);
  t.end();
});

void t.test('malformed notes are refused', (t) => {
  const signer = fresh('example.com/log');
  const note = signNote('hello\n', signer);
  const line = must(note.split('\n\n')[1], 'a signature');
  t.equal(parseNote(note).text, 'hello\n');
  t.equal(parseNote(`a\n\nb\n\n${line}`).text, 'a\n\nb\n', 'the last blank line parts the note');
  for (const wrong of [
    '',
    'hello\n',
    'hello\n\n',
    `hello\n${line}`,
    note.slice(0, -1),
    note.replace('hello', 'hel\tlo'),
    note.replace('hello', 'hel\u0085lo'),
    note.replace('hello', 'hel\ud800lo'),
    note.replace('—', '-'),
    note.replace('— ', '—  '),
    note.replace('example.com/log', 'example.com+log'),
    note.replace('example.com/log', 'example.com\u00a0log'),
    note.replace(/.{3}\n$/, '\n'),
    `${note.slice(0, -1)} more\n`,
    `${note}\n`,
    `hello\n\n— example.com/log AAAA\n`,
    `hello\n\n${line.repeat(NOTE_SIGNATURES_MAX + 1)}`,
    `${'x'.repeat(200_000)}\n\n${line}`,
  ]) {
    t.throws(
      () => parseNote(wrong),
      { code: 'LOG_NOTE_INVALID' },
      JSON.stringify(wrong.slice(-80)),
    );
  }
  t.equal(parseNote(`hello\n\n${line.repeat(NOTE_SIGNATURES_MAX)}`).signatures.length, 64);
  t.throws(() => signNote('no line end', signer), { code: 'LOG_NOTE_INVALID' });
  t.throws(() => signNote('a\rb\n', signer), { code: 'LOG_NOTE_INVALID' });
  t.end();
});

void t.test('verifier keys are read strictly', (t) => {
  const { vkey } = logSigner;
  const parts = must(/^([^+]+)\+([^+]+)\+(.+)$/.exec(vkey), 'three parts');
  const [, name, id, key] = parts as unknown as [string, string, string, string];
  for (const wrong of [
    '',
    name,
    `${name}+${id}`,
    `${name}+${id}+${key}=`,
    `${name}+${id}+AA==`,
    `${name}x+${id}+${key}`,
    `${name}+00000000+${key}`,
    `${name} x+${id}+${key}`,
    `${vkey}\n`,
  ]) {
    t.throws(() => decodeVkey(wrong), { code: 'LOG_KEY_INVALID' }, wrong);
  }
  t.throws(() => decodeVkey(vkey.replace('+A', '+B')), { code: 'LOG_KEY_INVALID' });
  for (const bad of [
    '',
    'a b',
    'a+b',
    'a\u2003b',
    'a\u0085b',
    'a\nb',
    '\ud800',
    'x'.repeat(2_000),
  ]) {
    t.notOk(isKeyName(bad), JSON.stringify(bad.slice(0, 20)));
  }
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  t.throws(() => createNoteSigner({ name: 'a', type: 1, privateKey: rsa }), {
    code: 'LOG_KEY_INVALID',
  });
  t.end();
});

void t.test('checkpoints have exactly three lines', (t) => {
  const { root } = knownTree();
  const text = formatCheckpoint({ origin: known.log.origin, size: 3, root });
  t.same(parseCheckpoint(text), { origin: known.log.origin, size: 3, root: Buffer.from(root) });
  t.match(parseCheckpoint(text.replace('\n3\n', '\n9007199254740991\n')), { size: 2 ** 53 - 1 });
  for (const wrong of [
    '',
    text.slice(0, -1),
    `${text}extension\n`,
    text.replace('\n3\n', '\n03\n'),
    text.replace('\n3\n', '\n-3\n'),
    text.replace('\n3\n', '\n3.0\n'),
    text.replace('\n3\n', '\n\n'),
    text.replace('\n3\n', '\n9007199254740992\n'),
    text.replace('pkvy', 'pkv'),
    text.replace('8cs=', '8ct='),
    text.replace('/e3', '/ e3'),
  ]) {
    t.throws(() => parseCheckpoint(wrong), { code: 'LOG_CHECKPOINT_INVALID' }, wrong);
  }
  t.end();
});

void t.test('who signed a checkpoint is told apart', (t) => {
  const { root } = knownTree();
  const text = formatCheckpoint({ origin: known.log.origin, size: 3, root });
  const vkeys = [logSigner.vkey, hqSigner.vkey];
  const both = openCheckpoint(signNote(text, logSigner) + cosign(text, hqSigner, time), vkeys);
  t.ok(isSignedByLog(both));
  const hqOnly = openCheckpoint(signNote(text, hqSigner, time), vkeys);
  t.notOk(isSignedByLog(hqOnly));
  t.equal(hqOnly.signatures[0]?.timeSeconds, time);
  const wrongTime = signNote(text, hqSigner, time).replace('UVSJcQAAAABl', 'UVSJcQAAAABm');
  t.throws(() => openCheckpoint(wrongTime, vkeys), { code: 'LOG_NOTE_SIGNATURE' });
  t.throws(() => verifyCosignature(signNote(text, logSigner), hqSigner.vkey), {
    code: 'LOG_NOTE_SIGNATURE',
  });
  t.throws(() => cosign(text, logSigner, time), { code: 'INTERNAL' });
  const twice = signNote(text, hqSigner, time + 9) + cosign(text, hqSigner, time);
  t.equal(verifyCosignature(twice, hqSigner.vkey).timeSeconds, time + 9, 'the latest counts');
  t.end();
});
