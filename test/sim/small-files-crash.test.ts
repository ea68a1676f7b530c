/**
 * Goal: heads, lists and registries are whole and keep what they promised, wherever the power goes.
 * Method: cut it everywhere.
 */
import { strict as assert } from 'node:assert';
import t from 'tap';
import { CarryList } from '../../daemon/epochs/carry-list.ts';
import { Alarms } from '../../platform/alarms.ts';
import {
  makeDirectoryDurably,
  readFileIfPresent,
  writeFileAtomicallySync,
} from '../../platform/durable/atomic-file.ts';
import type { FileSystem } from '../../platform/durable/file-system.ts';
import { Registry } from '../../platform/durable/registry.ts';
import { everyCrash, type CrashCase } from './every-crash.ts';

const DATA = '/home/data';
const HEAD = `${DATA}/signed-head`;
const clock = { wallMs: () => 1_700_000_000_000, monotonicMs: () => 0 };

type Promised = { head: number; began: number; carry: number; names: string[]; alarms: number };

const promises = (): Promised => ({ head: 0, began: 0, carry: 0, names: [], alarms: 0 });

/** Longer than a few sectors, so that it can be torn. */
const headOf = (size: number): string => `${size}\n`.repeat(700);

const openRegistry = (disk: FileSystem): Promise<Registry<{ names: string[] }>> =>
  Registry.open({
    path: `${DATA}/names.json`,
    empty: { names: [] as string[] },
    check: (value) => value as { names: string[] },
    disk,
  });

const openAlarms = (disk: FileSystem): Alarms =>
  new Alarms({ path: `${DATA}/alarms.json`, clock, disk, onTrouble: () => undefined });

async function work(disk: FileSystem, promised: Promised): Promise<void> {
  makeDirectoryDurably(DATA, 0o700, disk);
  const registry = await openRegistry(disk);
  const alarms = openAlarms(disk);
  const list = new CarryList(DATA, disk);
  for (let size = 1; size <= 3; size++) {
    promised.began = size;
    writeFileAtomicallySync(HEAD, headOf(size), { disk });
    promised.head = size;
    await registry.update((draft) => void draft.names.push(`n${size}`));
    promised.names.push(`n${size}`);
    list.add({ origin: `d/c/s/g/e${size}`, next: size });
    promised.carry = size;
    // An alarm that cannot be written is shown and no reason to stop: no promise without power.
    const before = readFileIfPresent(`${DATA}/alarms.json`, disk)?.length ?? 0;
    alarms.raise('LOG_ROLLED_BACK', `alarm ${size}`);
    if ((readFileIfPresent(`${DATA}/alarms.json`, disk)?.length ?? 0) > before) {
      promised.alarms = size;
    }
  }
}

async function look(disk: FileSystem, promised: Promised): Promise<Promised> {
  const bytes = readFileIfPresent(HEAD, disk);
  const text = bytes === undefined ? '' : Buffer.from(bytes).toString();
  const head = Number.parseInt(text || '0', 10);
  assert.equal(text, head === 0 ? '' : headOf(head), 'a head is whole');
  assert.ok(head >= promised.head, `head ${head} is lost, ${promised.head} was returned`);
  assert.ok(head <= promised.began, `head ${head} is ahead of ${promised.began}`);
  const { names } = (await openRegistry(disk)).data;
  assert.deepEqual(names.slice(0, promised.names.length), promised.names);
  const { carries } = new CarryList(DATA, disk);
  assert.ok(carries.length >= promised.carry, `${carries.length} of ${promised.carry} to carry`);
  const alarms = openAlarms(disk).list();
  assert.ok(alarms.length >= promised.alarms, `${alarms.length} of ${promised.alarms} alarms`);
  assert.ok(alarms.every(({ code }) => code === 'LOG_ROLLED_BACK'));
  return promised;
}

async function goOn(disk: FileSystem, promised: Promised): Promise<void> {
  const again = { ...promised, names: [...promised.names] };
  makeDirectoryDurably(DATA, 0o700, disk);
  writeFileAtomicallySync(HEAD, headOf(4), { disk });
  await look(disk, { ...again, head: 4, began: 4 });
}

const CASE: CrashCase<Promised> = { promises, work, look, goOn, seed: 5, chances: 6 };

void t.test('power cuts everywhere between small files', async (t) => {
  const { places, lives, violations } = await everyCrash(CASE);
  t.strictSame(violations, []);
  t.ok(places > 60, `${places} places, ${lives} lives`);
});

void t.test('a folder that is never synced is found', async (t) => {
  const spoil = (disk: FileSystem): FileSystem => ({
    ...disk,
    syncFolderSync: () => undefined,
    syncFolder: () => Promise.resolve(),
  });
  t.ok((await everyCrash({ ...CASE, spoil })).violations.length > 0);
});
