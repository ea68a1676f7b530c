/**
 * Adding, showing and removing peripherals. Each change is an entry of the log before it takes effect,
 * as with devices; with the daemon running it is at work, or gone, when the answer comes.
 */
import type { DriverDefinition } from '../../drivers/driver.ts';
import type { Clock } from '../../protocol/clock.ts';
import { TillgateError } from '../../protocol/errors.ts';
import { isId } from '../../protocol/ids.ts';
import { isJsonObject, type Json } from '../../protocol/json/json-value.ts';
import type { Answer, Append } from '../ledger/commands.ts';
import type { PeripheralEntry, PlugFacts } from '../peripherals/peripheral-entry.ts';
import type { PeripheralState } from '../peripherals/peripheral-news.ts';
import type { PeripheralRegistry } from '../peripherals/peripheral-registry.ts';

export interface ShownPeripheral extends PeripheralEntry {
  /** Undefined while the daemon is down. */
  condition?: PeripheralState;
}

export interface PeripheralOperationsOptions {
  registry: PeripheralRegistry;
  ledger: { append(command: Append): Promise<Answer> };
  clock: Clock;
  /** The running gateway's part of it. */
  live?: {
    start(entry: PeripheralEntry): Promise<void>;
    end(peripheralId: string): Promise<void>;
    states(): readonly PeripheralState[];
  };
}

export interface NewPeripheral {
  peripheralId: string;
  driver: string;
  address: string;
  options: Record<string, Json>;
  plug?: PlugFacts;
}

export class PeripheralOperations {
  readonly #options: PeripheralOperationsOptions;

  constructor(options: PeripheralOperationsOptions) {
    this.#options = options;
  }

  list(): ShownPeripheral[] {
    const states = this.#options.live?.states() ?? [];
    return this.#options.registry.all().map((entry) => {
      const condition = states.find(({ peripheralId }) => peripheralId === entry.peripheralId);
      return { ...entry, ...(condition !== undefined && { condition }) };
    });
  }

  /**
   * Throws `PERIPHERAL_EXISTS`, `DRIVER_UNKNOWN`, `TRANSPORT_ADDRESS`, `PERIPHERAL_OPTIONS` or
   * `USAGE` for a bad id.
   */
  async add(asked: NewPeripheral): Promise<ShownPeripheral> {
    const { registry, clock, live } = this.#options;
    const { peripheralId, driver, options, plug } = asked;
    if (!isId(peripheralId)) {
      const what = 'A peripheral is called by lower-case letters, digits and -, up to 32';
      throw new TillgateError('USAGE', `${what} (got ${JSON.stringify(peripheralId)}).`);
    }
    if (registry.find(peripheralId) !== undefined) {
      const message = `There is a peripheral ${peripheralId} already.`;
      throw new TillgateError('PERIPHERAL_EXISTS', message);
    }
    const address = await checkNew(asked);
    const entry: PeripheralEntry = {
      ...{ peripheralId, driver, address, options },
      ...(plug !== undefined && { plug }),
      addedAt: new Date(clock.wallMs()).toISOString(),
    };
    await this.#record({ event: 'peripheralAdded', peripheralId, driver, address });
    await registry.add(entry);
    await live?.start(entry);
    return this.#shown(peripheralId);
  }

  /** Throws `PERIPHERAL_UNKNOWN`. */
  async remove(peripheralId: string): Promise<PeripheralEntry> {
    const { registry, live } = this.#options;
    const { driver, address } = this.#shown(peripheralId);
    await this.#record({ event: 'peripheralRemoved', peripheralId, driver, address });
    const removed = await registry.remove(peripheralId);
    await live?.end(peripheralId);
    return removed;
  }

  #shown(peripheralId: string): ShownPeripheral {
    const shown = this.list().find((one) => one.peripheralId === peripheralId);
    if (shown !== undefined) return shown;
    const message = `There is no peripheral ${JSON.stringify(peripheralId)}.`;
    throw new TillgateError('PERIPHERAL_UNKNOWN', message);
  }

  #record(members: Record<string, Json>): Promise<Answer> {
    return this.#options.ledger.append({ type: 'append', kind: 'peripheral', members });
  }
}

/** The address in its canonical form; drivers are loaded for this alone. */
async function checkNew({ driver: id, address, options }: NewPeripheral): Promise<string> {
  const { driverNamed } = await import('../../drivers/registry.ts');
  const { parseAddress, formatAddress } = await import('../../drivers/transport/address.ts');
  const { checkedOptions } = await import('../peripherals/station.ts');
  const driver: DriverDefinition = driverNamed(id);
  const parsed = parseAddress(address);
  if (!driver.transports.includes(parsed.kind)) {
    const kinds = driver.transports.join(', ');
    const message = `${driver.id} works over ${kinds}, not over ${parsed.kind}.`;
    throw new TillgateError('TRANSPORT_ADDRESS', message);
  }
  checkedOptions(driver, options);
  return formatAddress(parsed);
}

/** `options` and `plug` as they come over the control socket. */
export function newPeripheralOf(params: {
  peripheralId: string;
  driver: string;
  address: string;
  options: string;
  plug?: string;
}): NewPeripheral {
  const { peripheralId, driver, address } = params;
  const plug = params.plug === undefined ? undefined : objectIn(params.plug);
  return {
    ...{ peripheralId, driver, address, options: objectIn(params.options) },
    ...(plug !== undefined && { plug: plug as unknown as PlugFacts }),
  };
}

function objectIn(text: string): Record<string, Json> {
  const value = JSON.parse(text) as Json;
  if (isJsonObject(value)) return value;
  throw new TillgateError('CONTROL_PROTOCOL', 'The options of a peripheral are a JSON object.');
}
