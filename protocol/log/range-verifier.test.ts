import fc from 'fast-check';
import t from 'tap';
import { must } from '../must.ts';
import { blobBody, encodeEntry, inlineBody } from './entry.ts';
import type { EntryHeader } from './entry.ts';
import { Frontier, leafHash } from './merkle.ts';
import { RangeVerifier, joinRanges, verifyRange } from './range-verifier.ts';
import type { RangeOptions, RangeResult, StoredEntry } from './range-verifier.ts';

const salt = new Uint8Array(32).fill(1);
const blobOf = (index: number) => Buffer.from(`blob of ${index}`);

function leafOf(index: number): Uint8Array {
  const body = Buffer.from(`body of ${index}`);
  const asBlob = index % 7 === 3;
  const header: EntryHeader = {
    v: 1,
    kind: 'note',
    index,
    recordedAt: '2010-12-01T08:26:00.000Z',
    clock: { wall: 1, monotonicMs: index, bootId: 'b', source: 'system' },
    hlc: '000000000000001-00000',
    body: asBlob ? blobBody(salt, blobOf(index)) : inlineBody(body),
  };
  return encodeEntry(header, asBlob ? undefined : body);
}

/** A log as the ledger keeps it: each entry with its leaf hash and the nodes it completes. */
function storedLog(size: number) {
  const frontier = new Frontier();
  const entries = Array.from({ length: size }, (_, index) => {
    const leaf = leafOf(index);
    return { index, leaf, hashes: Buffer.concat(frontier.append(leafHash(leaf))) };
  });
  return { entries, root: frontier.root(), frontier };
}

const blob = (index: number) => ({ salt, bytes: blobOf(index) });

function inRanges(entries: StoredEntry[], width: number, options: Partial<RangeOptions> = {}) {
  const results: RangeResult[] = [];
  for (let start = 0; start < entries.length; start += width) {
    const part = entries.slice(start, start + width);
    results.push(verifyRange(part, { start, end: start + part.length, blob, ...options }));
  }
  return results;
}

const faultsOf = (results: RangeResult[]) =>
  results.flatMap(({ faults }) => faults.map(({ index, kind }) => `${index} ${kind}`));

const flipped = (bytes: Uint8Array, at: number) => {
  const copy = Uint8Array.from(bytes);
  const place = at % copy.length;
  copy[place] = must(copy[place], 'inside') ^ 1;
  return copy;
};

void t.test('ranges of any width join to the root of the whole', (t) => {
  for (const size of [0, 1, 2, 7, 8, 63, 64, 65, 100]) {
    const { entries, root, frontier } = storedLog(size);
    for (const width of [1, 4, 8, 64, 128]) {
      const results = inRanges(entries, width);
      const seen = new Map<string, string>();
      const joined = joinRanges(results, width, (level, index, node) => {
        seen.set(`${level}/${index}`, Buffer.from(node).toString('hex'));
      });
      t.same(faultsOf(results), []);
      t.equal(joined.size, size);
      t.same(Buffer.from(joined.root), Buffer.from(root), `size ${size}, width ${width}`);
      t.equal(joined.frontier.length, frontier.nodes.length);
      for (const { index, hashes } of entries) {
        // Every node above the ranges is shown once, as the log has it.
        for (let level = Math.log2(width) + 1; level < hashes.length / 32; level++) {
          const stored = hashes.subarray(level * 32, level * 32 + 32).toString('hex');
          t.equal(seen.get(`${level}/${Math.floor(index / 2 ** level)}`), stored);
        }
      }
    }
  }
  t.end();
});

void t.test(
  'one byte changed in one leaf is one fault, or a form and a hash, at its index',
  (t) => {
    const { entries } = storedLog(96);
    fc.assert(
      fc.property(fc.nat(95), fc.nat(), (index, at) => {
        const changed = entries.map((entry) =>
          entry.index === index ? { ...entry, leaf: flipped(entry.leaf, at) } : entry,
        );
        const faults = inRanges(changed, 32).flatMap((result) => result.faults);
        return (
          faults.length >= 1 &&
          faults.every((fault) => fault.index === index) &&
          faults.some((fault) => fault.kind === 'leafHash')
        );
      }),
    );
    t.end();
  },
);

void t.test('a changed stored hash or node is named where it was stored', (t) => {
  const { entries } = storedLog(64);
  const changeAt = (index: number, level: number) =>
    entries.map((entry) =>
      entry.index === index ? { ...entry, hashes: flipped(entry.hashes, level * 32 + 5) } : entry,
    );
  t.same(faultsOf(inRanges(changeAt(7, 2), 64)), ['7 node', '7 node'], 'and its parent disagrees');
  t.same(faultsOf(inRanges(changeAt(7, 3), 64)), ['7 node', '15 node']);
  t.same(faultsOf(inRanges(changeAt(6, 0), 64)), ['6 leafHash', '7 node']);
  t.end();
});

