/**
 * Goal: whoever knows the same words stands by the same value, in whatever order and how often they
 * came; a lock always holds; and no clock of 2099 wins for ever.
 */
import fc from 'fast-check';
import t from 'tap';
import type { Json } from '../../protocol/json/json-value.ts';
import { formatHlc, hlcTick, parseHlc } from '../../protocol/log/hlc.ts';
import { must } from '../../protocol/must.ts';
import {
  NOTHING_SAID,
  clamped,
  isAhead,
  joined,
  nextReading,
  standing,
} from './config-register.ts';
import type { ConfigRegister } from './config-register.ts';

const NOW = 1_800_000_000_000;
const YEAR_2099 = 4_070_908_800_000;

const value = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constant(null)) as fc.Arbitrary<Json>;
/** Few readings, so that many are equal. */
const reading = fc
  .tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 1 }))
  .map(([late, counter]) => formatHlc({ wallMs: NOW - 3 + late, counter }));
const hq = fc.record({
  ...{ value, hlc: reading, locked: fc.boolean() },
  rank: fc.integer({ min: 0, max: 1 }),
});
const word = fc.oneof(
  hq.map((said): ConfigRegister => ({ hq: said, technician: null })),
  fc
    .record({ value, hlc: reading })
    .map((said): ConfigRegister => ({ hq: null, technician: said })),
);

const all = (words: readonly ConfigRegister[]): ConfigRegister =>
  words.reduce(joined, NOTHING_SAID);

void t.test('the same words, in any order and more than once, are the same register', (t) => {
  const words = fc.array(word, { minLength: 1, maxLength: 8 });
  const shuffled = words.chain((said) =>
    fc.tuple(
      fc.constant(said),
      fc.shuffledSubarray(said, { minLength: said.length, maxLength: said.length }),
      fc.shuffledSubarray(said),
    ),
  );
  fc.assert(
    fc.property(shuffled, fc.nat(8), ([said, other, again], cut) => {
      const one = all(said);
      // Two replicas that met half way, and heard some of it twice.
      const two = joined(all([...other.slice(cut), ...again]), all(other.slice(0, cut)));
      t.same(two, one);
      t.same(standing(two), standing(one));
    }),
    { numRuns: 500 },
  );
  t.end();
});

void t.test('a lock holds, else the later word stands, and headquarters at the same time', (t) => {
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 8 }), (words) => {
      const register = all(words);
      const stands = must(standing(register), 'somebody said something');
      const { hq: ofHq, technician } = register;
      if (ofHq === null || technician === null) t.equal(stands.rule, null);
      else if (ofHq.locked) t.match(stands, { side: 'headquarters', rule: 'configLocked' });
      else {
        const isLater = technician.hlc > ofHq.hlc;
        t.match(stands, { side: isLater ? 'technician' : 'headquarters', rule: 'configLater' });
      }
      const own = stands.side === 'headquarters' ? ofHq : technician;
      t.strictSame(stands.value, own?.value);
    }),
    { numRuns: 300 },
  );
  t.equal(standing(NOTHING_SAID), undefined);
  t.end();
});

void t.test('a wrong clock wins once at most', (t) => {
  const any = fc.oneof(reading, fc.constant(formatHlc({ wallMs: YEAR_2099, counter: 7 })));
  const register = fc.record({
    hq: fc.option(fc.record({ value, hlc: any, locked: fc.constant(false), rank: fc.nat(1) })),
    technician: fc.option(fc.record({ value, hlc: any })),
  });
  fc.assert(
    fc.property(register, (said: ConfigRegister) => {
      const sane = clamped(said, NOW) ?? said;
      for (const hlc of [sane.hq?.hlc, sane.technician?.hlc]) {
        if (hlc !== undefined) t.notOk(isAhead(hlc, NOW));
      }
      t.equal(clamped(sane, NOW), undefined, 'it is done once');
      t.equal(standing(sane)?.side, standing(said)?.side, 'and decides nothing');
      // Whoever speaks next, with a right clock, is later.
      const next = { value: 9, hlc: nextReading(sane, NOW + 1) };
      t.match(standing({ ...sane, technician: next }), { side: 'technician' });
      const ofHq = formatHlc(
        hlcTick(parseHlc(formatHlc({ wallMs: NOW + 1, counter: 0 })), NOW + 9),
      );
      const later = { value: 9, hlc: ofHq, locked: false, rank: 0 };
      t.match(standing({ ...sane, hq: later }), { side: 'headquarters' });
    }),
    { numRuns: 300 },
  );
  t.end();
});
