/**
 * Goal: custody is whole after a crash in the middle of recovering from a crash. Method: a small
 * piece of work cut everywhere, and of each thing that is left the next start cut everywhere again.
 */
import t from 'tap';
import { openSimulatedCustody, custodyWork, lookAtCustody } from './custody-work.ts';
import { noCustodyPromises } from './custody-work.ts';
import { diskThatStopsAt, untilPowerCut } from './every-crash.ts';
import { SeededRandom } from '../support/seeded-random.ts';

const work = custodyWork(1_500, { appends: 1 });

void t.test('power cuts everywhere in the recovery from a power cut', async (t) => {
  const random = new SeededRandom(1).next;
  let seconds = 0;
  for (let place = 1, isPast = false; !isPast; place++) {
    const first = diskThatStopsAt(place, random);
    const promised = noCustodyPromises();
    t.equal(await untilPowerCut(first, () => work(first, promised)), undefined);
    isPast = !first.isOff;
    const lefts = [first.afterPowerCut('some', { random })];
    if (place % 2 === 0) lefts.push(first.afterKill({ random }));
    for (const left of lefts) {
      for (let next = 1, isOver = false; !isOver; next++) {
        const second = diskThatStopsAt(next, random, left);
        const failure = await untilPowerCut(second, async () => {
          await (await openSimulatedCustody(second)).close();
        });
        if (failure !== undefined) t.fail(`${place}, then ${next}: ${JSON.stringify(failure)}`);
        isOver = !second.isOff;
        seconds++;
        for (const survival of ['none', 'some'] as const) {
          try {
            await lookAtCustody(second.afterPowerCut(survival, { random }), promised);
          } catch (error) {
            t.fail(`${place}, then ${next}, ${survival}: ${String(error)}`);
          }
        }
      }
    }
  }
  t.ok(seconds > 200, `${seconds} second crashes`);
});
