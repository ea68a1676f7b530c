import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import t from 'tap';
import { must } from '../must.ts';
import {
  EMPTY_ROOT,
  Frontier,
  completedNodes,
  consistencyProof,
  frontierAt,
  inclusionProof,
  leafHash,
  nodeHash,
  rootAt,
  rootOfFrontier,
  verifyConsistency,
  verifyInclusion,
} from './merkle.ts';
import type { Hash, NodeReader } from './merkle.ts';

const hex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'));
const utf8 = (text: string) => new Uint8Array(Buffer.from(text));
const base64 = (text: string) => new Uint8Array(Buffer.from(text, 'base64'));
const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** The definition of RFC 6962 section 2.1, word for word. */
function naiveRoot(leaves: readonly Hash[]): Hash {
  const [first] = leaves;
  if (first === undefined) return EMPTY_ROOT;
  if (leaves.length === 1) return first;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return nodeHash(naiveRoot(leaves.slice(0, split)), naiveRoot(leaves.slice(split)));
}

/** The proof of RFC 6962 section 2.1.1, word for word. */
function naivePath(index: number, leaves: readonly Hash[]): Hash[] {
  if (leaves.length <= 1) return [];
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return index < split
    ? [...naivePath(index, leaves.slice(0, split)), naiveRoot(leaves.slice(split))]
    : [...naivePath(index - split, leaves.slice(split)), naiveRoot(leaves.slice(0, split))];
}

const leafOf = (index: number): Hash => leafHash(utf8(`leaf ${index}`));

const leafReader: NodeReader = () => leafOf(0);

/** A tree that keeps each node as its last leaf arrives, as the ledger does. */
class StoredTree {
  readonly nodes = new Map<string, Hash>();
  size = 0;

  readonly read: NodeReader = (level, index) =>
    must(this.nodes.get(`${level}/${index}`), `node ${level}/${index} is complete`);

  append(leaf: Hash): void {
    completedNodes(this.size, leaf, this.read).forEach((node, level) => {
      this.nodes.set(`${level}/${Math.floor(this.size / 2 ** level)}`, node);
    });
    this.size++;
  }
}

function treeOf(size: number): { tree: StoredTree; leaves: Hash[] } {
  const tree = new StoredTree();
  const leaves = Array.from({ length: size }, (_, index) => leafOf(index));
  leaves.forEach((leaf) => tree.append(leaf));
  return { tree, leaves };
}

const flip = (bytes: Hash, bit: number): Hash => {
  const copy = Uint8Array.from(bytes);
  const at = Math.floor(bit / 8) % copy.length;
  copy[at] = must(copy[at], 'inside') ^ (1 << (bit % 8));
  return copy;
};

void t.test('hashes and roots are the published ones', (t) => {
  const url = new URL('../vectors/log-known-answers.json', import.meta.url);
  const { hashing } = JSON.parse(readFileSync(url, 'utf8')) as {
    hashing: {
      emptyRootHex: string;
      leaves: { leafUtf8: string; hashHex: string }[];
      nodes: { leftUtf8: string; rightUtf8: string; hashHex: string }[];
      roots: { leavesHex: string[]; rootHexBySize: string[] };
    };
  };
  t.equal(toHex(EMPTY_ROOT), hashing.emptyRootHex);
  for (const { leafUtf8, hashHex } of hashing.leaves) {
    t.equal(toHex(leafHash(utf8(leafUtf8))), hashHex);
  }
  for (const { leftUtf8, rightUtf8, hashHex } of hashing.nodes) {
    t.equal(toHex(nodeHash(utf8(leftUtf8), utf8(rightUtf8))), hashHex);
  }
  const frontier = new Frontier();
  hashing.roots.rootHexBySize.forEach((root, size) => {
    t.equal(toHex(frontier.root()), root, `root at size ${size}`);
    const leaf = hashing.roots.leavesHex[size];
    if (leaf !== undefined) frontier.append(leafHash(hex(leaf)));
  });
  t.end();
});

