/**
 * A simulated device joined to the gateway's end of a port in memory: the same device as behind a
 * carrier, without terminals and sockets in between. A card gets the reader that it lies on.
 */
import type { Schedule } from '../../platform/schedule.ts';
import type { Clock } from '../../protocol/clock.ts';
import type { SimulatedDevice, SimulatorDefinition } from '../simulator.ts';
import { OpenPort } from '../transport/open-port.ts';
import { unplugged } from '../transport/transport-failures.ts';
import { MemoryReader } from './memory-reader.ts';

export interface LinkOptions {
  readonly definition: SimulatorDefinition;
  readonly deviceOptions?: Readonly<Record<string, string>>;
  readonly schedule: Schedule;
  readonly clock: Clock;
  readonly random: () => number;
  readonly produced?: (name: string, bytes: Uint8Array) => void;
  /** What becomes of the device's bytes on their way: a wrong baud rate, a broken cable. */
  readonly garble?: (bytes: Uint8Array) => Uint8Array;
}

export interface SimulatorLink {
  /** The gateway's end, open. */
  readonly transport: OpenPort;
  readonly device: SimulatedDevice;
  /** Bytes as if the device had sent them. */
  toGateway(bytes: Uint8Array): void;
  unplug(): void;
  close(): void;
}

export function createSimulatorLink(options: LinkOptions): SimulatorLink {
  const { definition, garble } = options;
  const address = `tcp://simulated-${definition.kind}:1`;
  const toGateway = (bytes: Uint8Array): void => transport.received(bytes);
  const unplug = (): void => transport.finish(unplugged(address, 'the simulator was unplugged'));
  const send = (bytes: Uint8Array): void => toGateway(garble === undefined ? bytes : garble(bytes));
  const reader = definition.carrier === 'card' ? new MemoryReader(send) : undefined;
  const device = definition.create(options.deviceOptions ?? {}, {
    schedule: options.schedule,
    clock: options.clock,
    random: options.random,
    send: (bytes) => {
      if (reader === undefined) send(bytes);
      else reader.fromCard(bytes);
    },
    produced: options.produced ?? (() => undefined),
    // A card that is torn away leaves its reader where it is.
    unplug: () => {
      if (reader === undefined) unplug();
      else reader.takeAway();
    },
  });
  const transport = new OpenPort(
    address,
    {
      write: (bytes) => {
        if (reader === undefined) device.receive(bytes);
        else reader.fromGateway(bytes, device);
        return Promise.resolve();
      },
      release: () => Promise.resolve(),
    },
    options.schedule,
  );
  device.connected();
  reader?.lay(device);
  return { transport, device, toGateway, unplug, close: () => device.close() };
}
