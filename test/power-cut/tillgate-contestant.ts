/** Tillgate, asked the same: how many of the sales that it accepted are gone after power cuts? */
import { setTimeout as delay } from 'node:timers/promises';
import { gatewayPaths } from '../../config/paths.ts';
import { openLedgerReader } from '../../daemon/ledger/reader.ts';
import { encodeBase64 } from '../../protocol/log/base64.ts';
import { leafHash } from '../../protocol/log/merkle.ts';
import { initialiseHomes, mqttOf, must, startGateway } from '../support/chain-processes.ts';
import { RestlessTill } from '../support/restless-till.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import { SubmissionMix } from '../support/submission-mix.ts';
import type { Credential } from '../support/till-under-test.ts';
import { ToldBook } from '../support/told-book.ts';
import type { Told } from '../support/told-book.ts';
import type { Cut, CutDisk } from './cut-disk.ts';
import { run } from '../support/leftovers.ts';
import type { Loss } from './mosquitto-contestant.ts';

export interface TillgateTrial {
  sales: number;
  /** Spread over the sales, the last one when all are accepted. */
  cuts: number;
  random: SeededRandom;
  onAccepted?: (accepted: number) => void;
}

const TILLS = 2;
const IN_FLIGHT_MAX = 32;
const LOOK_MS = 2;

export async function lossOfTillgate(disk: CutDisk, trial: TillgateTrial): Promise<Loss> {
  const book = new ToldBook();
  const { sales, cuts, random, onAccepted } = trial;
  const { homes } = disk;
  await initialiseHomes(homes, 1);
  run('sync', '-f', homes.gateway);
  const credentials = await enrol(homes.gateway);
  const gateway = startGateway(homes.gateway);
  const ready = await gateway.ready();
  if (ready === undefined) throw new Error(gateway.log);
  const mix = new SubmissionMix(random);
  const tills = credentials.map(
    (credential) =>
      new RestlessTill({
        ...{ credential, book, random, inFlightMax: IN_FLIGHT_MAX, pauseMs: 0 },
        next: () => mix.sale(1),
      }),
  );
  for (const till of tills) till.reach(mqttOf(ready));
  const moments: { cut: Cut; told: number }[] = [];
  while (moments.length < cuts) {
    await delay(LOOK_MS);
    onAccepted?.(Math.min(book.acceptedCount, sales));
    if (book.acceptedCount < ((moments.length + 1) * sales) / cuts) continue;
    moments.push({ told: book.told.length, cut: disk.cut() });
  }
  for (const till of tills) till.leave();
  await gateway.end();
  disk.unmount();
  let lost = 0;
  for (const { cut, told } of moments) {
    lost += await disk.inspect(cut, (found) =>
      Promise.resolve(countLost(found.gateway, book.told.slice(0, told))),
    );
  }
  return { acknowledged: book.acceptedCount, lost };
}

async function enrol(home: string): Promise<Credential[]> {
  const credentials: Credential[] = [];
  for (let number = 1; number <= TILLS; number += 1) {
    const words = ['device', 'add', `till-${number}`, '--role', 'till', '--json', '--home', home];
    credentials.push(JSON.parse(await must(words)) as Credential);
  }
  return credentials;
}

function countLost(home: string, told: readonly Told[]): number {
  const reader = openLedgerReader(gatewayPaths(home).dataDir);
  try {
    return told.filter((each) => {
      if (each.kind !== 'accepted') return false;
      const leaf = reader.entry(each.index);
      return leaf === undefined || encodeBase64(leafHash(leaf)) !== each.leafHash;
    }).length;
  } finally {
    reader.close();
  }
}
