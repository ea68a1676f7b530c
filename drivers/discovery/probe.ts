/**
 * Asks a port what it is: each driver's probes, serial settings by serial settings, over real bytes.
 * A port is opened once for each setting and closed again; each probe and the whole have a deadline,
 * and what is collected has a bound, so that a device that talks without end ends as unknown.
 *
 * A probe may make a device of another kind do something (print a letter, beep), which is why a
 * person asks for it and no start of the gateway ever does.
 */
import type { Schedule } from '../../platform/schedule.ts';
import { passing } from '../../platform/schedule.ts';
import { TillgateError } from '../../protocol/errors.ts';
import type { DriverDefinition, Probe, SerialLine } from '../driver.ts';
import { decide } from '../match.ts';
import type { Fit, Match } from '../match.ts';
import { formatAddress, parseAddress } from '../transport/address.ts';
import type { Address } from '../transport/address.ts';
import type { OpenTransport, Transport } from '../transport/transport.ts';

export interface ProbeOptions {
  readonly address: string;
  readonly drivers: readonly DriverDefinition[];
  readonly open: OpenTransport;
  readonly schedule: Schedule;
  readonly signal?: AbortSignal;
  /** Monotonic. */
  readonly nowMs: () => number;
}

export interface ProbeResult {
  readonly match: Match;
  /** The address with the serial settings that were answered, ready for the registry. */
  readonly address: string;
  /** What each probe got: for people. */
  readonly tried: readonly string[];
}

/** All probes of all drivers on five settings need less; a person waits for it. */
const PROBING_MS_MAX = 60_000;
/** No answer to a probe is longer. */
const ANSWER_BYTES_MAX = 4_096;
/** What came before is not an answer: a scale that sends by itself. */
const SETTLE_MS = 100;

interface Question {
  readonly driver: DriverDefinition;
  readonly probe: Probe;
}

interface Answered {
  readonly fit: Fit;
  readonly line: SerialLine | undefined;
}

/** Rejects as `open` does; a port that goes away meanwhile ends with what was found by then. */
export async function probePort(options: ProbeOptions): Promise<ProbeResult> {
  const address = parseAddress(options.address);
  const questions = options.drivers
    .filter(({ transports }) => transports.includes(address.kind))
    .flatMap((driver) => driver.probes.map((probe): Question => ({ driver, probe })));
  if (questions.length === 0) throw nobodyAsks(options.address);
  const endMs = options.nowMs() + PROBING_MS_MAX;
  const answered: Answered[] = [];
  const tried: string[] = [];
  for (const [line, group] of groupByLine(address, questions)) {
    if (options.nowMs() >= endMs || options.signal?.aborted === true) break;
    const open = line === undefined ? {} : { line };
    const signal = options.signal === undefined ? {} : { signal: options.signal };
    const port = await options.open(options.address, { ...open, ...signal });
    try {
      for (const question of group) {
        if (options.nowMs() >= endMs) break;
        const answer = await ask(port, question.probe, options.schedule);
        const fit = fitOf(question, answer);
        tried.push(describe(question, line, { answer, fit }));
        if (fit !== undefined) answered.push({ fit, line });
      }
    } finally {
      await port.close();
    }
  }
  return conclude(address, answered, tried);
}

/** Serial ports are asked with the settings of each probe; an address that says them is obeyed. */
function groupByLine(
  address: Address,
  questions: readonly Question[],
): [SerialLine | undefined, Question[]][] {
  const groups = new Map<string, [SerialLine | undefined, Question[]]>();
  for (const question of questions) {
    const line = address.kind === 'serial' ? question.probe.line : undefined;
    const key = JSON.stringify(line ?? null);
    const group = groups.get(key) ?? [line, []];
    group[1].push(question);
    groups.set(key, group);
  }
  return [...groups.values()];
}

async function ask(port: Transport, probe: Probe, schedule: Schedule): Promise<Uint8Array> {
  let collected = new Uint8Array();
  let isListening = false;
  port.onData((bytes) => {
    const room = ANSWER_BYTES_MAX - collected.length;
    if (isListening && room > 0) {
      collected = Uint8Array.from([...collected, ...bytes.subarray(0, room)]);
    }
  });
  await passing(schedule, SETTLE_MS);
  isListening = true;
  const waited = passing(schedule, probe.waitMs);
  // A port that ended, or takes nothing, has no answer; the deadline holds all the same.
  const written = probe.ask.length === 0 ? Promise.resolve() : port.write(probe.ask);
  await Promise.race([
    written.then(
      () => waited,
      () => undefined,
    ),
    waited,
  ]);
  isListening = false;
  return collected;
}

function fitOf({ driver, probe }: Question, answer: Uint8Array): Fit | undefined {
  const found = probe.recognise(answer);
  if (found === undefined) return undefined;
  return {
    driver: driver.id,
    score: found.score,
    evidence: [found.evidence],
    options: { ...found.options },
  };
}

function conclude(
  address: Address,
  answered: readonly Answered[],
  tried: readonly string[],
): ProbeResult {
  // One driver may recognise several answers: its best counts, and no driver competes with itself.
  const best = new Map<string, Answered>();
  for (const answer of answered) {
    const known = best.get(answer.fit.driver);
    if (known === undefined || known.fit.score < answer.fit.score) {
      best.set(answer.fit.driver, answer);
    }
  }
  const match = decide([...best.values()].map(({ fit }) => fit));
  const line = match.type === 'match' ? best.get(match.fit.driver)?.line : undefined;
  const found =
    address.kind === 'serial' && line !== undefined
      ? { ...address, line: { ...line, ...address.line } }
      : address;
  return { match, address: formatAddress(found), tried };
}

function describe(
  { driver, probe }: Question,
  line: SerialLine | undefined,
  got: { readonly answer: Uint8Array; readonly fit: Fit | undefined },
): string {
  const settings =
    line === undefined
      ? ''
      : ` at ${line.baudRate} ${line.dataBits}${line.parity.charAt(0).toUpperCase()}${line.stopBits}`;
  const { answer, fit } = got;
  const hex = Buffer.from(answer.subarray(0, 24)).toString('hex');
  const said = answer.length === 0 ? 'no answer' : `${hex}${answer.length > 24 ? '…' : ''}`;
  return `${driver.id}, ${probe.name}${settings}: ${fit?.evidence.join('; ') ?? said}`;
}

function nobodyAsks(address: string): TillgateError {
  return new TillgateError('DRIVER_UNKNOWN', `No driver has a probe for ${address}.`, {
    hint: 'Name the driver yourself: `tillgate peripheral add --help` lists them.',
  });
}
