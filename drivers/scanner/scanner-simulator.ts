/**
 * Simulated scanners, one kind a way of connecting: the head (simulated-scanners.ts), and what goes
 * wrong with real ones: double reads, half codes, damaged bytes, silence, noise, the plug.
 */
import type { SimulatedDevice, SimulatorContext, SimulatorDefinition } from '../simulator.ts';
import { HidPosHead, SerialHead, SsiHead } from './simulated-scanners.ts';
import type { HeadContext, SimulatedHead } from './simulated-scanners.ts';

const COMMANDS: Readonly<Record<string, string>> = {
  scan: '`scan 4006381333931 [aim]`: reads a code; \\xHH is a byte, \\x1d the group separator',
  'scan-hex': '`scan-hex e4bda0 [aim]`: reads these bytes',
  twice: '`twice CODE [aim]`: reads it two times, 100 ms apart',
  half: '`half CODE [aim]`: the line breaks in the middle of it',
  damaged: 'one bit of the next code is wrong',
  deaf: 'the next packet of the gateway is lost (SSI)',
  silent: '`silent on|off`: neither reads nor answers',
  slow: '`slow on|off`: byte by byte',
  noise: '`noise on|off`: garbage before each code',
  garbage: '`garbage N`: sends N random bytes',
  unplug: 'pulls the plug',
  plug: 'puts it back',
};

const TWICE_MS = 100;
const SLOW_BYTE_MS = 5;
const NOISE_BYTES = 12;
/** One command of the script must not fill the memory. */
const GARBAGE_BYTES_MAX = 4 * 1024 * 1024;
const GARBAGE_CHUNK_BYTES = 16 * 1024;

class SimulatedScanner implements SimulatedDevice {
  readonly #context: SimulatorContext;
  readonly #head: SimulatedHead;
  readonly #faults = { silent: false, slow: false, noise: false, damaged: false, deaf: false };
  #isHalf = false;
  #isUnplugged = false;
  #isClosed = false;
  #lineFreeMs = 0;

