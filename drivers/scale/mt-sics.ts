/**
 * MT-SICS, levels 0 and 1, as Mettler-Toledo documents it: commands and answers are lines that end
 * with CR LF. Weights are asked with `SI`, which answers at once and says whether they rest, so that
 * a scale in motion never looks like one that is switched off.
 */
import { jobProblem } from '../job-problem.ts';
import { RecordFramer, bytesOf, latin1 } from './record-framer.ts';
import { formatWeight, parseWeight } from '../weight.ts';
import type { ScaleAnswer, ScaleDialect, ScaleWish } from './scale-dialect.ts';
import type { Reading } from './weighing.ts';

/** `I0` of large scales answers longer lines; they tell nothing that is needed here. */
const LINE_BYTES_MAX = 96;

/** Our own questions come back with these names, so noise that ends with CR LF is no record. */
const RECORD = /^(?:(?:SI?|ZI?|TI?|TA|TAC|I[0-4]) [\x20-\x7e]+|E[STL])\r\n$/;

export const MT_SICS_PROBE = bytesOf('\r\nI4\r\n');

export class MtSics implements ScaleDialect {
  readonly framer = new RecordFramer({
    ...{ terminator: 0x0a, pattern: RECORD, bytesMax: LINE_BYTES_MAX },
  });
  readonly greeting = bytesOf('I2\r\nI4\r\n');
  readonly confirmsCommands = true;
  readonly takesTare = false;

  check(): undefined {
    return undefined;
  }

  ask(wish: ScaleWish): Uint8Array {
    if (wish.type === 'weight') return bytesOf('SI\r\n');
    if (wish.type === 'zero') return bytesOf('Z\r\n');
    if (wish.tare === undefined) return bytesOf('T\r\n');
    if (wish.tare === 'clear') return bytesOf('TAC\r\n');
    return bytesOf(`TA ${formatWeight(wish.tare)}\r\n`);
  }

  read(record: string, raw: Uint8Array): ScaleAnswer {
    const [name = '', state = '', ...rest] = record.trim().split(/ +/);
    if (name === 'S' || name === 'SI') return readWeight(state, rest, raw);
    if (name === 'I4') return { type: 'identity', identity: { serialNumber: quoted(record) } };
    if (name === 'I2') {
      return { type: 'identity', identity: { maker: 'Mettler-Toledo', model: quoted(record) } };
    }
    if (/^(Z|T)/.test(name)) return readCommand(state);
    // ES, ET, EL: the command did not come through, or the scale does not have it.
    return /^E[STL]$/.test(name) ? { type: 'command', isDone: false } : { type: 'nothing' };
  }

  explain(record: string): string {
    const answer = this.read(record, new Uint8Array());
    const line = record.trim();
    if (answer.type === 'weight') {
      return `${line}: ${formatWeight(answer.weight)}, ${answer.stable ? 'at rest' : 'moving'}`;
    }
    if (answer.type === 'none') return `${line}: ${answer.reason}`;
    if (answer.type === 'command') return `${line}: ${answer.isDone ? 'done' : 'not done'}`;
    return EXPLAINED[line] ?? line;
  }

  explainAsk(bytes: Uint8Array): string {
    const line = latin1(bytes).trim();
    return `${line}: ${EXPLAINED[line.split(' ')[0] ?? ''] ?? 'asks the scale'}`;
  }
}

const EXPLAINED: Readonly<Record<string, string>> = {
  ...{
    SI: 'asks for the weight',
    Z: 'zero',
    T: 'tare',
    TA: 'sets the tare',
    TAC: 'clears the tare',
  },
  ...{ ES: 'ES: the scale does not know the command', ET: 'ET: bytes arrived damaged' },
  ...{
    EL: 'EL: the scale cannot do that',
    I2: 'asks for the model',
    I4: 'asks for the serial number',
  },
};

function readWeight(
  state: string,
  [digits = '', unit = '']: string[],
  raw: Uint8Array,
): ScaleAnswer {
  if (state === '+') return none('SCAL_SUE_WEIGHT_OVERWEIGHT');
  if (state === '-') return none('SCAL_SUE_WEIGHT_UNDER_ZERO');
  // `S I`: busy, or no rest within the scale's own time.
  if (state === 'I') return none('SCAL_SUE_WEIGHT_UNSTABLE');
  const weight = parseWeight(digits, unit);
  if (weight === undefined) {
    const message = `The scale weighs in ${JSON.stringify(unit)}, which is not kg, g, lb or oz.`;
    return { type: 'impossible', problem: jobProblem('SCALE_UNIT', message) };
  }
  return { type: 'weight', weight, stable: state === 'S', isNet: false, raw };
}

/** `Z A`, `ZI S`, `T S 0.5 kg`, `TA A …` were done; `I` busy, `L` wrong, `+` and `-` out of range. */
function readCommand(state: string): ScaleAnswer {
  return { type: 'command', isDone: /^[ASD]$/.test(state) };
}

function quoted(record: string): string {
  return /"([^"]*)"/.exec(record)?.[1]?.trim() ?? '';
}

const none = (reason: Extract<Reading, { type: 'none' }>['reason']): ScaleAnswer => ({
  type: 'none',
  reason,
});
