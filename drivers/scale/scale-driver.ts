/** Makes a driver of a protocol: what all scales have in common around their dialects. */
import { Type } from '../../config/schema-type.ts';
import type { Typed } from '../../config/schema-type.ts';
import type { DriverDefinition, Explain, Fingerprint, Probe, SerialLine } from '../driver.ts';
import { SCALE_OPERATIONS } from './scale-operations.ts';
import { lineOf, rulesOf, scaleMembers } from './scale-options.ts';
import type { ScaleOptions } from './scale-options.ts';
import { ScaleSession } from './scale-session.ts';
import { latin1 } from './record-framer.ts';
import type { ScaleDialect } from './scale-dialect.ts';
import type { WeighingRules } from './weighing.ts';

type OperationName = keyof typeof SCALE_OPERATIONS;

export interface ScaleProtocol<O extends ScaleOptions> {
  readonly id: string;
  readonly title: string;
  readonly line: SerialLine;
  /** What its options have beside those of every scale. */
  readonly members?: Readonly<Record<string, Typed<unknown>>>;
  readonly operations: readonly OperationName[];
  readonly testOperation: OperationName;
  readonly fingerprints?: readonly Fingerprint[];
  /** The line settings of a probe are part of what it found. */
  readonly probes: readonly (Probe & { readonly line: SerialLine })[];
  /** Where the scale has rules of its own that replace ours. */
  readonly rules?: Partial<WeighingRules>;
  createDialect(options: O): ScaleDialect;
}

/** A converter says nothing about what hangs behind it: probing or a person has to. */
const CONVERTERS: readonly Fingerprint[] = [
  ...[
    { vendorId: '0403', evidence: 'USB-serial converter (FTDI): may be a scale, ask it' },
    { vendorId: '10c4', evidence: 'USB-serial converter (Silicon Labs): may be a scale, ask it' },
    { vendorId: '067b', evidence: 'USB-serial converter (Prolific): may be a scale, ask it' },
    { vendorId: '1a86', evidence: 'USB-serial converter (QinHeng): may be a scale, ask it' },
  ].map((fingerprint) => ({ ...fingerprint, kind: 'serial' as const, score: 5 })),
];

export function scaleDriver<O extends ScaleOptions>(protocol: ScaleProtocol<O>): DriverDefinition {
  // The options were checked against the schema below before they come here.
  const read = (options: Readonly<Record<string, unknown>>): O => options as unknown as O;
  return {
    id: protocol.id,
    category: 'scale',
    title: protocol.title,
    options: Type.Object(
      { ...scaleMembers(protocol.line), ...protocol.members },
      { description: `How the gateway speaks with a scale (${protocol.title}).` },
    ),
    transports: ['serial', 'tcp'],
    line: (options) => lineOf(read(options)),
    fingerprints: [...(protocol.fingerprints ?? []), ...CONVERTERS],
    probes: protocol.probes,
    operations: Object.fromEntries(
      protocol.operations.map((name) => [name, SCALE_OPERATIONS[name]]),
    ),
    testOperation: protocol.testOperation,
    createSession: (options) =>
      new ScaleSession({
        dialect: protocol.createDialect(read(options)),
        rules: { ...rulesOf(read(options)), ...protocol.rules },
        pollMs: read(options).pollMs,
        answerMs: read(options).answerMs,
      }),
    createExplain: (options) => explainScale(protocol.createDialect(read(options))),
  };
}

function explainScale(dialect: ScaleDialect): Explain {
  return (direction, bytes) => {
    if (direction === 'out') return [dialect.explainAsk(bytes)];
    return dialect.framer.push(bytes).map((framed) => {
      if (framed.type === 'frame') return dialect.explain(framed.frame);
      return `${framed.bytes.length} bytes that are no record (${framed.why})`;
    });
  };
}

/** One question at several line settings, recognised by what its answer contains. */
export function probesOf(
  name: string,
  lines: readonly SerialLine[],
  { ask, pattern, score, evidence }: ProbeFacts,
): (Probe & { line: SerialLine })[] {
  return lines.map((line) => ({
    name: `${name} at ${describeLine(line)}`,
    ...{ line, ask, waitMs: PROBE_WAIT_MS },
    recognise: (answer) => {
      if (!pattern.test(latin1(answer.subarray(0, PROBE_BYTES_MAX)))) return undefined;
      const { baudRate, dataBits, parity } = line;
      return {
        ...{ score, evidence: `${evidence} at ${describeLine(line)}` },
        options: { baudRate, dataBits, parity },
      };
    },
  }));
}

export interface ProbeFacts {
  readonly ask: Uint8Array;
  readonly pattern: RegExp;
  readonly score: number;
  readonly evidence: string;
}

/** A scale answers at once; the slowest line needs 100 ms for the longest answer. */
const PROBE_WAIT_MS = 600;
/** What comes after so much is not the answer to one question. */
const PROBE_BYTES_MAX = 4_096;

function describeLine({ baudRate, dataBits, parity, stopBits }: SerialLine): string {
  return `${baudRate} ${dataBits}${parity.charAt(0).toUpperCase()}${stopBits}`;
}
