/**
 * The Merkle tree of a log: RFC 6962 hashing with SHA-256 (RFC 9162 section 2.1), its roots, its
 * proofs and their verification.
 *
 * Producers work on a `NodeReader`, which reads COMPLETE subtree nodes: node (level, index) is the
 * root over the leaves [index * 2^level, (index + 1) * 2^level). An append-only store that keeps
 * each node when its last leaf arrives therefore answers every question here, for every size it
 * ever had, in O(log n) reads.
 *
 *        level 2            (2,0)
 *        level 1      (1,0)       (1,1)
 *        level 0   (0,0) (0,1) (0,2) (0,3)  (0,4)      size 5: frontier (2,0) (0,4)
 *
 * Sizes and indexes are JavaScript numbers below 2^48, so no 32-bit operator touches them. The
 * verifiers also take bigint: public vectors hold sizes above 2^53. Verifiers never throw.
 */
import { hash } from 'node:crypto';
import { assert, must } from '../must.ts';

/** 32 bytes of SHA-256. */
export type Hash = Uint8Array;

/** Reads a complete subtree node; level 0 is the leaf hash. */
export type NodeReader = (level: number, index: number) => Hash;

export const HASH_BYTES = 32;

const digest = Buffer.alloc(HASH_BYTES);

/** The root of the empty tree: SHA-256 of nothing. */
export const EMPTY_ROOT: Hash = sha256(new Uint8Array(0));

/** Log sizes stay below this, so that arithmetic on doubles is exact with room to spare. */
const SIZE_LIMIT = 2 ** 48;

const NODE_PREFIX = Buffer.from([0x01]);
const nodeInput = new Uint8Array(1 + 2 * HASH_BYTES);
nodeInput[0] = 0x01;
// One scratch for leaves as large as an entry may be; hashing in one call is half again as fast
// as two updates of a hash object.
const leafInput = new Uint8Array(1 + 65_535);
leafInput[0] = 0x00;

function sha256(bytes: Uint8Array): Hash {
  // The engine makes a short string several times faster than a Buffer, and an array of 32 bytes on
  // its own heap costs next to nothing: together a third of what 'buffer' costs.
  digest.write(hash('sha256', bytes, 'binary'), 'latin1');
  return new Uint8Array(digest);
}

/** SHA-256(0x00 ‖ leaf). */
export function leafHash(leaf: Uint8Array): Hash {
  if (leaf.length >= leafInput.length) {
    const input = new Uint8Array(1 + leaf.length);
    input.set(leaf, 1);
    return sha256(input);
  }
  leafInput.set(leaf, 1);
  return sha256(leafInput.subarray(0, 1 + leaf.length));
}

/** SHA-256(0x01 ‖ left ‖ right). */
export function nodeHash(left: Hash, right: Hash): Hash {
  if (left.length !== HASH_BYTES || right.length !== HASH_BYTES) {
    return sha256(Buffer.concat([NODE_PREFIX, left, right]));
  }
  nodeInput.set(left, 1);
  nodeInput.set(right, 1 + HASH_BYTES);
  return sha256(nodeInput);
}

export function hashesEqual(a: Hash, b: Hash): boolean {
  return Buffer.compare(a, b) === 0;
}

/** The nodes that leaf `index` completes, level 0 (its own hash) first. */
export function completedNodes(index: number, leaf: Hash, read: NodeReader): Hash[] {
  assertSize(index);
  const nodes = [leaf];
  let node = leaf;
  let position = index;
  for (let level = 0; position % 2 === 1; level++) {
    node = nodeHash(read(level, position - 1), node);
    nodes.push(node);
    position = (position - 1) / 2;
  }
  return nodes;
}

/** The roots of the perfect subtrees that make up a tree of `size` leaves, largest first. */
export function frontierAt(size: number, read: NodeReader): Hash[] {
  return rangeFrontier(0, size, read);
}

export function rootAt(size: number, read: NodeReader): Hash {
  return rootOfFrontier(frontierAt(size, read));
}

