/**
 * Our notes and proofs before a verifier that is not ours, and its proofs before ours.
 */
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { formatCheckpoint } from '../../protocol/log/checkpoint.ts';
import { cosign } from '../../protocol/log/cosignature.ts';
import {
  Frontier,
  consistencyProof,
  inclusionProof,
  leafHash,
  rootAt,
  verifyConsistency,
} from '../../protocol/log/merkle.ts';
import { createNoteSigner, signNote } from '../../protocol/log/note.ts';
import { formatTlogProof, verifyTlogProof } from '../../protocol/log/tlog-proof.ts';
import { must } from '../../protocol/must.ts';
import { buildGoSumdb } from '../support/go-sumdb.ts';
import { ownFolder } from '../support/own-folder.ts';

const ORIGIN = 'hq.example.com/acme/s0417/g1/e2-0123abcd';
const SIZE = 37;
const signer = (name: string, type: 1 | 4) =>
  createNoteSigner({ name, type, privateKey: generateKeyPairSync('ed25519').privateKey });
const logKey = signer(ORIGIN, 1);
const hqKey = signer('hq.example.com/durable', 4);

const leaves = Array.from({ length: SIZE }, (_, index) => Buffer.from(`{"index":${index}}\nbody`));
const nodes = new Map<string, Uint8Array>();
const frontier = new Frontier();
leaves.forEach((leaf, index) => {
  frontier
    .append(leafHash(leaf))
    .forEach((node, level) => nodes.set(`${level}/${index >> level}`, node));
});
const read = (level: number, index: number) =>
  must(nodes.get(`${level}/${index}`), 'the node is complete');

const headOf = (size: number) => {
  const text = formatCheckpoint({ origin: ORIGIN, size, root: rootAt(size, read) });
  return signNote(text, logKey) + cosign(text, hqKey, 1_700_000_000);
};

const proofOf = (index: number, size: number, extra = true) =>
  formatTlogProof({
    index,
    proof: inclusionProof(index, size, read),
    note: headOf(size),
    ...(extra && { extra: must(leaves[index], 'a leaf') }),
  });

void t.test('a stock verifier accepts our proofs, and none that was changed', (t) => {
  const folder = ownFolder(t);
  const go = buildGoSumdb(t, folder);
  if (go === undefined) return;
  const check = (text: string, vkey = logKey.vkey) => {
    const file = join(folder, 'proof');
    writeFileSync(file, text);
    return go.run('check', vkey, file);
  };
  for (const size of [1, 2, 3, 8, 36, 37]) {
    for (const index of new Set([0, size >> 1, size - 1])) {
      t.same(check(proofOf(index, size)), { ok: true, output: `ok ${ORIGIN} ${size} ${index}\n` });
    }
  }
  const good = proofOf(20, SIZE);
  for (const [why, text] of [
    ['another index', good.replace('index 20', 'index 21')],
    ['another size', good.replace(`\n${SIZE}\n`, `\n${SIZE + 1}\n`)],
    ['another leaf', good.replace(/extra .*/, `extra ${Buffer.from('x').toString('base64')}`)],
    ['a hash less', good.replace(/(index 20\n).*\n/, '$1')],
    ['no signature of the log', good.replace(/— hq.example.com\/acme.*\n/, '')],
  ] as const) {
    t.notOk(check(text).ok, why);
    t.notOk(verifyTlogProof(text, { logVkey: logKey.vkey }).valid, `${why}, before us`);
  }
  t.notOk(check(good, signer(ORIGIN, 1).vkey).ok, 'another key of that name');
  const bare = join(folder, 'bare');
  const leafFile = join(folder, 'leaf');
  writeFileSync(bare, proofOf(20, SIZE, false));
  writeFileSync(leafFile, must(leaves[20], 'a leaf'));
  t.ok(go.run('check', logKey.vkey, bare, leafFile).ok, 'the leaf apart from the proof');
  t.end();
});

void t.test('a stock verifier accepts our consistency proofs', (t) => {
  const folder = ownFolder(t);
  const go = buildGoSumdb(t, folder);
  if (go === undefined) return;
  const files = ['old', 'new', 'steps'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const check = (first: number, second: number, claimed = first) => {
    const steps = consistencyProof(first, second, read);
    const contents = [
      headOf(claimed),
      headOf(second),
      steps.map((step) => `${Buffer.from(step).toString('base64')}\n`).join(''),
    ];
    files.forEach((file, at) => writeFileSync(file, must(contents[at], 'one')));
    return go.run('consistent', logKey.vkey, ...files).ok;
  };
  for (const [first, second] of [
    [1, 2],
    [2, 3],
    [8, 37],
    [20, 37],
    [36, 37],
    [37, 37],
  ] as const) {
    t.ok(check(first, second), `${first} to ${second}`);
  }
  t.notOk(check(20, 37, 21), 'a head of another size');
  t.end();
});

void t.test('we accept the proofs of a stock log, and none that was changed', (t) => {
  const go = buildGoSumdb(t, ownFolder(t));
  if (go === undefined) return;
  const made = JSON.parse(go.run('make', 'go.example.com/log', '70').output) as {
    vkey: string;
    size: number;
    root: string;
    inclusions: { index: number; leaf: string; proof: string }[];
    trees: { size: number; root: string; hashes: string[] }[];
  };
  const bytes = (text: string) => Buffer.from(text, 'base64');
  for (const { index, leaf, proof } of made.inclusions) {
    const options = { logVkey: made.vkey, leafHash: leafHash(bytes(leaf)) };
    t.match(verifyTlogProof(proof, options), { valid: true, index, size: 70 });
    const moved = proof.replace(`index ${index}\n`, `index ${(index + 1) % 70}\n`);
    t.notOk(verifyTlogProof(moved, options).valid);
  }
  for (const { size, root, hashes } of made.trees) {
    const claim = {
      first: size,
      second: made.size,
      firstRoot: bytes(root),
      secondRoot: bytes(made.root),
      proof: hashes.map(bytes),
    };
    t.ok(verifyConsistency(claim), `${size} to ${made.size}`);
    t.notOk(verifyConsistency({ ...claim, first: size === 1 ? 2 : size - 1 }));
  }
  t.end();
});

void t.test('the known answers are also theirs', (t) => {
  const folder = ownFolder(t);
  const go = buildGoSumdb(t, folder);
  if (go === undefined) return;
  const url = new URL('../../protocol/vectors/log-known-answers.json', import.meta.url);
  const known = JSON.parse(readFileSync(url, 'utf8')) as {
    keys: { vkey: string }[];
    log: { tlogProof: string; leavesUtf8: string[] };
  };
  const [proof, leaf] = [join(folder, 'proof'), join(folder, 'leaf')];
  writeFileSync(proof, known.log.tlogProof);
  writeFileSync(leaf, must(known.log.leavesUtf8[1], 'the second leaf'));
  const vkey = must(known.keys[0], 'the key of the log').vkey;
  t.ok(go.run('check', vkey, proof, leaf).ok);
  writeFileSync(leaf, must(known.log.leavesUtf8[2], 'the third leaf'));
  t.notOk(go.run('check', vkey, proof, leaf).ok);
  t.end();
});
