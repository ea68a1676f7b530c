/**
 * Goal: a problem is told once and stands until its own cause is gone. Method: the class alone.
 */
import t from 'tap';
import { UplinkTrouble } from './uplink-trouble.ts';

void t.test('a problem is told once, and ends with its cause', (t) => {
  const told: string[] = [];
  const trouble = new UplinkTrouble((sentence) => told.push(sentence));
  trouble.unwritable('The stick is gone.');
  trouble.unwritable('The stick is gone.');
  t.same(told, ['The stick is gone.']);
  t.equal(trouble.written(), true, 'also where no headquarters ever answers');
  t.equal(trouble.problem, null);
  t.equal(trouble.written(), false, 'once');

  trouble.unwritable('The stick is gone.');
  trouble.note('The connection ended.');
  t.equal(trouble.written(), false, 'a head that was written says nothing about the connection');
  t.equal(trouble.problem, 'The connection ended.');

  trouble.refusedByHq('signature');
  trouble.refuse('received-signature', 'A head was refused.');
  trouble.refusedByHq('signature');
  t.match(trouble, {
    lastRefusal: 'signature',
    refused: { signature: 2, 'received-signature': 1 },
  });
  trouble.healed();
  t.match(trouble, { lastRefusal: undefined, problem: null });
  t.end();
});