void t.test('leaves larger than the scratch buffer hash as the small ones do', (t) => {
  for (const size of [65_534, 65_535, 65_536, 200_000]) {
    const leaf = new Uint8Array(size).fill(7);
    const expected = createHash('sha256')
      .update(Buffer.from([0]))
      .update(leaf)
      .digest('hex');
    t.equal(toHex(leafHash(leaf)), expected);
  }
  t.end();
});

void t.test('public vectors, sizes above 2^53 among them', (t) => {
  const url = new URL('../vectors/merkle-proofs.json', import.meta.url);
  const vectors = JSON.parse(readFileSync(url, 'utf8')) as {
    inclusion: Record<'name' | 'index' | 'size' | 'root' | 'leafHash', string>[];
    consistency: Record<'name' | 'first' | 'second' | 'firstRoot' | 'secondRoot', string>[];
  };
  type Rest = { proof: string[]; valid: boolean };
  for (const vector of vectors.inclusion as (Rest & (typeof vectors.inclusion)[0])[]) {
    const answer = verifyInclusion({
      index: BigInt(vector.index),
      size: BigInt(vector.size),
      leafHash: base64(vector.leafHash),
      root: base64(vector.root),
      proof: vector.proof.map(base64),
    });
    t.equal(answer, vector.valid, vector.name);
  }
  for (const vector of vectors.consistency as (Rest & (typeof vectors.consistency)[0])[]) {
    const answer = verifyConsistency({
      first: BigInt(vector.first),
      second: BigInt(vector.second),
      firstRoot: base64(vector.firstRoot),
      secondRoot: base64(vector.secondRoot),
      proof: vector.proof.map(base64),
    });
    t.equal(answer, vector.valid, vector.name);
  }
  t.end();
});

void t.test('every size to 70: stored nodes, frontier and definition agree', (t) => {
  const { tree, leaves } = treeOf(70);
  const frontier = new Frontier();
  for (let size = 0; size <= 70; size++) {
    const root = toHex(naiveRoot(leaves.slice(0, size)));
    t.equal(toHex(rootAt(size, tree.read)), root);
    t.equal(toHex(frontier.root()), root);
    t.same(frontier.nodes.map(toHex), frontierAt(size, tree.read).map(toHex));
    t.equal(toHex(rootOfFrontier(frontier.clone().nodes)), root);
    t.same(new Frontier(size, frontier.nodes).root(), frontier.root());
    const leaf = leaves[size];
    if (leaf === undefined) continue;
    const completed = frontier.append(leaf).map(toHex);
    t.same(completed, completedNodes(size, leaf, tree.read).map(toHex));
  }
  t.end();
});

void t.test('every leaf of every size to 70 is proven, by the path of the definition', (t) => {
  const { tree, leaves } = treeOf(70);
  let wrong = 0;
  for (let size = 1; size <= 70; size++) {
    const root = rootAt(size, tree.read);
    for (let index = 0; index < size; index++) {
      const proof = inclusionProof(index, size, tree.read);
      const same = naivePath(index, leaves.slice(0, size)).map(toHex).join();
      if (proof.map(toHex).join() !== same) wrong++;
      const leaf = must(leaves[index], 'a leaf');
      if (!verifyInclusion({ index, size, leafHash: leaf, proof, root })) wrong++;
      // The same proof says nothing about another place.
      if (
        size > 1 &&
        verifyInclusion({ index: (index + 1) % size, size, leafHash: leaf, proof, root })
      )
        wrong++;
      if (verifyInclusion({ index, size: size * 2 + 1, leafHash: leaf, proof, root })) wrong++;
    }
  }
  t.equal(wrong, 0);
  t.end();
});

void t.test('every pair of sizes to 70 is proven consistent', (t) => {
  const { tree } = treeOf(70);
  let wrong = 0;
  for (let second = 1; second <= 70; second++) {
    for (let first = 1; first <= second; first++) {
      const proof = consistencyProof(first, second, tree.read);
      const firstRoot = rootAt(first, tree.read);
      const secondRoot = rootAt(second, tree.read);
      if (!verifyConsistency({ first, second, firstRoot, secondRoot, proof })) wrong++;
      if (verifyConsistency({ first, second, firstRoot: flip(firstRoot, 9), secondRoot, proof }))
        wrong++;
      if (verifyConsistency({ first, second, firstRoot, secondRoot: flip(secondRoot, 9), proof }))
        wrong++;
    }
  }
  t.equal(wrong, 0);
  t.same(consistencyProof(0, 7, tree.read), []);
  t.notOk(
    verifyConsistency({
      first: 0,
      second: 7,
      firstRoot: EMPTY_ROOT,
      secondRoot: rootAt(7, tree.read),
      proof: [],
    }),
    'the empty tree proves nothing',
  );
  t.end();
});

