import { readFileSync } from 'node:fs';
import t from 'tap';
import { must } from '../must.ts';
import { encodeBase64 } from './base64.ts';
import { decodeEntry, encodeEntry } from './entry.ts';
import { leafHash } from './merkle.ts';
import { verifyTlogProof } from './tlog-proof.ts';

const text = readFileSync(new URL('../SPEC.md', import.meta.url), 'utf8');
const blocks = [...text.matchAll(/^```text\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? '');
const blockWith = (start: string) =>
  must(
    blocks.find((block) => block.startsWith(start)),
    `the text has a block that begins with ${start}`,
  );

void t.test('the example of an entry is one, with the length and hash the text says', (t) => {
  const leaf = Buffer.from(blockWith('{"body":').slice(0, -1));
  const { header, body } = decodeEntry(leaf);
  t.same(encodeEntry(header, body), leaf);
  t.match(text, `a leaf of ${leaf.length} bytes`);
  t.match(text, encodeBase64(leafHash(leaf)));
  t.end();
});

void t.test('the example of a proof is valid under the keys the text says', (t) => {
  const [logVkey, hqVkey] = blockWith('edge.example.com').trim().split('\n');
  const check = verifyTlogProof(blockWith('c2sp.org/tlog-proof@v1'), {
    logVkey: must(logVkey, 'the log key'),
    cosignerVkeys: [must(hqVkey, 'the key of headquarters')],
    leafHash: leafHash(Buffer.from('entry-1')),
  });
  t.match(check, { valid: true, index: 1, size: 3 });
  t.equal(check.checkpoint?.signatures.length, 2);
  t.end();
});
