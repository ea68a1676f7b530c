/** What an operator may say of a scale; each protocol adds its own. */
import { Type } from '../../config/schema-type.ts';
import type { Typed } from '../../config/schema-type.ts';
import type { SerialLine } from '../driver.ts';
import { WEIGHT_UNITS } from '../weight.ts';
import type { WeightUnit } from '../weight.ts';
import type { WeighingRules } from './weighing.ts';

export const PARITIES = ['none', 'even', 'odd'] as const;

export interface ScaleOptions {
  readonly unit: WeightUnit;
  readonly stableReads: number;
  readonly zeroReturn: boolean;
  readonly zeroToleranceGrams: number;
  readonly pollMs: number;
  readonly answerMs: number;
  readonly baudRate: number;
  readonly dataBits: 7 | 8;
  readonly parity: SerialLine['parity'];
}

/** The members of every scale's schema, with the line settings of its protocol as defaults. */
export function scaleMembers(line: SerialLine): Record<keyof ScaleOptions, Typed<unknown>> {
  return {
    unit: Type.Enum(WEIGHT_UNITS, {
      default: 'kg',
      description: 'The unit that weights are told in; protocols without a unit weigh in it.',
    }),
    stableReads: Type.Integer({
      ...{ minimum: 1, maximum: 10, default: 2 },
      description: 'Equal readings at rest, one after the other, that make a weight.',
    }),
    zeroReturn: Type.Boolean({
      default: true,
      description: 'The plate has to be empty once between two weighings.',
    }),
    zeroToleranceGrams: Type.Integer({
      ...{ minimum: 0, maximum: 1000, default: 5 },
      description: 'As much as this on the plate counts as nothing; one division of the scale.',
    }),
    pollMs: Type.Integer({
      ...{ minimum: 50, maximum: 5000, default: 250 },
      description: 'Milliseconds between an answer and the next question.',
    }),
    answerMs: Type.Integer({
      ...{ minimum: 100, maximum: 10000, default: 1000 },
      description: 'Milliseconds after which a question counts as not answered.',
    }),
    ...lineMembers(line),
  };
}

function lineMembers(line: SerialLine): Record<'baudRate' | 'dataBits' | 'parity', Typed<unknown>> {
  return {
    baudRate: Type.Integer({
      ...{ minimum: 300, maximum: 921600, default: line.baudRate },
      description: 'Speed of the serial line, as set in the menu of the scale.',
    }),
    dataBits: Type.Integer({
      ...{ minimum: 7, maximum: 8, default: line.dataBits },
      description: 'Data bits of the serial line.',
    }),
    parity: Type.Enum(PARITIES, {
      default: line.parity,
      description: 'Parity of the serial line.',
    }),
  };
}

export function lineOf(options: ScaleOptions): SerialLine {
  const { baudRate, dataBits, parity } = options;
  return { baudRate, dataBits, parity, stopBits: 1 };
}

export function rulesOf(options: ScaleOptions): WeighingRules {
  const { unit, stableReads, zeroReturn, zeroToleranceGrams } = options;
  return { unit, stableReads, zeroReturn, zeroToleranceGrams };
}