void t.test('larger trees: proofs hold, and with any bit changed they fail', (t) => {
  const { tree } = treeOf(3_000);
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 3_000 }),
      fc.nat(),
      fc.nat(),
      fc.nat(),
      (size, a, b, bit) => {
        const index = a % size;
        const first = 1 + (b % size);
        const root = rootAt(size, tree.read);
        const claim = {
          index,
          size,
          leafHash: leafOf(index),
          proof: inclusionProof(index, size, tree.read),
          root,
        };
        const consistency = {
          first,
          second: size,
          firstRoot: rootAt(first, tree.read),
          secondRoot: root,
          proof: consistencyProof(first, size, tree.read),
        };
        const tampered = (proof: Hash[]) =>
          proof.map((node, at) => (at === bit % proof.length ? flip(node, bit) : node));
        return (
          verifyInclusion(claim) &&
          !verifyInclusion({ ...claim, proof: tampered(claim.proof) }) &&
          !verifyInclusion({ ...claim, proof: claim.proof.slice(1) }) &&
          !verifyInclusion({ ...claim, proof: [...claim.proof, root] }) &&
          !verifyInclusion({ ...claim, leafHash: flip(claim.leafHash, bit) }) &&
          !verifyInclusion({ ...claim, root: flip(root, bit) }) &&
          verifyConsistency(consistency) &&
          !verifyConsistency({ ...consistency, proof: [...consistency.proof, root] }) &&
          (consistency.proof.length === 0 ||
            (!verifyConsistency({ ...consistency, proof: tampered(consistency.proof) }) &&
              !verifyConsistency({ ...consistency, proof: consistency.proof.slice(1) })))
        );
      },
    ),
    { numRuns: 400 },
  );
  t.end();
});

void t.test('a reader of far-away nodes works above 32 bits', (t) => {
  // Any hash will do for nodes nobody checks: sizes beyond 2^32 must not wrap round.
  const read: NodeReader = (level, index) => leafHash(utf8(`${level}/${index}`));
  const size = 2 ** 40 + 12_345;
  const index = 2 ** 39 + 77;
  const proof = inclusionProof(index, size, read);
  const leaf = read(0, index);
  t.ok(proof.length >= 40);
  // The path itself is checked with a tree whose nodes above the leaf are folded from the proof.
  let root = leaf;
  let position = index;
  let last = size - 1;
  for (const sibling of proof) {
    if (position % 2 === 1 || position === last) {
      root = nodeHash(sibling, root);
      while (position % 2 === 0 && position !== 0) {
        position /= 2;
        last = Math.floor(last / 2);
      }
    } else root = nodeHash(root, sibling);
    position = Math.floor(position / 2);
    last = Math.floor(last / 2);
  }
  t.ok(verifyInclusion({ index, size, leafHash: leaf, proof, root }));
  t.end();
});

void t.test('claims that make no sense are false, never an exception', (t) => {
  const root = leafOf(0);
  const claim = { index: 0, size: 1, leafHash: root, proof: [], root };
  t.ok(verifyInclusion(claim));
  for (const wrong of [
    { index: -1 },
    { index: 0.5 },
    { index: 1 },
    { size: 0 },
    { size: 2 ** 60 },
    { root: new Uint8Array(31) },
    { leafHash: new Uint8Array(0) },
    { proof: [new Uint8Array(33)] },
  ]) {
    t.notOk(verifyInclusion({ ...claim, ...wrong }), Object.keys(wrong).join());
  }
  t.throws(() => inclusionProof(1, 1, leafReader), { code: 'INTERNAL' });
  t.throws(() => consistencyProof(2, 1, leafReader), { code: 'INTERNAL' });
  t.throws(() => new Frontier(3, [root]), { code: 'INTERNAL' });
  t.end();
});