/** Folds perfect subtrees (largest first) into the root over all of them. */
export function rootOfFrontier(frontier: readonly Hash[]): Hash {
  let root = frontier.at(-1);
  if (root === undefined) return EMPTY_ROOT;
  for (let i = frontier.length - 2; i >= 0; i--) {
    root = nodeHash(must(frontier[i], 'the frontier is dense'), root);
  }
  return root;
}

/** The perfect subtrees of [start, end); start is a multiple of a power of two ≥ end - start. */
function rangeFrontier(start: number, end: number, read: NodeReader): Hash[] {
  assertSize(end);
  const nodes: Hash[] = [];
  let position = start;
  let level = 0;
  while (2 ** (level + 1) <= end - start) level++;
  for (; level >= 0; level--) {
    const width = 2 ** level;
    if (end - position < width) continue;
    nodes.push(read(level, position / width));
    position += width;
  }
  return nodes;
}

/** A streaming tree: only the frontier is kept, so memory and each append are O(log n). */
export class Frontier {
  #size: number;
  readonly #nodes: Hash[];

  /** `nodes` as `frontierAt(size, …)` gives them. */
  constructor(size = 0, nodes: readonly Hash[] = []) {
    assertSize(size);
    assert(nodes.length === countOnes(size), 'a frontier has one node for each 1 bit of its size');
    this.#size = size;
    this.#nodes = [...nodes];
  }

  get size(): number {
    return this.#size;
  }

  get nodes(): readonly Hash[] {
    return this.#nodes;
  }