  constructor(
    context: SimulatorContext,
    createHead: (context: HeadContext) => SimulatedHead,
    options: Readonly<Record<string, string>>,
  ) {
    this.#context = context;
    this.#head = createHead({
      ...{ schedule: context.schedule, options, faults: this.#faults },
      send: (bytes) => this.#deliver(bytes),
    });
  }

  connected(): void {
    // A scanner speaks when something is read.
  }

  receive(bytes: Uint8Array): void {
    if (!this.#isUnplugged) this.#head.receive(bytes);
  }

  command(line: string): string {
    const [word = '', argument = '', aim] = line.trim().split(/ +/);
    if (word === 'silent' || word === 'slow' || word === 'noise') {
      this.#faults[word] = argument !== 'off';
      return `${word} ${this.#faults[word] ? 'on' : 'off'}`;
    }
    if (word === 'garbage') return this.#sendGarbage(Number(argument || '64'));
    const code = word === 'scan-hex' ? Buffer.from(argument, 'hex') : unescaped(argument);
    const action = this.#actions[word];
    if (action === undefined) {
      const known = Object.entries(COMMANDS).map(([name, help]) => `${name}: ${help}`);
      return known.join('\n');
    }
    return action(Uint8Array.from(code), aim ?? guessedAim(argument));
  }

  close(): void {
    this.#isClosed = true;
  }

  readonly #actions: Readonly<Record<string, (code: Uint8Array, aim: string) => string>> = {
    scan: (code, aim) => this.#scan(code, aim),
    'scan-hex': (code, aim) => this.#scan(code, aim),
    twice: (code, aim) => {
      this.#context.schedule(() => void this.#scan(code, aim), TWICE_MS);
      return this.#scan(code, aim);
    },
    half: (code, aim) => {
      this.#isHalf = true;
      return this.#scan(code, aim);
    },
    damaged: () => {
      this.#faults.damaged = true;
      return 'the next code is damaged';
    },
    deaf: () => {
      this.#faults.deaf = true;
      return 'the next packet of the gateway is lost';
    },
    unplug: () => {
      this.#isUnplugged = true;
      this.#context.unplug();
      return 'unplugged';
    },
    plug: () => {
      this.#isUnplugged = false;
      return 'plugged in';
    },
  };

  #scan(code: Uint8Array, aim: string): string {
    if (this.#faults.silent || this.#isUnplugged) return 'nothing is read';
    return this.#head.scan(code, aim) ? `read ${code.length} bytes as ${aim}` : 'disabled';
  }

  #sendGarbage(count: number): string {
    if (!Number.isSafeInteger(count) || count < 0 || count > GARBAGE_BYTES_MAX) {
      return `garbage takes a number up to ${GARBAGE_BYTES_MAX}`;
    }
    for (let left = count; left > 0; left -= GARBAGE_CHUNK_BYTES) {
      this.#send(this.#randomBytes(Math.min(left, GARBAGE_CHUNK_BYTES)));
    }
    return `${count} bytes of garbage`;
  }

  #deliver(bytes: Uint8Array): void {
    if (this.#faults.noise) this.#send(this.#randomBytes(NOISE_BYTES));
    const sent = this.#isHalf ? bytes.subarray(0, bytes.length >> 1) : bytes;
    this.#isHalf = false;
    if (this.#faults.slow) this.#dribble(sent);
    else this.#send(sent);
  }

  /** One line: what is sent later leaves later. */
  #dribble(bytes: Uint8Array): void {
    const nowMs = this.#context.clock.monotonicMs();
    const beginMs = Math.max(nowMs, this.#lineFreeMs);
    this.#lineFreeMs = beginMs + bytes.length * SLOW_BYTE_MS;
    bytes.forEach((byte, at) => {
      const send = (): void => this.#send(Uint8Array.of(byte));
      this.#context.schedule(send, beginMs - nowMs + at * SLOW_BYTE_MS);
    });
  }

  #send(bytes: Uint8Array): void {
    if (!this.#isUnplugged && !this.#isClosed) this.#context.send(bytes);
  }

  #randomBytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => Math.floor(this.#context.random() * 256));
  }
}

/** `A\x1dB` has a group separator in its middle; other text goes out as UTF-8. */
function unescaped(text: string): Uint8Array {
  const parts = text.split(/\\x([0-9a-fA-F]{2})/);
  return Buffer.concat(
    parts.map((part, at) => (at % 2 === 0 ? Buffer.from(part, 'utf8') : Buffer.from(part, 'hex'))),
  );
}

function guessedAim(code: string): string {
  if (/^\d{12,13}$/.test(code)) return ']E0';
  if (/^\d{8}$/.test(code)) return ']E4';
  return /^[\x20-\x7e]{1,30}$/.test(code) ? ']C0' : ']Q1';
}

interface Kind {
  readonly kind: string;
  readonly title: string;
  readonly driver: string;
  readonly carrier: 'stream' | 'packets';
  readonly create: (context: HeadContext) => SimulatedHead;
}

const KINDS: readonly Kind[] = [
  {
    ...{ kind: 'scanner', title: 'a scanner on a serial line', driver: 'scanner/serial' },
    ...{ carrier: 'stream', create: (context) => new SerialHead(context) },
  },
  {
    ...{ kind: 'scanner-ssi', title: 'a Zebra scanner over SSI', driver: 'scanner/ssi' },
    ...{ carrier: 'stream', create: (context) => new SsiHead(context) },
  },
  {
    ...{ kind: 'scanner-hid-pos', title: 'a USB scanner, HID-POS', driver: 'scanner/hid-pos' },
    ...{ carrier: 'packets', create: (context) => new HidPosHead(context) },
  },
];

export const SCANNER_SIMULATORS: readonly SimulatorDefinition[] = KINDS.map((kind) => ({
  ...{ kind: kind.kind, title: kind.title, category: 'scanner', driver: kind.driver },
  ...{ driverOptions: {}, carrier: kind.carrier, commands: COMMANDS },
  create: (options, context) => new SimulatedScanner(context, kind.create, options),
}));
