/**
 * Simulated scales, one kind a protocol: a plate (simulated-plate.ts), the protocol's answers
 * (simulated-protocols.ts), and what goes wrong with real ones: silence, noise, slowness, the plug.
 */
import type { SimulatedDevice, SimulatorContext, SimulatorDefinition } from '../simulator.ts';
import { SimulatedPlate } from './simulated-plate.ts';
import { DialogScale, NciScale, SicsScale, ToledoScale } from './simulated-protocols.ts';
import type { SimulatedProtocol } from './simulated-protocols.ts';
import { WEIGHT_UNITS } from '../weight.ts';

const COMMANDS: Readonly<Record<string, string>> = {
  weigh: '`weigh 1.250 kg`: puts goods on the plate; they move for a moment',
  motion: 'the weight moves until `settle`',
  settle: 'the weight rests at once',
  zero: 'empties the plate',
  overload: 'more than the scale can weigh',
  negative: 'less than zero',
  tare: 'presses the tare key',
  silent: '`silent on|off`: answers nothing',
  slow: '`slow on|off`: answers late and byte by byte',
  noise: '`noise on|off`: garbage before each answer',
  garbage: '`garbage N`: sends N random bytes',
  unplug: 'pulls the plug',
  plug: 'puts it back',
};

/** A slow scale: so long until its answer begins, and between two of its bytes. */
const SLOW_MS = 300;
const SLOW_BYTE_MS = 15;
/** One command of the script must not fill the memory. */
const GARBAGE_BYTES_MAX = 4 * 1024 * 1024;
const GARBAGE_CHUNK_BYTES = 16 * 1024;
const NOISE_BYTES = 12;

class SimulatedScale implements SimulatedDevice {
  readonly #context: SimulatorContext;
  readonly #plate: SimulatedPlate;
  readonly #protocol: SimulatedProtocol;
  readonly #faults = { silent: false, slow: false, noise: false };
  #isUnplugged = false;
  #isClosed = false;
  #lineFreeMs = 0;

  constructor(
    context: SimulatorContext,
    { plate, protocol }: { plate: SimulatedPlate; protocol: SimulatedProtocol },
  ) {
    this.#context = context;
    this.#plate = plate;
    this.#protocol = protocol;
  }

  connected(): void {
    // A scale speaks only when it is asked.
  }

  receive(bytes: Uint8Array): void {
    if (this.#isUnplugged) return;
    const answers = this.#protocol.receive(bytes, this.#now());
    if (this.#faults.silent) return;
    for (const answer of answers) {
      if (this.#faults.noise) this.#send(this.#randomBytes(NOISE_BYTES));
      if (this.#faults.slow) this.#dribble(answer);
      else this.#send(answer);
    }
  }

  command(line: string): string {
    const [word = '', ...rest] = line.trim().split(/ +/);
    const argument = rest.join(' ');
    if (word === 'silent' || word === 'slow' || word === 'noise') {
      this.#faults[word] = argument !== 'off';
      return `${word} ${this.#faults[word] ? 'on' : 'off'}`;
    }
    if (word === 'weigh') {
      const shown = this.#plate.weigh(argument, this.#now());
      return shown ?? `Say for instance: weigh 1.250 ${this.#plate.unit}`;
    }
    if (word === 'garbage') return this.#sendGarbage(Number(argument || '64'));
    const action = this.#actions[word];
    if (action === undefined) {
      const known = Object.entries(COMMANDS).map(([name, help]) => `${name}: ${help}`);
      return known.join('\n');
    }
    action();
    return word;
  }

  close(): void {
    this.#isClosed = true;
  }

  readonly #actions: Readonly<Record<string, () => void>> = {
    motion: () => this.#plate.move(),
    settle: () => this.#plate.settle(this.#now()),
    zero: () => this.#plate.put(0, this.#now()),
    overload: () => this.#plate.setRange('over', this.#now()),
    negative: () => this.#plate.setRange('under', this.#now()),
    tare: () => {
      this.#plate.pressTare(this.#now());
    },
    unplug: () => {
      this.#isUnplugged = true;
      this.#context.unplug();
    },
    plug: () => {
      this.#isUnplugged = false;
    },
  };

  #sendGarbage(count: number): string {
    if (!Number.isSafeInteger(count) || count < 0 || count > GARBAGE_BYTES_MAX) {
      return `garbage takes a number up to ${GARBAGE_BYTES_MAX}`;
    }
    for (let left = count; left > 0; left -= GARBAGE_CHUNK_BYTES) {
      this.#send(this.#randomBytes(Math.min(left, GARBAGE_CHUNK_BYTES)));
    }
    return `${count} bytes of garbage`;
  }

  /** One line: an answer begins after the one before it has left. */
  #dribble(answer: Uint8Array): void {
    const nowMs = this.#now();
    const beginMs = Math.max(nowMs + SLOW_MS, this.#lineFreeMs);
    this.#lineFreeMs = beginMs + answer.length * SLOW_BYTE_MS;
    answer.forEach((byte, at) => {
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

  #now(): number {
    return this.#context.clock.monotonicMs();
  }
}

interface Kind {
  readonly kind: string;
  readonly title: string;
  readonly driver: string;
  readonly create: (
    plate: SimulatedPlate,
    options: Readonly<Record<string, string>>,
  ) => SimulatedProtocol;
}

const KINDS: readonly Kind[] = [
  {
    ...{ kind: 'scale', title: 'a scale that speaks MT-SICS', driver: 'scale/mt-sics' },
    create: (plate) => new SicsScale(plate),
  },
  {
    ...{ kind: 'scale-toledo-8217', title: 'a Toledo 8217', driver: 'scale/toledo-8217' },
    create: (plate) => new ToledoScale(plate),
  },
  {
    ...{ kind: 'scale-nci', title: 'a scale that speaks NCI', driver: 'scale/nci' },
    create: (plate) => new NciScale(plate),
  },
  {
    ...{ kind: 'scale-dialog-06', title: 'a price scale, Dialog 06', driver: 'scale/dialog-06' },
    create: (plate, options) => new DialogScale(plate, options['challenge'] === 'true'),
  },
];

export const SCALE_SIMULATORS: readonly SimulatorDefinition[] = KINDS.map((kind) => ({
  ...{ kind: kind.kind, title: kind.title, category: 'scale', driver: kind.driver },
  ...{ driverOptions: {}, carrier: 'stream', commands: COMMANDS },
  create: (options, context) => {
    const unit = WEIGHT_UNITS.find((name) => name === options['unit']) ?? 'kg';
    const motionMs = Number(options['motionMs'] ?? '600');
    const plate = new SimulatedPlate({ unit, motionMs, random: context.random });
    return new SimulatedScale(context, { plate, protocol: kind.create(plate, options) });
  },
}));
