/**
 * Runs a simulated device on something that the gateway can open, and gives the address to add. The
 * words `unplug` and `plug` work for every kind; all others are the device's own. The device stays
 * the same while it is unplugged, as a real one does: only its connection ends.
 */
import { join } from 'node:path';
import type { Schedule } from '../../platform/schedule.ts';
import type { Clock } from '../../protocol/clock.ts';
import type { SimulatedDevice, SimulatorDefinition } from '../simulator.ts';
import { VPCD_PORT, createCardCarrier } from './card-carrier.ts';
import type { SimulationCarrier } from './carrier.ts';
import { createPacketCarrier, createTcpCarrier } from './socket-carrier.ts';
import { createTerminalCarrier } from './terminal-carrier.ts';

export interface HostOptions {
  readonly definition: SimulatorDefinition;
  /** For the device: `--option key=value`. */
  readonly deviceOptions?: Readonly<Record<string, string>>;
  /** Where the link of a terminal or a socket is made; short, a socket's path has 107 letters. */
  readonly folder: string;
  /** For a stream: listen there instead of on a terminal; port 0 takes a free one. */
  readonly tcp?: { readonly host: string; readonly port: number };
  /** For a card: the reader as PC/SC calls it, and vpcd's port. */
  readonly card?: { readonly reader?: string; readonly port?: number };
  readonly schedule: Schedule;
  readonly clock: Clock;
  readonly random: () => number;
  readonly produced?: (name: string, bytes: Uint8Array) => void;
}

export interface HostedSimulator {
  /** Ready for `tillgate peripheral add`. */
  readonly address: string;
  /** The words that `command` knows, each with its help. */
  readonly commands: Readonly<Record<string, string>>;
  /** One line of the script; what to say comes back. */
  command(line: string): Promise<string>;
  plug(): Promise<void>;
  unplug(): Promise<void>;
  close(): Promise<void>;
}

/** As vpcd names its first slot. */
const VIRTUAL_READER = 'Virtual PCD 00 00';

export async function hostSimulator(options: HostOptions): Promise<HostedSimulator> {
  const host = new Host(options);
  await host.plug();
  return host;
}

class Host implements HostedSimulator {
  readonly #carrier: SimulationCarrier;
  readonly #device: SimulatedDevice;
  readonly #definition: SimulatorDefinition;
  /** Plugging takes time; one after the other keeps the words of a script in order. */
  #last: Promise<void> = Promise.resolve();
  #isPlugged = false;

  constructor(options: HostOptions) {
    this.#definition = options.definition;
    this.#carrier = createCarrier(options);
    this.#device = options.definition.create(options.deviceOptions ?? {}, {
      schedule: options.schedule,
      clock: options.clock,
      random: options.random,
      send: (bytes) => this.#carrier.send(bytes),
      produced: options.produced ?? (() => undefined),
      unplug: () => void this.unplug(),
    });
  }

  get address(): string {
    return this.#carrier.address;
  }

  async command(line: string): Promise<string> {
    const word = line.trim();
    if (word === 'plug') {
      await this.plug();
      return 'plugged in';
    }
    if (word === 'unplug') {
      await this.unplug();
      return 'unplugged';
    }
    return this.#device.command(word);
  }

  plug(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#isPlugged) return;
      await this.#carrier.plug({
        connected: () => this.#device.connected(),
        received: (bytes) => this.#device.receive(bytes),
      });
      this.#isPlugged = true;
    });
  }

  unplug(): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#isPlugged) return;
      this.#isPlugged = false;
      await this.#carrier.unplug();
    });
  }

  async close(): Promise<void> {
    await this.unplug();
    this.#device.close();
  }

  /** The words there are, for help. */
  get commands(): Readonly<Record<string, string>> {
    return {
      ...this.#definition.commands,
      unplug: 'pull the plug, or take the card away',
      plug: 'plug it in again, or lay the card on the reader',
    };
  }

  #inTurn(step: () => Promise<void>): Promise<void> {
    const done = this.#last.then(step);
    this.#last = done.catch(() => undefined);
    return done;
  }
}

function createCarrier(options: HostOptions): SimulationCarrier {
  const { definition, folder, tcp, card } = options;
  switch (definition.carrier) {
    case 'stream':
      return tcp === undefined
        ? createTerminalCarrier(join(folder, definition.kind))
        : createTcpCarrier(tcp);
    case 'packets':
      return createPacketCarrier(join(folder, `${definition.kind}.hid`));
    case 'card':
      return createCardCarrier(card?.reader ?? VIRTUAL_READER, card?.port ?? VPCD_PORT);
  }
}