  /** Appends one leaf hash; returns the nodes it completes, level 0 first. */
  append(leaf: Hash): Hash[] {
    const completed = [leaf];
    let node = leaf;
    for (let position = this.#size; position % 2 === 1; position = (position - 1) / 2) {
      node = nodeHash(must(this.#nodes.pop(), 'an odd position has a left sibling'), node);
      completed.push(node);
    }
    this.#nodes.push(node);
    this.#size++;
    return completed;
  }

  root(): Hash {
    return rootOfFrontier(this.#nodes);
  }

  clone(): Frontier {
    return new Frontier(this.#size, this.#nodes);
  }
}

/** The audit path of leaf `index` in the tree of `size` leaves, RFC 9162 section 2.1.3.1. */
export function inclusionProof(index: number, size: number, read: NodeReader): Hash[] {
  assert(index >= 0 && index < size, 'a proof is for a leaf inside the tree');
  const proof: Hash[] = [];
  let start = 0;
  let end = size;
  while (end - start > 1) {
    const middle = start + largestPowerBelow(end - start);
    if (index < middle) {
      proof.push(rootOfFrontier(rangeFrontier(middle, end, read)));
      end = middle;
    } else {
      proof.push(rootOfFrontier(rangeFrontier(start, middle, read)));
      start = middle;
    }
  }
  return proof.reverse();
}

/** That the tree of `first` leaves is a prefix of that of `second`, RFC 9162 section 2.1.4.1. */
export function consistencyProof(first: number, second: number, read: NodeReader): Hash[] {
  assert(first >= 0 && first <= second, 'a consistency proof goes from a smaller size to a larger');
  // Everything extends the empty tree; there is nothing to prove, and verifyConsistency says so.
  if (first === 0 || first === second) return [];
  const proof: Hash[] = [];
  let start = 0;
  let end = second;
  while (end !== first) {
    const middle = start + largestPowerBelow(end - start);
    if (first <= middle) {
      proof.push(rootOfFrontier(rangeFrontier(middle, end, read)));
      end = middle;
    } else {
      proof.push(rootOfFrontier(rangeFrontier(start, middle, read)));
      start = middle;
    }
  }
  // The old root itself is known to the verifier when the old tree was one perfect subtree.
  if (start !== 0) proof.push(rootOfFrontier(rangeFrontier(start, end, read)));
  return proof.reverse();
}

export type TreeSize = number | bigint;

/** RFC 9162 section 2.1.3.2. False for anything that does not prove it; never throws. */
export function verifyInclusion(claim: {
  index: TreeSize;
  size: TreeSize;
  leafHash: Hash;
  proof: readonly Hash[];
  root: Hash;
}): boolean {
  if (!isSize(claim.index) || !isSize(claim.size) || !areHashes(claim.proof)) return false;
  if (!areHashes([claim.leafHash, claim.root])) return false;
  let fn = BigInt(claim.index);
  let sn = BigInt(claim.size) - 1n;
  if (fn > sn) return false;
  let root = claim.leafHash;
  for (const sibling of claim.proof) {
    if (sn === 0n) return false;
    if (isOdd(fn) || fn === sn) {
      root = nodeHash(sibling, root);
      while (!isOdd(fn) && fn !== 0n) {
        fn >>= 1n;
        sn >>= 1n;
      }
    } else {
      root = nodeHash(root, sibling);
    }
    fn >>= 1n;
    sn >>= 1n;
  }
  return sn === 0n && hashesEqual(root, claim.root);
}

/**
 * RFC 9162 section 2.1.4.2. False for `first` 0: nothing can be proven about the empty tree, and a
 * caller for whom everything extends it decides that before it asks. Never throws.
 */
export function verifyConsistency(claim: {
  first: TreeSize;
  second: TreeSize;
  firstRoot: Hash;
  secondRoot: Hash;
  proof: readonly Hash[];
}): boolean {
  if (!isSize(claim.first) || !isSize(claim.second)) return false;
  if (!areHashes(claim.proof)) return false;
  const first = BigInt(claim.first);
  const second = BigInt(claim.second);
  if (first === 0n || first > second) return false;
  if (first === second) {
    return claim.proof.length === 0 && hashesEqual(claim.firstRoot, claim.secondRoot);
  }
  const proof = (first & (first - 1n)) === 0n ? [claim.firstRoot, ...claim.proof] : claim.proof;
  const roots = foldConsistency({ fn: first - 1n, sn: second - 1n, proof });
  if (roots === undefined) return false;
  return hashesEqual(roots.first, claim.firstRoot) && hashesEqual(roots.second, claim.secondRoot);
}

function foldConsistency(walk: {
  fn: bigint;
  sn: bigint;
  proof: readonly Hash[];
}): { first: Hash; second: Hash } | undefined {
  let { fn, sn } = walk;
  while (isOdd(fn)) {
    fn >>= 1n;
    sn >>= 1n;
  }
  const [seed, ...rest] = walk.proof;
  if (seed === undefined) return undefined;
  let first = seed;
  let second = seed;
  for (const node of rest) {
    if (sn === 0n) return undefined;
    if (isOdd(fn) || fn === sn) {
      first = nodeHash(node, first);
      second = nodeHash(node, second);
      while (!isOdd(fn) && fn !== 0n) {
        fn >>= 1n;
        sn >>= 1n;
      }
    } else {
      second = nodeHash(second, node);
    }
    fn >>= 1n;
    sn >>= 1n;
  }
  return sn === 0n ? { first, second } : undefined;
}

function isOdd(value: bigint): boolean {
  return (value & 1n) === 1n;
}

function isSize(value: TreeSize): boolean {
  return typeof value === 'bigint' ? value >= 0n : Number.isSafeInteger(value) && value >= 0;
}

function areHashes(hashes: readonly Hash[]): boolean {
  return hashes.every((node) => node.length === HASH_BYTES);
}

function assertSize(size: number): void {
  assert(Number.isSafeInteger(size) && size >= 0 && size < SIZE_LIMIT, 'a log size is below 2^48');
}

/** The largest power of two smaller than `count`; `count` is at least 2. */
function largestPowerBelow(count: number): number {
  let power = 1;
  while (power * 2 < count) power *= 2;
  return power;
}

function countOnes(value: number): number {
  let ones = 0;
  for (let rest = value; rest > 0; rest = Math.floor(rest / 2)) ones += rest % 2;
  return ones;
}
