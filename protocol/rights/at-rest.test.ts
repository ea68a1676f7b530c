/** Goal: a grant is at rest when nothing can be left of it, and times of anchors and ends agree. */
import t from 'tap';
import { endSeconds, endText, isAtRest } from './at-rest.ts';

const OPEN = { received: 5, drawn: 2, returned: 0, ends: null, reached: 1_000 };

void t.test('all of it is drawn or given back, or its end has passed', (t) => {
  t.notOk(isAtRest(OPEN));
  t.ok(isAtRest({ ...OPEN, drawn: 5 }));
  t.ok(isAtRest({ ...OPEN, returned: 3 }));
  t.notOk(isAtRest({ ...OPEN, returned: 2 }), 'what was drawn of it is still to come');
  t.ok(isAtRest({ ...OPEN, ends: 1_000 }));
  t.notOk(isAtRest({ ...OPEN, ends: 1_001 }));
  t.notOk(isAtRest({ ...OPEN, received: undefined, drawn: 9, ends: 1 }), 'nobody received it yet');
  t.end();
});

void t.test('an end is passed by the first anchor that is not before it', (t) => {
  t.equal(endSeconds('1970-01-01T00:00:07Z'), 7);
  t.equal(endSeconds('1970-01-01T00:00:07.001Z'), 8);
  t.strictSame([endSeconds(undefined), endSeconds('never')], [null, null]);
  t.equal(endSeconds(endText(1_700_000_000)), 1_700_000_000);
  t.equal(endText(null), undefined);
  t.end();
});
