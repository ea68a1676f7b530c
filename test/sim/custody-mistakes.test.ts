/**
 * Goal: the crash tests find what they are for. Method: mistakes on purpose, put between custody and
 * its disk, each of which a power cut has to show.
 */
import t from 'tap';
import { CustodyLayout } from '../../hq/custody/files/layout.ts';
import { WatermarkFile, readWatermark } from '../../hq/custody/files/watermark.ts';
import type { AsyncOpenFile, FileSystem } from '../../platform/durable/file-system.ts';
import { CUSTODY_FOLDER, custodyWork, goOnWithCustody } from './custody-work.ts';
import { lookAtCustody, noCustodyPromises } from './custody-work.ts';
import { everyCrash } from './every-crash.ts';

type Spoil = (disk: FileSystem) => FileSystem;

/** Changes what custody does with the file it appends frames to. */
const onSegments =
  (
    change: (file: AsyncOpenFile, disk: FileSystem, path: string) => Partial<AsyncOpenFile>,
  ): Spoil =>
  (disk) => ({
    ...disk,
    open: async (path, how, mode) => {
      const file = await disk.open(path, how, mode);
      if (!path.endsWith('.seg')) return file;
      const plain: AsyncOpenFile = {
        write: (bytes, position) => file.write(bytes, position),
        truncate: (length) => file.truncate(length),
        chmod: (bits) => file.chmod(bits),
        stat: () => file.stat(),
        sync: () => file.sync(),
        datasync: () => file.datasync(),
        close: () => file.close(),
      };
      return { ...plain, ...change(file, disk, path) };
    },
  });

const MISTAKES: Readonly<Record<string, Spoil>> = {
  'an fsync that is dropped': onSegments(() => ({ datasync: () => Promise.resolve() })),
  'an answer before the write': onSegments((file) => {
    let late: (() => Promise<unknown>) | undefined;
    return {
      write: async (bytes, position) => {
        await late?.();
        const kept = Uint8Array.from(bytes);
        late = () => file.write(kept, position);
        return bytes.length;
      },
      datasync: () => Promise.resolve(),
    };
  }),
  'a folder that is not synced': (disk) => ({ ...disk, syncFolderSync: () => undefined }),
  'a watermark before the data is durable': onSegments((file, disk, path) => ({
    write: async (bytes, position) => {
      const written = await file.write(bytes, position);
      const layout = new CustodyLayout(CUSTODY_FOLDER, disk);
      const mark = readWatermark(layout);
      if (mark !== undefined) {
        const watermark = new WatermarkFile(layout);
        const segment = Number(path.slice(-12, -4));
        const nextSequence = mark.nextSequence + 1;
        watermark.write({ ...mark, segment, offset: position + written, nextSequence });
        watermark.close();
      }
      return written;
    },
  })),
};

for (const [name, spoil] of Object.entries(MISTAKES)) {
  void t.test(`found: ${name}`, async (t) => {
    const { violations, lives } = await everyCrash({
      promises: noCustodyPromises,
      work: custodyWork(1_500),
      look: lookAtCustody,
      goOn: goOnWithCustody,
      ...{ seed: 1, chances: 2, spoil, violationsMax: 1 },
    });
    t.ok(violations.length > 0, `${violations.length} violations in ${lives} lives`);
  });
}
