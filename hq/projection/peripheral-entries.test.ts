/** Goal: entries about peripherals are read as the vectors say, and put nothing into quarantine. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { decodeEntry, encodeEntry, type EntryHeader } from '../../protocol/log/entry.ts';
import { leafHash } from '../../protocol/log/merkle.ts';
import { interpretEntry } from './interpret.ts';

const path = new URL('../../protocol/vectors/peripheral-entries.json', import.meta.url);
const { vectors } = JSON.parse(readFileSync(path, 'utf8')) as {
  vectors: { header: EntryHeader; leaf: string; leafHash: string }[];
};

for (const { header, leaf: text, leafHash: hash } of vectors) {
  void t.test(`entry of event ${String(header['event'])} at ${header.index}`, (t) => {
    const leaf = Buffer.from(text, 'base64');
    t.strictSame(decodeEntry(leaf).header, header);
    t.ok(Buffer.from(encodeEntry(header)).equals(leaf), 'it re-encodes to itself');
    t.equal(Buffer.from(leafHash(leaf)).toString('base64'), hash);
    t.strictSame(interpretEntry(leaf, undefined), { kind: 'nothing' });
    t.end();
  });
}
