import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { nodeFileSystem } from '../../../platform/durable/node-file-system.ts';
import { OpenFiles } from './open-files.ts';
import { SlotTable } from './slot-table.ts';

const ENTRIES = 100_000;
const place = (index: number) => ({ segment: 1 + (index >>> 16), offset: 16 + (index & 0xffff) });

void t.test('a reader keeps in memory only what the writer has not flushed', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tillgate-slots-'));
  const files = new OpenFiles(nodeFileSystem);
  t.teardown(() => {
    files.close();
    rmSync(folder, { recursive: true });
  });
  const path = join(folder, 'entries');
  const writer = new SlotTable(path, files);
  const reader = new SlotTable(path, files);
  for (let index = 0; index < ENTRIES; index++) {
    if (index < ENTRIES / 2) writer.set(index, place(index));
    reader.set(index, place(index));
  }
  reader.dropFlushed();
  t.equal(reader.freshCount, ENTRIES, 'keeps all of it before the flush');
  writer.flush();
  reader.set(ENTRIES, place(ENTRIES));
  reader.dropFlushed();
  t.equal(reader.freshCount, ENTRIES + 1, 'does not look again before there is twice as much');
  for (let index = ENTRIES + 1; index <= 2 * ENTRIES; index++) reader.set(index, place(index));
  reader.dropFlushed();
  t.equal(reader.freshCount, 1.5 * ENTRIES + 1, 'drops what the file holds');
  const known = [0, ENTRIES / 2 - 1, ENTRIES / 2, ENTRIES, 2 * ENTRIES];
  t.same(
    known.map((index) => reader.get(index)),
    known.map(place),
    'and finds every place as before',
  );
  t.same(reader.range(ENTRIES / 2 - 2, ENTRIES / 2 + 2).length, 4, 'across the border too');
  t.end();
});
