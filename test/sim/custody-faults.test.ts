/**
 * Goal: whatever a failing disk answers, what custody acknowledged is there, and the end is in words;
 * a disk that was only full or read-only costs a refusal, and the custody goes on by itself. Method:
 * the fault at every single operation, and after it every kind of end.
 */
import { strict as assert } from 'node:assert';
import t from 'tap';
import { isTillgateError } from '../../protocol/errors.ts';
import type { Attempt, CustodyPromises } from './custody-work.ts';
import { custodyWork, goOnWithCustody, lookAtCustody, noCustodyPromises } from './custody-work.ts';
import { SimulatedDisk } from './simulated-disk.ts';
import type { DiskFault, DiskOperation } from './simulated-disk.ts';
import { SeededRandom } from '../support/seeded-random.ts';

const SEGMENT_BYTES = 1_500;

type Meet = (operation: DiskOperation, disk: SimulatedDisk) => DiskFault | undefined;

function diskThatMeets(seed: number, meet: Meet): SimulatedDisk {
  const disk: SimulatedDisk = new SimulatedDisk({
    random: new SeededRandom(seed).next,
    before: (operation) => meet(operation, disk),
  });
  return disk;
}

/** Runs `atPlace` for each operation of the work in turn, until there is no such operation. */
async function atEveryPlace(atPlace: (place: number) => Promise<boolean>): Promise<number> {
  for (let place = 1; ; place++) if (!(await atPlace(place))) return place - 1;
}

/** With what the system still shows, and then without what it only showed. */
async function lookAfterwards(disk: SimulatedDisk, promised: CustodyPromises): Promise<void> {
  const random = new SeededRandom(1).next;
  const killed = disk.afterKill({ random });
  const seen = await lookAtCustody(killed, promised);
  await goOnWithCustody(killed.afterPowerCut('none', { random }), seen);
  await lookAtCustody(disk.afterPowerCut('some', { random }), promised);
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

for (const partBytes of [0, 7]) {
  const how = partBytes === 0 ? 'EIO' : `EIO after ${partBytes} bytes of a write`;
  void t.test(`${how}, wherever it strikes, ends in words and loses nothing`, async (t) => {
    const places = await atEveryPlace(async (place) => {
      let isMet = false;
      let isShort = false;
      const disk = diskThatMeets(place, ({ number, kind }) => {
        if (isShort) {
          isShort = false;
          return { errno: 'EIO' };
        }
        if (number !== place) return undefined;
        isMet = true;
        if (kind !== 'write' || partBytes === 0) return { errno: 'EIO' };
        isShort = true;
        return { takesBytes: partBytes };
      });
      const promised = noCustodyPromises();
      let fatal: Error | undefined;
      const work = custodyWork(SEGMENT_BYTES, { onFatal: (error) => (fatal = asError(error)) });
      let thrown: Error | undefined;
      await work(disk, promised).catch((error: unknown) => {
        thrown = asError(error);
      });
      if (thrown !== undefined && !/EIO|HQ_CUSTODY_FAILED|cannot be written/.test(String(thrown))) {
        t.fail(`place ${place}: ${String(thrown)}`);
      }
      if (fatal !== undefined && !isTillgateError(fatal)) t.fail(`${place}: ${String(fatal)}`);
      await lookAfterwards(disk, promised).catch((error: unknown) => {
        const { path, kind } = disk.operations.find(({ number }) => number === place) ?? {};
        t.fail(`place ${place}, ${kind ?? ''} ${path ?? ''}: ${String(error)}`);
      });
      return isMet;
    });
    t.ok(places > 100, `${places} places`);
  });
}

const WAYS_TO_REFUSE: Readonly<Record<string, (disk: SimulatedDisk, isRefusing: boolean) => void>> =
  {
    full: (disk, isRefusing) => {
      disk.capacityBytes = isRefusing ? disk.usedBytes() : Infinity;
    },
    'read-only': (disk, isRefusing) => {
      disk.isReadOnly = isRefusing;
    },
  };

for (const [name, change] of Object.entries(WAYS_TO_REFUSE)) {
  void t.test(
    `a disk that is ${name} from any place on refuses, and then all goes on`,
    async (t) => {
      let refusals = 0;
      const places = await atEveryPlace(async (place) => {
        let isMet = false;
        let isOpen = false;
        const disk = diskThatMeets(place, ({ number }) => {
          if (number !== place) return undefined;
          isMet = true;
          change(disk, true);
          return undefined;
        });
        const promised = noCustodyPromises();
        const attempt: Attempt = async (work) => {
          isOpen = true;
          for (;;) {
            try {
              return await work();
            } catch (error) {
              if (!isTillgateError(error, 'HQ_CUSTODY_FULL')) throw error;
              assert.ok(isMet);
              refusals++;
              change(disk, false);
            }
          }
        };
        const onFatal = (error: unknown): void => void t.fail(`${place} ${name}: ${String(error)}`);
        const work = custodyWork(SEGMENT_BYTES, { attempt, onFatal });
        await work(disk, promised).catch((error: unknown) => {
          if (isOpen) t.fail(`place ${place}: ${String(error)}`);
        });
        change(disk, false);
        await lookAfterwards(disk, promised).catch((error: unknown) => {
          const { path, kind } = disk.operations.find(({ number }) => number === place) ?? {};
          t.fail(`place ${place}, ${kind ?? ''} ${path ?? ''}: ${String(error)}`);
        });
        return isMet;
      });
      t.ok(refusals > 20, `${refusals} refusals at ${places} places`);
    },
  );
}

void t.test('writes that take only a byte or a few are continued', async (t) => {
  for (const takesBytes of [1, 100]) {
    const disk = diskThatMeets(1, ({ kind }) => (kind === 'write' ? { takesBytes } : undefined));
    const promised = noCustodyPromises();
    await custodyWork(SEGMENT_BYTES)(disk, promised);
    t.equal(promised.sizes.size, 2);
    await lookAfterwards(disk, promised);
  }
});
