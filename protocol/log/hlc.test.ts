import fc from 'fast-check';
import t from 'tap';
import { HLC_ZERO, formatHlc, hlcTick, parseHlc } from './hlc.ts';

void t.test('the form is fifteen digits, a dash, five digits', (t) => {
  t.equal(formatHlc({ wallMs: 1_291_192_000_123, counter: 7 }), '001291192000123-00007');
  t.same(parseHlc('001291192000123-00007'), { wallMs: 1_291_192_000_123, counter: 7 });
  for (const wrong of ['', '1-2', '001291192000123-0007', '001291192000123-00007 ']) {
    t.throws(() => parseHlc(wrong), { code: 'LOG_ENTRY_INVALID' });
  }
  t.end();
});

void t.test('it follows the wall clock and never goes back', (t) => {
  const first = hlcTick(HLC_ZERO, 1_000);
  t.same(first, { wallMs: 1_000, counter: 0 });
  t.same(hlcTick(first, 1_000), { wallMs: 1_000, counter: 1 });
  t.same(hlcTick(first, 10), { wallMs: 1_000, counter: 1 }, 'the clock was set back');
  t.same(hlcTick({ wallMs: 5, counter: 99_999 }, 5), { wallMs: 6, counter: 0 }, 'a full counter');
  t.end();
});

void t.test('whatever the clocks do, readings grow as text', (t) => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -5, max: 50 }), { minLength: 1 }), (steps) => {
      let previous = HLC_ZERO;
      return steps.every((wallMs) => {
        const next = hlcTick(previous, wallMs);
        const grows = formatHlc(next) > formatHlc(previous) && next.wallMs >= wallMs;
        previous = next;
        return grows;
      });
    }),
  );
  t.end();
});
