/** Goal: custody keeps what it promised, wherever the power goes. Method: cut it everywhere. */
import t from 'tap';
import { custodyWork, goOnWithCustody, lookAtCustody, noCustodyPromises } from './custody-work.ts';
import { everyCrash } from './every-crash.ts';

for (const segmentBytes of [1, 1_500]) {
  void t.test(`power cuts everywhere, with segments of ${segmentBytes} bytes`, async (t) => {
    const { places, lives, violations } = await everyCrash({
      promises: noCustodyPromises,
      work: custodyWork(segmentBytes),
      look: lookAtCustody,
      goOn: goOnWithCustody,
      ...{ seed: 1, chances: 2 },
    });
    t.strictSame(violations, []);
    t.ok(places > 60, `${places} places, ${lives} lives`);
  });
}
