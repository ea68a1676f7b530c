/**
 * `tillgate peripheral simulate drawer`: a drawer with a serial port. BEL opens it, ENQ asks: it
 * answers one byte, 1 while it is open, and sends the same by itself when that changes.
 */
import type { SimulatedDevice, SimulatorContext, SimulatorDefinition } from '../../simulator.ts';

const COMMANDS: Readonly<Record<string, string>> = {
  open: 'somebody opens it with the key',
  close: 'somebody closes it',
  lock: '`lock` and `unlock`: while locked, BEL does not open it',
  unlock: 'see lock',
  wiring: '`wiring high|low`: the bit while it is open',
  status: 'says how the drawer is',
};
const BEL = 0x07;
const ENQ = 0x05;

export const drawerSimulator: SimulatorDefinition = {
  kind: 'drawer',
  title: 'cash drawer with a serial port',
  category: 'cashDrawer',
  driver: 'cash-drawer/serial',
  driverOptions: { status: 'byte', statusAsk: '05' },
  carrier: 'stream',
  commands: COMMANDS,
  create: (options, context) => new SerialDrawerBox(options['wiring'] !== 'low', context),
};

class SerialDrawerBox implements SimulatedDevice {
  readonly #context: SimulatorContext;
  #isHighWhenOpen: boolean;
  #isOpen = false;
  #isLocked = false;

  constructor(isHighWhenOpen: boolean, context: SimulatorContext) {
    this.#isHighWhenOpen = isHighWhenOpen;
    this.#context = context;
  }

  connected(): void {
    this.#tell();
  }

  receive(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (byte === ENQ) this.#tell();
      if (byte === BEL && !this.#isLocked) this.#set(true);
    }
  }

  command(line: string): string {
    const [word = '', value] = line.trim().toLowerCase().split(/\s+/);
    if (word === 'open') this.#set(true);
    else if (word === 'close') this.#set(false);
    else if (word === 'lock' || word === 'unlock') this.#isLocked = word === 'lock';
    else if (word === 'wiring' && (value === 'high' || value === 'low')) {
      this.#isHighWhenOpen = value === 'high';
    } else if (word !== 'status') {
      const help = Object.entries(COMMANDS).map(([name, text]) => `  ${name}: ${text}`);
      return ['There are these words:', ...help].join('\n');
    }
    const lock = this.#isLocked ? ', locked' : '';
    return `The drawer is ${this.#isOpen ? 'open' : 'closed'}${lock}.`;
  }

  close(): void {
    this.#isLocked = true;
  }

  #set(isOpen: boolean): void {
    if (isOpen === this.#isOpen) return;
    this.#isOpen = isOpen;
    this.#tell();
  }

  #tell(): void {
    this.#context.send(Uint8Array.of(this.#isOpen === this.#isHighWhenOpen ? 1 : 0));
  }
}
