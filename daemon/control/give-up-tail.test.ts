/** Goal: nothing is given up that headquarters may give back, and who gave up what is on record first. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { CarryList } from '../epochs/carry-list.ts';
import { giveUpTail } from './give-up-tail.ts';
import type { GiveUpParts } from './give-up-tail.ts';

const LEFT = 'hq.example.com/acme/s0417/g1/e1';
const why = { reason: 'the disk was replaced', by: 'ann' };

void t.test('what nobody can send back is given up once', async (t) => {
  const folder = t.testdir();
  const enrolmentFile = join(folder, 'enrolment.json');
  const list = new CarryList(folder);
  list.add({ origin: LEFT, next: 0 });
  const written: object[] = [];
  let failure: Error | undefined;
  const append: GiveUpParts['ledger']['append'] = (command) => {
    if (failure !== undefined) return Promise.reject(failure);
    written.push(command.members);
    const payload = Buffer.of();
    return Promise.resolve({
      outcome: 'appended',
      origin: LEFT,
      index: 1,
      payload,
      duplicate: false,
    });
  };
  const giveUp = () => giveUpTail({ ledger: { append }, list: () => list, enrolmentFile }, why);
  writeFileSync(enrolmentFile, '{}');
  await t.rejects(giveUp(), { code: 'TAIL_AWAITED' });
  const other = join(folder, 'none.json');
  const alone = () =>
    giveUpTail({ ledger: { append }, list: () => list, enrolmentFile: other }, why);
  failure = new TypeError('the disk is full');
  await t.rejects(alone(), failure);
  t.strictSame([list.awaited, written], [[LEFT], []], 'nothing follows from what is not on record');
  failure = undefined;
  t.strictSame(await alone(), { givenUp: [LEFT] });
  t.strictSame(await alone(), { givenUp: [] });
  t.strictSame(written, [{ event: 'tailGivenUp', origins: [LEFT], ...why }]);
  t.strictSame(list.awaited, []);
});
