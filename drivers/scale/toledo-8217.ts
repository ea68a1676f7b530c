/**
 * Toledo 8217 (and 8213): one letter asks, `STX … CR` answers. A weight comes only at rest and
 * without its unit, which therefore has to be configured; anything else is `STX ? status CR`.
 *
 *   status  bit 0 motion · 1 above capacity · 2 under zero · 3 outside the zero capture range
 *           4 centre of zero · 5 net weight · 6 always 1 · 7 parity
 */
import type { JobProblem } from '../job.ts';
import { jobProblem } from '../job-problem.ts';
import { RecordFramer, bytesOf, latin1 } from './record-framer.ts';
import { convertWeight, formatWeight, parseWeight } from '../weight.ts';
import type { Weight, WeightUnit } from '../weight.ts';
import type { ScaleAnswer, ScaleDialect, ScaleWish } from './scale-dialect.ts';

/** STX, seven characters of weight, a unit, `N`, CR, with room for blanks. */
const RECORD_BYTES_MAX = 16;
const WEIGHT = /^\x02 *(-?\d{0,3}\.?\d{1,5})(KG|LB|OZ|G)?( *N)?\r$/;
const STATUS = /^\x02\?([\x40-\x7f])\r$/;
const RECORD = new RegExp(`(?:${WEIGHT.source})|(?:${STATUS.source})|(?:^\\x02[EF]\\r$)`);

/** Echo on, five letters, echo off: an 8217 is left as it was found. */
export const TOLEDO_8217_PROBE = bytesOf('EhelloF');

export class Toledo8217 implements ScaleDialect {
  readonly framer = new RecordFramer({
    ...{ terminator: 0x0d, start: 0x02, pattern: RECORD, bytesMax: RECORD_BYTES_MAX },
  });
  /** Ends an echo mode that somebody's probing may have left on. */
  readonly greeting = bytesOf('F');
  readonly confirmsCommands = false;
  readonly takesTare = false;
  readonly #unit: WeightUnit;

  constructor(unit: WeightUnit) {
    this.#unit = unit;
  }

  check(wish: ScaleWish): JobProblem | undefined {
    if (wish.type !== 'tare' || typeof wish.tare !== 'object') return undefined;
    if (presetTare(wish.tare) !== undefined) return undefined;
    const message = 'This scale takes a tare of whole grams, in kg, below 100 kg.';
    return jobProblem('JOB_INVALID', message, { path: '/weight' });
  }

  ask(wish: ScaleWish): Uint8Array {
    if (wish.type === 'weight') return bytesOf('W');
    if (wish.type === 'zero') return bytesOf('Z');
    if (wish.tare === undefined) return bytesOf('T');
    if (wish.tare === 'clear') return bytesOf('C');
    return bytesOf(`T${presetTare(wish.tare) ?? ''}`);
  }

  read(record: string, raw: Uint8Array): ScaleAnswer {
    const weighed = WEIGHT.exec(record);
    if (weighed !== null) {
      const weight = parseWeight(weighed[1] ?? '', weighed[2] ?? this.#unit);
      if (weight === undefined) return { type: 'nothing' };
      return { type: 'weight', weight, stable: true, isNet: weighed[3] !== undefined, raw };
    }
    const status = STATUS.exec(record)?.[1]?.charCodeAt(0);
    return status === undefined ? { type: 'nothing' } : readStatus(status);
  }

  explain(record: string): string {
    const answer = this.read(record, new Uint8Array());
    if (answer.type === 'weight') {
      return `${formatWeight(answer.weight)}${answer.isNet ? ' net' : ''}, at rest`;
    }
    const status = STATUS.exec(record)?.[1]?.charCodeAt(0);
    if (status === undefined) return record.startsWith('\x02E') ? 'echo mode' : 'echo mode ended';
    const bits = STATUS_BITS.filter((_, bit) => (status & (1 << bit)) !== 0);
    return `status ${hex(status)}: ${bits.join(', ') || 'nothing to report'}`;
  }

  explainAsk(bytes: Uint8Array): string {
    const letter = latin1(bytes.subarray(0, 1));
    return EXPLAINED[letter] ?? 'asks the scale';
  }
}

/** `WWWWW`: five digits of kilograms, three of them behind a point that is left out. */
function presetTare(tare: Weight): string | undefined {
  const grams = convertWeight(tare, 'g');
  const isWhole = tare.unit === 'kg' && grams?.scale === 0 && grams.value >= 0;
  return isWhole && grams.value <= 99_999 ? String(grams.value).padStart(5, '0') : undefined;
}

const STATUS_BITS = [
  'moving',
  'above capacity',
  'under zero',
  'outside the zero range',
  'at zero',
  'net',
];
const EXPLAINED: Readonly<Record<string, string>> = {
  ...{ W: 'asks for the weight', Z: 'zero', T: 'tare', C: 'clears the tare' },
  ...{ E: 'begins echo mode', F: 'ends echo mode' },
};

/** Motion first: while it moves the other bits are of no use. A status without a fault is no weight. */
function readStatus(status: number): ScaleAnswer {
  if ((status & 0x01) !== 0) return { type: 'none', reason: 'SCAL_SUE_WEIGHT_UNSTABLE' };
  if ((status & 0x02) !== 0) return { type: 'none', reason: 'SCAL_SUE_WEIGHT_OVERWEIGHT' };
  if ((status & 0x04) !== 0) return { type: 'none', reason: 'SCAL_SUE_WEIGHT_UNDER_ZERO' };
  if ((status & 0x10) !== 0) return { type: 'none', reason: 'SCAL_SUE_WEIGHT_ZERO' };
  return (status & 0x08) === 0
    ? { type: 'nothing' }
    : { type: 'none', reason: 'SCAL_SUE_NOT_READY' };
}

const hex = (byte: number): string => byte.toString(16).padStart(2, '0');
