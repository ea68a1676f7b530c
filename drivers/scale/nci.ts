/**
 * NCI / ECR (Weigh-Tronix SCP-01): `W CR` asks, the answer stands between LF and ETX. Two or three
 * status characters follow the weight, with or without an `S` before them; a scale that moves or is
 * out of range sends the status alone.
 *
 *   first   bit 0 moving · 1 at zero · 2 and 3 memory errors
 *   second  bit 0 under capacity · 1 over capacity · 2 and 3 faults · 6 a third follows
 *   third   bit 2 net · 3 no initial zero
 */
import type { JobProblem } from '../job.ts';
import { jobProblem } from '../job-problem.ts';
import { RecordFramer, bytesOf, latin1 } from './record-framer.ts';
import { formatWeight, parseWeight } from '../weight.ts';
import type { Weight } from '../weight.ts';
import type { ScaleAnswer, ScaleDialect, ScaleWish } from './scale-dialect.ts';

/** A weight in pounds and ounces with its status is 26 bytes; displays have at most ten digits. */
const RECORD_BYTES_MAX = 40;
const STATUS = 'S?([\\x30-\\x3f][\\x30-\\x3f\\x70-\\x7f][\\x30-\\x3f]?)';
const WEIGHT = new RegExp(
  `^\\n *(?:(\\d+) *lb +)?(-?\\d*\\.?\\d+) *(lb|kg|oz|g) *\\r\\n${STATUS}\\r\\x03$`,
  'i',
);
const OUT_OF_RANGE = new RegExp(`^\\n[-^_ ]+(?:lb|kg|oz|g)? *\\r\\n${STATUS}\\r\\x03$`, 'i');
const STATUS_ONLY = new RegExp(`^\\n${STATUS}\\r\\x03$`);
const UNKNOWN = /^\n\? ?\r\x03$/;
const RECORD = new RegExp(
  [WEIGHT, OUT_OF_RANGE, STATUS_ONLY, UNKNOWN].map(({ source }) => `(?:${source})`).join('|'),
  'i',
);

export const NCI_PROBE = bytesOf('\rW\r');

export class Nci implements ScaleDialect {
  readonly framer = new RecordFramer({
    ...{ terminator: 0x03, start: 0x0a, pattern: RECORD, bytesMax: RECORD_BYTES_MAX },
  });
  readonly greeting = new Uint8Array();
  readonly confirmsCommands = false;
  readonly takesTare = false;

  check(wish: ScaleWish): JobProblem | undefined {
    if (wish.type !== 'tare' || wish.tare === undefined) return undefined;
    const message = 'NCI has no command for a known tare; it takes off what lies on the scale.';
    const path = wish.tare === 'clear' ? '/clear' : '/weight';
    return jobProblem('JOB_INVALID', message, { path });
  }

  ask(wish: ScaleWish): Uint8Array {
    if (wish.type === 'weight') return bytesOf('W\r');
    return bytesOf(wish.type === 'zero' ? 'Z\r' : 'T\r');
  }

  read(record: string, raw: Uint8Array): ScaleAnswer {
    const weighed = WEIGHT.exec(record);
    if (weighed === null) return readStatus(statusOf(record));
    const [, pounds, digits = '', unit = '', status = ''] = weighed;
    const weight = readWeight(digits, unit, pounds);
    const trouble = readStatus(status);
    if (weight === undefined) return { type: 'nothing' };
    // An answer with a weight may say at the same time that it moves; a fault counts for more.
    if (trouble.type === 'none' && !MEASURED.has(trouble.reason)) return trouble;
    const stable = (code(status, 0) & 0x01) === 0;
    return { type: 'weight', weight, stable, isNet: (code(status, 2) & 0x04) !== 0, raw };
  }

  explain(record: string): string {
    const answer = this.read(record, new Uint8Array());
    if (answer.type === 'weight') {
      const net = answer.isNet ? ' net' : '';
      return `${formatWeight(answer.weight)}${net}, ${answer.stable ? 'at rest' : 'moving'}`;
    }
    if (answer.type === 'none') return `status: ${answer.reason}`;
    return UNKNOWN.test(record) ? 'the scale does not know the command' : 'status: at rest';
  }

  explainAsk(bytes: Uint8Array): string {
    const letter = latin1(bytes.subarray(0, 1));
    return { W: 'asks for the weight', Z: 'zero', T: 'tare' }[letter] ?? 'asks the scale';
  }
}

const MEASURED: ReadonlySet<string> = new Set(['SCAL_SUE_WEIGHT_UNSTABLE', 'SCAL_SUE_WEIGHT_ZERO']);

/** `2LB 3.5OZ` is 35.5 oz, exactly. */
function readWeight(digits: string, unit: string, pounds: string | undefined): Weight | undefined {
  const weight = parseWeight(digits, unit);
  if (weight === undefined || pounds === undefined) return weight;
  const value = weight.value + Number(pounds) * 16 * 10 ** weight.scale;
  return weight.unit === 'oz' && Number.isSafeInteger(value) ? { ...weight, value } : undefined;
}

function statusOf(record: string): string {
  return (STATUS_ONLY.exec(record) ?? OUT_OF_RANGE.exec(record))?.[1] ?? '';
}

const code = (status: string, at: number): number => status.charCodeAt(at) || 0;

function readStatus(status: string): ScaleAnswer {
  if (status === '') return { type: 'nothing' };
  const [first, second, third] = [code(status, 0), code(status, 1), code(status, 2)];
  if ((first & 0x0c) !== 0 || (second & 0x0c) !== 0 || (third & 0x08) !== 0) {
    return { type: 'none', reason: 'SCAL_SUE_NOT_READY' };
  }
  if ((second & 0x02) !== 0) return { type: 'none', reason: 'SCAL_SUE_WEIGHT_OVERWEIGHT' };
  if ((second & 0x01) !== 0) return { type: 'none', reason: 'SCAL_SUE_WEIGHT_UNDER_ZERO' };
  if ((first & 0x01) !== 0) return { type: 'none', reason: 'SCAL_SUE_WEIGHT_UNSTABLE' };
  return (first & 0x02) === 0
    ? { type: 'nothing' }
    : { type: 'none', reason: 'SCAL_SUE_WEIGHT_ZERO' };
}
