/**
 * The same question to several brokers, on the same disk: so many messages at QoS 1 are acknowledged,
 * then the power goes. How many of them are gone?
 */
import { join } from 'node:path';
import { SeededRandom } from '../support/seeded-random.ts';
import type { CutDisk } from './cut-disk.ts';
import { lossOfMosquitto } from './mosquitto-contestant.ts';
import type { Loss } from './mosquitto-contestant.ts';
import { lossOfQueue } from './queue-contestant.ts';
import { SnapshotDisk } from './snapshot-disk.ts';
import { lossOfTillgate } from './tillgate-contestant.ts';

export interface Comparison {
  folder: string;
  seed: number;
  /** Acknowledged by each before its power goes. */
  messages: number;
  /** For Tillgate once more, in a stream and with cuts all along. */
  manyMessages: number;
  /** For Tillgate once more, with cuts all along. */
  manySales: number;
  onResult: (name: string, loss: Loss) => void;
  onAccepted?: (accepted: number) => void;
}

const MANY_CUTS = 20;
/** Each is started from to see what it left. */
const QUEUE_CUTS = 5;
/** One message after the other, as a counter sells. */
const SLOWLY = { cuts: 1, inFlight: 1, pauseMs: 4 };
const STREAM = { cuts: QUEUE_CUTS, inFlight: 200, pauseMs: 0 };

const MOSQUITTO: readonly (readonly [string, readonly string[]])[] = [
  ['mosquitto, persistence on', []],
  ['mosquitto, saving every second', ['autosave_interval 1']],
  ['mosquitto, saving on every change', ['autosave_on_changes true', 'autosave_interval 1']],
];

export async function compare(comparison: Comparison): Promise<void> {
  const { messages, manyMessages, manySales, seed, onAccepted } = comparison;
  for (const [name, options] of MOSQUITTO) {
    await trial(comparison, name, (disk) => lossOfMosquitto(disk, options, messages));
  }
  await trial(comparison, 'Tillgate, messages', (disk) =>
    lossOfQueue(disk, { ...SLOWLY, messages }),
  );
  await trial(comparison, `Tillgate, messages, ${QUEUE_CUTS} cuts`, (disk) =>
    lossOfQueue(disk, { ...STREAM, messages: manyMessages }),
  );
  await trial(comparison, 'Tillgate, sales', (disk) =>
    lossOfTillgate(disk, { sales: messages, cuts: 1, random: new SeededRandom(seed) }),
  );
  await trial(comparison, `Tillgate, sales, ${MANY_CUTS} cuts`, (disk) =>
    lossOfTillgate(disk, {
      ...{ sales: manySales, cuts: MANY_CUTS, random: new SeededRandom(seed + 1) },
      ...(onAccepted !== undefined && { onAccepted }),
    }),
  );
}

async function trial(
  { folder, seed, onResult }: Comparison,
  name: string,
  ask: (disk: CutDisk) => Promise<Loss>,
): Promise<void> {
  const disk = new SnapshotDisk({
    folder: join(folder, name.replace(/\W+/g, '-')),
    random: new SeededRandom(seed),
  });
  try {
    onResult(name, await ask(disk));
  } finally {
    disk.close();
  }
}
