/**
 * Goal: a bit that flips on the disk is never taken for a crash: what was acknowledged is read as it
 * was, or the damage is named, at the start or where it is read. Method: every region of every file
 * of a custody, with the watermark that a power cut may leave, and without one.
 */
import t from 'tap';
import { FileReader } from '../../hq/custody/files/file-reader.ts';
import type { JournalStart } from '../../hq/custody/files/journal-scan.ts';
import { CustodyLayout } from '../../hq/custody/files/layout.ts';
import { isTillgateError } from '../../protocol/errors.ts';
import { CUSTODY_FOLDER, compareCustody, custodyWork } from './custody-work.ts';
import { noCustodyPromises, openSimulatedCustody } from './custody-work.ts';
import type { CustodyPromises } from './custody-work.ts';
import { SimulatedDisk } from './simulated-disk.ts';
import { SeededRandom } from '../support/seeded-random.ts';

const LAYOUT = new CustodyLayout(CUSTODY_FOLDER);

/** One byte in so many: coprime to the sizes of slots, hashes and heads, so all their bytes come. */
const STEP = 23;

type Fate = 'whole' | 'named';

async function fateOf(disk: SimulatedDisk, promised: CustodyPromises): Promise<Fate> {
  try {
    const custody = await openSimulatedCustody(disk);
    await compareCustody(custody, promised);
    await custody.close();
    return 'whole';
  } catch (error) {
    if (isTillgateError(error, 'HQ_CUSTODY_DAMAGED')) return 'named';
    throw error;
  }
}

async function keptCustody(
  segmentBytes: number,
): Promise<{ disk: SimulatedDisk; promised: CustodyPromises }> {
  const disk = new SimulatedDisk({ random: new SeededRandom(1).next });
  const promised = noCustodyPromises();
  await custodyWork(segmentBytes)(disk, promised);
  return { disk, promised };
}

async function lastFrame(disk: SimulatedDisk): Promise<JournalStart> {
  const reader = FileReader.open(CUSTODY_FOLDER, { durableOnly: false, disk });
  await reader.close();
  return reader.scan.place;
}

const WATERMARKS: Readonly<Record<string, (disk: SimulatedDisk) => void>> = {
  'and its watermark': () => undefined,
  'without its watermark': (disk) => disk.removeSync(LAYOUT.watermark),
};

for (const [name, change] of Object.entries(WATERMARKS)) {
  for (const segmentBytes of [1_500, 100_000]) {
    void t.test(`bit rot in a custody ${name}, segments of ${segmentBytes} bytes`, async (t) => {
      const { disk, promised } = await keptCustody(segmentBytes);
      change(disk);
      const files = [LAYOUT.segments, LAYOUT.index].flatMap((folder) =>
        disk.readFolderSync(folder).map((file) => `${folder}/${file}`),
      );
      files.push(LAYOUT.state, LAYOUT.still);
      if (disk.statSync(LAYOUT.watermark) !== undefined) files.push(LAYOUT.watermark);
      // Of the last frame nobody can tell any more whether its writer had finished it.
      const { position, frameBytes } = await lastFrame(disk);
      const isUntold = (path: string, byte: number): boolean =>
        name.startsWith('without') &&
        path === LAYOUT.segment(position.segment) &&
        byte >= position.offset - frameBytes;
      const named = new Set<string>();
      let flips = 0;
      for (const path of files) {
        const { length } = disk.readFileSync(path);
        for (let byte = 0; byte < length; byte += STEP) {
          for (const saved of [true, false]) {
            const left = disk.afterKill({ random: new SeededRandom(1).next });
            // Without a saved state all is read from the journal.
            if (!saved) left.removeSync(LAYOUT.state);
            if (isUntold(path, byte) || (!saved && path === LAYOUT.state)) continue;
            left.flipBit(path, byte, byte % 8);
            flips++;
            try {
              if ((await fateOf(left, promised)) === 'named') named.add(path);
            } catch (error) {
              t.fail(`${path} byte ${byte}, saved ${saved}: ${String(error)}`);
            }
          }
        }
      }
      t.ok(flips > 500, `${flips} flips`);
      t.ok(named.size > 0, [...named].join(' '));
    });
  }
}
