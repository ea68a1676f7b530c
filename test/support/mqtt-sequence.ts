/**
 * Sequences of MQTT packets as text, for the corpus in `test/conformance/mqtt/` and the fuzzer. A
 * step is one of
 *
 *     > bytes     the client sends            < bytes     these come next, and nothing before them
 *     x           the server closes           !           the client drops its connection
 *
 * with a letter in front for clients beside the first (`b> …`). Bytes are hex digits; `"text"` is a
 * string with its length before it, `'text'` one without, either with `^n` to repeat it n times; `*`
 * is the remaining length of the packet, which ends at `;` or with the step; `xn` behind it is the
 * packet n times. `@` is the user name and
 * password of a device that may do all but `denied/#`, `%` in a string the number of the case.
 * `????` takes any two bytes and `=1` is what the first of them were.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { must } from '../../protocol/must.ts';

export interface SequenceCase {
  /** The statement of MQTT 3.1.1, or the section where none is numbered. */
  clause: string;
  title: string;
  /** False when the case sends its own CONNECT. */
  connected?: boolean;
  /** What the guard says on its own, where that is not what the connection's end says. */
  guard?: 'passes';
  steps: string[];
}

export interface Step {
  client: string;
  action: 'send' | 'hear' | 'closes' | 'drop';
  text: string;
}

export interface Credentials {
  userName: string;
  password: string;
}

/** What a string may refer to. */
export interface Names {
  key: string;
  credentials: Credentials;
  /** The two bytes behind each `????`, in their order. */
  captured: Buffer[];
}

const FOLDER = fileURLToPath(new URL('../conformance/mqtt/', import.meta.url));
export const DEFAULT_CONNECT = '10 * "MQTT" 04 C2 003C "%" @';
const ACTIONS = { '>': 'send', '<': 'hear', x: 'closes', '!': 'drop' } as const;
const TIMES = / x(\d+)$/;
const TOKEN = /"([^"]*)"(?:\^(\d+))?|'([^']*)'(?:\^(\d+))?|\S+/g;

/** All cases of the corpus, by the name of their file. */
export function readCorpus(): Map<string, SequenceCase[]> {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
  return new Map(
    files.map((name) => [
      basename(name, '.json'),
      JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as SequenceCase[],
    ]),
  );
}

/** The steps of a case, with the CONNECT that it leaves out. */
export function stepsOf(sequence: SequenceCase): Step[] {
  const steps: Step[] = [];
  const met = new Set(sequence.connected === false ? [''] : []);
  for (const line of sequence.steps) {
    const [, client = '', sign = '', text = ''] = must(
      /^([a-z]?)([<>x!])\s*(.*)$/.exec(line),
      line,
    );
    if (sign === '>' && text.startsWith('10')) met.add(client);
    if (!met.has(client)) {
      met.add(client);
      steps.push({ client, action: 'send', text: DEFAULT_CONNECT.replace('%', `${client}%`) });
      steps.push({ client, action: 'hear', text: '20 02 00 00' });
    }
    steps.push({ client, action: ACTIONS[sign as keyof typeof ACTIONS], text });
  }
  return steps;
}

/** The packets that a step's text stands for; `undefined` in `hear` stands for two bytes of any value. */
export function encodePackets(text: string, names: Names): Buffer[] {
  return text.split(' ; ').flatMap((packet) => {
    const times = TIMES.exec(packet);
    const bytes = encodePacket(times === null ? packet : packet.slice(0, times.index), names);
    return Array.from({ length: Number(times?.[1] ?? 1) }, () => bytes);
  });
}

function encodePacket(text: string, names: Names): Buffer {
  const before: Buffer[] = [];
  let body: Buffer[] | undefined;
  for (const [token, counted, countedTimes, plain, plainTimes] of text.matchAll(TOKEN)) {
    const target = body ?? before;
    if (token === '*') body = [];
    else if (token === '@')
      target.push(field(names.credentials.userName), field(names.credentials.password));
    else if (counted !== undefined) target.push(field(fill(counted, names, countedTimes)));
    else if (plain !== undefined) target.push(Buffer.from(fill(plain, names, plainTimes)));
    else if (token === ANY_TWO_BYTES) target.push(Buffer.from([0, 0]));
    else if (token.startsWith('='))
      target.push(must(names.captured[Number(token.slice(1)) - 1], token));
    else target.push(Buffer.from(token, 'hex'));
  }
  if (body === undefined) return Buffer.concat(before);
  const bytes = Buffer.concat(body);
  return Buffer.concat([...before, remainingLength(bytes.length), bytes]);
}

export const ANY_TWO_BYTES = '????';

/** Where the two free bytes of an expected packet stand; undefined when all are said. */
export function freeBytesAt(text: string, names: Names): number | undefined {
  const at = text.indexOf(ANY_TWO_BYTES);
  if (at < 0) return undefined;
  const withoutRest = encodePacket(text.slice(0, at), names);
  const whole = encodePacket(text, names);
  // The remaining length is as long as that of the whole packet.
  const headBytes = whole.indexOf(withoutRest.subarray(2), 1);
  return headBytes + withoutRest.length - 2;
}

function fill(text: string, names: Names, times: string | undefined): string {
  return text.replaceAll('%', names.key).repeat(Number(times ?? 1));
}

function field(text: string): Buffer {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

export function remainingLength(length: number): Buffer {
  const bytes: number[] = [];
  let rest = length;
  do {
    bytes.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>>= 7;
  } while (rest > 0);
  return Buffer.from(bytes);
}
