import t from 'tap';
import { PrintRests } from './print-rests.ts';

const ended = (peripheralId: string, state: 'done' | 'unknown' | 'refused') => ({
  row: { peripheralId, state },
});

void t.test('a rest may be held from an unknown end until the next good one', (t) => {
  const rests = new PrintRests();
  t.notOk(rests.mayHold('receipts'));
  rests.settled(ended('receipts', 'unknown'));
  t.ok(rests.mayHold('receipts'));
  t.notOk(rests.mayHold('kitchen'), 'each stands for itself');
  rests.settled(ended('receipts', 'refused'));
  t.ok(rests.mayHold('receipts'), 'what never began cleared nothing');
  rests.settled(ended('receipts', 'done'));
  t.notOk(rests.mayHold('receipts'));
  t.end();
});