void t.test('hashes may come as hex, and all of them must be there where all are kept', (t) => {
  const { entries, root } = storedLog(64);
  const asHex = (list: typeof entries) =>
    list.map((entry) => ({ ...entry, hashes: entry.hashes.toString('hex') }));
  const results = inRanges(asHex(entries), 16, { nodesKept: true });
  t.same(faultsOf(results), []);
  t.same(Buffer.from(joinRanges(results, 16).root), Buffer.from(root));
  const changed = entries.map((entry) =>
    entry.index === 6 || entry.index === 15
      ? { ...entry, hashes: Buffer.from(flipped(entry.hashes, 3 + (entry.index === 15 ? 64 : 0))) }
      : entry,
  );
  t.same(faultsOf(inRanges(asHex(changed), 16)), ['6 leafHash', '7 node', '15 node', '15 node']);
  const short = entries.map((entry) =>
    entry.index === 31 ? { ...entry, hashes: entry.hashes.subarray(0, -32) } : entry,
  );
  t.same(faultsOf(inRanges(asHex(short), 16, { nodesKept: true })), ['31 node']);
  t.same(faultsOf(inRanges(short, 16, { nodesKept: true })), ['31 node']);
  t.same(faultsOf(inRanges(short, 16)), []);
  t.end();
});

void t.test('missing, doubled and misplaced entries are named', (t) => {
  const { entries, root } = storedLog(20);
  const without = (...lost: number[]) => entries.filter(({ index }) => !lost.includes(index));
  const whole = (list: StoredEntry[], end = 20) => verifyRange(list, { start: 0, end, blob });
  t.match(whole(without(0, 1, 2)).faults[0], { index: 0, kind: 'missing', message: /0 to 2/ });
  t.match(whole(without(18, 19)).faults.at(-1), { index: 18, kind: 'missing' });
  t.equal(whole(without(18, 19)).end, 20);
  t.match(whole([...entries, must(entries[4], 'one')]).faults, [{ index: 4, kind: 'index' }]);
  t.match(whole(entries, 19).faults, [{ index: 19, kind: 'index' }]);
  const swapped = entries.map((entry) =>
    entry.index === 4 || entry.index === 5
      ? { ...entry, leaf: must(entries[9 - entry.index], 'the other').leaf }
      : entry,
  );
  t.same(
    new Set(faultsOf([whole(swapped)])),
    new Set(['4 index', '4 leafHash', '5 index', '5 leafHash']),
  );
  const wild = new RangeVerifier({ start: 0 });
  wild.push({ ...must(entries[0], 'one'), index: 2 ** 45 });
  t.match(wild.finish(), { end: 0, faultCount: 1 }, 'a wild index is refused, not counted up to');
  // Without stored hashes a change that keeps the form shows in the root alone.
  const bare = entries.map(({ index, leaf }) => ({ index, leaf }));
  t.same(Buffer.from(joinRanges([whole(bare)], 32).root), Buffer.from(root));
  t.end();
});

void t.test('blobs are compared with their headers', (t) => {
  const { entries } = storedLog(12);
  const kinds = (look: RangeOptions['blob']) =>
    faultsOf([verifyRange(entries, look === undefined ? { start: 0 } : { start: 0, blob: look })]);
  t.same(kinds(blob), []);
  t.same(kinds(undefined), [], 'not looked at without a way to read them');
  t.same(
    kinds((index) => (index === 3 ? undefined : blob(index))),
    ['3 blob'],
  );
  t.same(
    kinds((index) => ({ salt, bytes: blobOf(index === 10 ? 3 : index) })),
    ['10 blob'],
  );
  t.same(
    kinds((index) => ({ salt: flipped(salt, 0), bytes: blobOf(index) })),
    ['3 blob', '10 blob'],
  );
  t.end();
});

void t.test('faults are kept up to a limit and counted beyond it; visitors add their own', (t) => {
  const { entries } = storedLog(30);
  const result = verifyRange(entries, {
    start: 0,
    faultsMax: 4,
    visit: ({ header }, index) =>
      header.index % 2 === 0 ? { index, kind: 'signature', message: 'even' } : undefined,
  });
  t.equal(result.faultCount, 15);
  t.same(faultsOf([result]), ['0 signature', '2 signature', '4 signature', '6 signature']);
  t.end();
});
