/**
 * Checkout-Dialog 06, without its checksum challenge. The till sends a unit price, the scale weighs
 * and tells weight, unit price and selling price; between sales only its status is asked for.
 *
 *   EOT STX "01" ESC price ESC ETX          price; with a tare record 03, `… ESC price ESC tare ETX`
 *     → ACK, or NAK
 *   EOT ENQ                                  weigh
 *     → STX "02" ESC "3" ESC weight ESC price ESC amount ETX
 *     → STX "09" ESC status ETX             why not: moving, not moved since the last sale, …
 *     → STX "11" ESC d z z ETX              prove yourself: a scale sealed for approved software
 *   EOT STX "08" ETX                         status → record 09
 *
 * That goods are not sold twice is the scale's own rule here (status 21), and so is rest.
 */
import type { Scaled } from '../../protocol/scaled.ts';
import type { JobProblem } from '../job.ts';
import { jobProblem } from '../job-problem.ts';
import { RecordFramer, bytesOf } from './record-framer.ts';
import { convertWeight, formatWeight } from '../weight.ts';
import type { WeightUnit } from '../weight.ts';
import type { ReadParams, ScaleAnswer, ScaleDialect, ScaleWish } from './scale-dialect.ts';
import type { WeighingReason } from './weighing.ts';

/** Record 02 is 26 bytes; the others are shorter. */
const RECORD_BYTES_MAX = 40;
const SALE = /^\x0202\x1b.\x1b(\d{5})\x1b(\d{6})\x1b(\d{6})\x03$/;
const STATUS = /^\x0209\x1b(\d\d)\x03$/;
const CHALLENGE = /^\x0211\x1b([0-2])(?:\x1b?[0-9A-Fa-f]{2})?\x03$/;
const RECORD = new RegExp([SALE, STATUS, CHALLENGE].map(({ source }) => `(?:${source})`).join('|'));
const ACK = '\x06';
const NAK = '\x15';

export const DIALOG_06_PROBE = bytesOf('\x04\x0208\x03');

export interface Dialog06Format {
  readonly unit: WeightUnit;
  /** Digits behind the point of a weight and of a price. */
  readonly weightDecimals: number;
  readonly priceDecimals: number;
}

export class Dialog06 implements ScaleDialect {
  readonly framer = new RecordFramer({
    ...{ terminator: 0x03, start: 0x02, pattern: RECORD, bytesMax: RECORD_BYTES_MAX },
    singles: [0x06, 0x15],
  });
  readonly greeting = new Uint8Array();
  readonly confirmsCommands = false;
  readonly takesTare = true;
  readonly #format: Dialog06Format;
  #read: ReadParams | undefined;
  #stage: 'price' | 'weigh' | 'why' = 'price';

  constructor(format: Dialog06Format) {
    this.#format = format;
  }

