import t from 'tap';
import { EMPTY_ROOT } from '../log/merkle.ts';
import { Source } from './source.ts';

void t.test('a source that a mirror contradicted asks again over the next connection', (t) => {
  const source = new Source({
    committedSize: 3,
    acknowledgedSize: 0,
    rootAt: () => EMPTY_ROOT,
    firstRound: 7,
    random: () => 0.5,
    limits: { maxBytesPerSecond: 0, maxEntriesPerSecond: 0 },
  });
  source.connected(0);
  const first = source.next(0);
  t.match(first, { type: 'checkpoint' });
  const round = first.type === 'checkpoint' ? first.round : -1;
  const signed = { size: 5, root: EMPTY_ROOT, timeSeconds: 1, note: '' };
  t.match(source.head({ round, signed }, 1), [{ type: 'behind' }]);
  t.equal(source.state, 'stopped');
  t.match(source.next(1_000_000), { type: 'wait', untilMs: undefined }, 'nothing more to this one');

  // What answers next may have lost everything, and then this log is what it needs.
  source.disconnected();
  source.connected(2_000_000);
  const again = source.next(2_000_000);
  t.match(again, { type: 'checkpoint' });
  t.not(again.type === 'checkpoint' && again.round, round);
  t.end();
});
