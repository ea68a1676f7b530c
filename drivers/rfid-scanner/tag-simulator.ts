/**
 * A tag that is not there, for the virtual card reader: NFC Forum Type 2 (pages) or Type 4 (files),
 * with a text or a link on it. It may be torn away in the middle of being read.
 */
import type { SimulatedDevice, SimulatorContext, SimulatorDefinition } from '../simulator.ts';

const COMMANDS = {
  'text WORDS': 'write a text on the tag',
  'uri LINK': 'write a link on the tag',
  blank: 'write nothing on it: no NDEF',
  tear: 'take the tag away in the middle of the next read',
};

export const tagSimulator: SimulatorDefinition = {
  kind: 'tag',
  title: 'contactless tag on a virtual PC/SC reader',
  category: 'rfidScanner',
  driver: 'rfid-scanner/pcsc',
  driverOptions: {},
  carrier: 'card',
  commands: COMMANDS,
  create: (options, context) => new SimulatedTag(options, context),
};

/** PC/SC part 3: a storage card, here an Ultralight. */
const ATR_TYPE2 = Uint8Array.from(Buffer.from('3b8f8001804f0ca0000003060300030000000068', 'hex'));
const ATR_TYPE4 = Uint8Array.from(Buffer.from('3b80800101', 'hex'));
const DEFAULT_UID = '04a1b2c3d4e580';
/** As the PC/SC carrier hands it on, see simulation/card-carrier.ts. */
const ATR_REQUEST = 4;

const OK = [0x90, 0x00];
const NOT_FOUND = [0x6a, 0x82];
const UNKNOWN_COMMAND = [0x6d, 0x00];
/** An NTAG216: 888 bytes, in units of 8. */
const AREA_UNITS = 111;
const CAPABILITY_FILE = 'e103';
const NDEF_FILE = 'e104';

class SimulatedTag implements SimulatedDevice {
  readonly #context: SimulatorContext;
  readonly #uid: Uint8Array;
  readonly #isType4: boolean;
  #message: Uint8Array | undefined;
  #file = '';
  #isTearing = false;

  constructor(options: Readonly<Record<string, string>>, context: SimulatorContext) {
    this.#context = context;
    this.#uid = Uint8Array.from(Buffer.from(options['uid'] ?? DEFAULT_UID, 'hex'));
    this.#isType4 = options['type'] === '4';
    this.#message = textRecord(options['text'] ?? 'Tillgate');
    if (options['uri'] !== undefined) this.#message = uriRecord(options['uri']);
  }

  connected(): void {
    this.#file = '';
  }

  receive(bytes: Uint8Array): void {
    if (bytes.length === 1 && bytes[0] === ATR_REQUEST) {
      this.#context.send(this.#isType4 ? ATR_TYPE4 : ATR_TYPE2);
      return;
    }
    const isUidRequest = bytes[0] === 0xff && bytes[1] === 0xca;
    if (this.#isTearing && !isUidRequest) {
      this.#isTearing = false;
      this.#context.unplug();
      return;
    }
    const answer = isUidRequest ? [...this.#uid, ...OK] : this.#answer(bytes);
    this.#context.send(Uint8Array.from(answer));
  }

  command(line: string): string {
    const [word = '', ...rest] = line.split(' ');
    switch (word) {
      case 'text':
        this.#message = textRecord(rest.join(' '));
        return 'written';
      case 'uri':
        this.#message = uriRecord(rest.join(' '));
        return 'written';
      case 'blank':
        this.#message = undefined;
        return 'blank';
      case 'tear':
        this.#isTearing = true;
        return 'the next read is torn';
      default:
        return `There is: ${Object.keys(COMMANDS).join(', ')}.`;
    }
  }

  close(): void {
    this.#message = undefined;
  }

  #answer(command: Uint8Array): readonly number[] {
    return this.#isType4 ? this.#answerFiles(command) : this.#answerPages(command);
  }

  #answerPages(command: Uint8Array): readonly number[] {
    if (command[0] !== 0xff || command[1] !== 0xb0) return UNKNOWN_COMMAND;
    const memory = this.#pages();
    const start = ((command[2] ?? 0) * 256 + (command[3] ?? 0)) * 4;
    if (start >= memory.length) return NOT_FOUND;
    return [...memory.slice(start, start + (command[4] ?? 16)), ...OK];
  }

  #pages(): readonly number[] {
    const message = this.#message;
    const head = [...this.#uid, ...new Array<number>(12).fill(0)].slice(0, 12);
    const capability = message === undefined ? [0, 0, 0, 0] : [0xe1, 0x10, AREA_UNITS, 0x00];
    const length = message?.length ?? 0;
    const lengthBytes = length < 0xff ? [length] : [0xff, length >> 8, length & 0xff];
    const area = message === undefined ? [] : [0x03, ...lengthBytes, ...message, 0xfe];
    const rest = new Array<number>(Math.max(0, AREA_UNITS * 8 - area.length)).fill(0);
    return [...head, ...capability, ...area, ...rest];
  }

  #answerFiles(command: Uint8Array): readonly number[] {
    if (command[1] === 0xa4) {
      const name = Buffer.from(command.subarray(5, 5 + (command[4] ?? 0))).toString('hex');
      const isThere = this.#message !== undefined;
      const known = ['d2760000850101', CAPABILITY_FILE, NDEF_FILE].includes(name);
      if (!isThere || !known) return NOT_FOUND;
      this.#file = name;
      return OK;
    }
    if (command[1] !== 0xb0) return UNKNOWN_COMMAND;
    const message = this.#message ?? new Uint8Array();
    const content =
      this.#file === NDEF_FILE
        ? [message.length >> 8, message.length & 0xff, ...message]
        : [...Buffer.from('000f20003b00340406e10403e80000', 'hex')];
    const start = (command[2] ?? 0) * 256 + (command[3] ?? 0);
    return [...content.slice(start, start + (command[4] ?? 0)), ...OK];
  }
}

function textRecord(text: string): Uint8Array {
  return record('T', Uint8Array.from([2, ...Buffer.from('en'), ...Buffer.from(text)]));
}

function uriRecord(uri: string): Uint8Array {
  return record('U', Uint8Array.from([0, ...Buffer.from(uri)]));
}

/** One record of a well-known type, first and last of its message. */
function record(type: string, payload: Uint8Array): Uint8Array {
  const isShort = payload.length < 256;
  const length = Buffer.alloc(isShort ? 1 : 4);
  if (isShort) length.writeUInt8(payload.length);
  else length.writeUInt32BE(payload.length);
  const flags = isShort ? 0xd1 : 0xc1;
  return Uint8Array.from([flags, type.length, ...length, ...Buffer.from(type), ...payload]);
}