  check(wish: ScaleWish): JobProblem | undefined {
    if (wish.type !== 'weight' || wish.read === undefined) return undefined;
    const { unitPrice, tare } = wish.read;
    if (unitPrice === undefined) {
      const message = 'This scale shows the customer a price, so it needs the unit price.';
      return jobProblem('JOB_INVALID', message, { path: '/unitPrice' });
    }
    if (this.#digits(unitPrice, this.#format.priceDecimals, 6) === undefined) {
      const message = `The unit price has more than 6 digits with ${this.#format.priceDecimals} decimals.`;
      return jobProblem('JOB_INVALID', message, { path: '/unitPrice' });
    }
    if (tare === undefined || this.#tareDigits(wish.read) !== undefined) return undefined;
    const { unit, weightDecimals } = this.#format;
    const message = `The tare does not fit 4 digits in ${unit} with ${weightDecimals} decimals.`;
    return jobProblem('JOB_INVALID', message, { path: '/tare' });
  }

  ask(wish: ScaleWish): Uint8Array {
    const read = wish.type === 'weight' ? wish.read : undefined;
    if (read !== this.#read) {
      this.#read = read;
      this.#stage = 'price';
    }
    if (read === undefined || this.#stage === 'why') return DIALOG_06_PROBE;
    if (this.#stage === 'weigh') return bytesOf('\x04\x05');
    const price = this.#digits(read.unitPrice, this.#format.priceDecimals, 6) ?? '';
    const tare = this.#tareDigits(read);
    if (tare === undefined) return bytesOf(`\x04\x0201\x1b${price}\x1b\x03`);
    return bytesOf(`\x04\x0203\x1b${price}\x1b${tare}\x03`);
  }

  read(record: string, raw: Uint8Array): ScaleAnswer {
    if (record === ACK) return this.#goOn('price', 'weigh');
    if (record === NAK) return this.#goOn(this.#stage, 'why');
    const sale = SALE.exec(record);
    if (sale !== null) return this.#readSale(sale, raw);
    const challenge = CHALLENGE.exec(record)?.[1];
    if (challenge === '1') return { type: 'goOn' };
    if (challenge !== undefined) return { type: 'impossible', problem: challenged() };
    const status = STATUS.exec(record)?.[1] ?? '';
    if (this.#stage === 'why') this.#stage = 'price';
    const member = INVALID[status];
    if (member !== undefined) return { type: 'impossible', problem: invalid(member, status) };
    const reason = REASONS[status];
    return reason === undefined ? { type: 'nothing' } : { type: 'none', reason };
  }

  explain(record: string): string {
    if (record === ACK) return 'ACK';
    if (record === NAK) return 'NAK';
    const sale = SALE.exec(record);
    if (sale !== null) {
      const weight = formatWeight(this.#weight(sale[1] ?? ''));
      return `record 02: ${weight}, unit price ${sale[2] ?? ''}, amount ${sale[3] ?? ''}`;
    }
    if (CHALLENGE.test(record)) return 'record 11: asks for the checksum of approved software';
    const status = STATUS.exec(record)?.[1] ?? '';
    return `record 09: status ${status}, ${EXPLAINED[status] ?? 'unknown'}`;
  }

  explainAsk(bytes: Uint8Array): string {
    const number = bytes[1] === 0x02 ? String.fromCharCode(bytes[2] ?? 0, bytes[3] ?? 0) : '';
    if (number === '08') return 'record 08: asks for the status';
    return number === '' ? 'asks to weigh' : `record ${number}: unit price`;
  }

  #goOn(from: string, to: 'weigh' | 'why'): ScaleAnswer {
    if (this.#read === undefined || this.#stage !== from) return { type: 'nothing' };
    this.#stage = to;
    return { type: 'goOn' };
  }

  #readSale(
    [, weight = '', unitPrice = '', amount = '']: RegExpExecArray,
    raw: Uint8Array,
  ): ScaleAnswer {
    const { priceDecimals } = this.#format;
    // An amount for another price than the one that was sent is nobody's sale.
    if (unitPrice !== this.#digits(this.#read?.unitPrice, priceDecimals, 6))
      return { type: 'nothing' };
    return {
      type: 'sale',
      reading: {
        ...{ type: 'weight', weight: this.#weight(weight), stable: true, raw },
        isNet: this.#read?.tare !== undefined,
      },
      price: { value: Number(amount), scale: priceDecimals },
    };
  }

  #weight(digits: string): { value: number; scale: number; unit: WeightUnit } {
    const { unit, weightDecimals } = this.#format;
    return { value: Number(digits), scale: weightDecimals, unit };
  }

  #tareDigits({ tare }: ReadParams): string | undefined {
    const { unit, weightDecimals } = this.#format;
    return this.#digits(tare && convertWeight(tare, unit), weightDecimals, 4);
  }

  /** A number with so many decimals in so many digits; undefined where it does not fit exactly. */
  #digits(number: Scaled | undefined, decimals: number, digits: number): string | undefined {
    if (number === undefined || number.value < 0) return undefined;
    const value = number.value * 10 ** (decimals - number.scale);
    const isExact =
      decimals >= number.scale || number.value % 10 ** (number.scale - decimals) === 0;
    const text = String(Math.round(value)).padStart(digits, '0');
    return isExact && text.length === digits ? text : undefined;
  }
}

const REASONS: Readonly<Record<string, WeighingReason>> = {
  '20': 'SCAL_SUE_WEIGHT_UNSTABLE',
  '21': 'SCALE_NO_ZERO_RETURN',
  '22': 'SCAL_SUE_WEIGHT_UNSTABLE',
  '30': 'SCALE_UNDERWEIGHT',
  '31': 'SCAL_SUE_WEIGHT_UNDER_ZERO',
  '32': 'SCAL_SUE_WEIGHT_OVERWEIGHT',
};

const INVALID: Readonly<Record<string, string>> = { '11': '/unitPrice', '12': '/tare' };

const EXPLAINED: Readonly<Record<string, string>> = {
  ...{ '00': 'no error', '01': 'general error', '02': 'bytes arrived damaged' },
  ...{
    '10': 'unknown record',
    '11': 'unit price refused',
    '12': 'tare refused',
    '13': 'text refused',
  },
  ...{ '20': 'moving', '21': 'not moved since the last sale', '22': 'weighing is not finished' },
  ...{ '30': 'below the least weight', '31': 'below zero', '32': 'above capacity' },
};

function invalid(path: string, status: string): JobProblem {
  const message = `The scale does not take this value (${EXPLAINED[status] ?? status}).`;
  return jobProblem('JOB_INVALID', message, { path });
}

function challenged(): JobProblem {
  const message = 'The scale asks for the checksum of approved software (Dialog 06, record 11).';
  return jobProblem('SCALE_CHALLENGE', message);
}
