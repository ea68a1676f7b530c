/**
 * The peripherals of this gateway: which driver at which address with which options, and what the
 * device said of itself. A small file, whole in memory, written durably.
 */
import { Registry } from '../../platform/durable/registry.ts';
import { TillgateError } from '../../protocol/errors.ts';
import type { PeripheralEntry } from './peripheral-entry.ts';

interface PeripheralsFile {
  version: 1;
  peripherals: Record<string, PeripheralEntry>;
}

/** A counter has five or six of them; each costs a session and a line in every status. */
export const PERIPHERALS_MAX = 64;

export class PeripheralRegistry {
  readonly #registry: Registry<PeripheralsFile>;

  private constructor(registry: Registry<PeripheralsFile>) {
    this.#registry = registry;
  }

  /** `REGISTRY_UNREADABLE` when the file is there but is not what it should be. */
  static async open(path: string): Promise<PeripheralRegistry> {
    const empty: PeripheralsFile = { version: 1, peripherals: {} };
    return new PeripheralRegistry(await Registry.open({ path, empty, check: checkFile }));
  }

  /** By id. */
  all(): readonly PeripheralEntry[] {
    const entries = Object.values(this.#registry.data.peripherals);
    return entries.sort((a, b) => (a.peripheralId < b.peripheralId ? -1 : 1));
  }

  find(peripheralId: string): PeripheralEntry | undefined {
    const { peripherals } = this.#registry.data;
    return Object.hasOwn(peripherals, peripheralId) ? peripherals[peripheralId] : undefined;
  }

  /** Throws `PERIPHERAL_EXISTS` for a name that is taken. */
  async add(entry: PeripheralEntry): Promise<void> {
    const { peripheralId } = entry;
    await this.#registry.update((draft) => {
      if (Object.hasOwn(draft.peripherals, peripheralId)) {
        const message = `There is a peripheral ${peripheralId} already.`;
        throw new TillgateError('PERIPHERAL_EXISTS', message);
      }
      if (Object.keys(draft.peripherals).length >= PERIPHERALS_MAX) {
        const message = `A gateway has at most ${PERIPHERALS_MAX} peripherals.`;
        throw new TillgateError('PERIPHERAL_OPTIONS', message);
      }
      draft.peripherals[peripheralId] = entry;
    });
  }

  /** Changes what is known of one that is there; one that was removed meanwhile stays removed. */
  async learn(
    peripheralId: string,
    facts: Partial<Pick<PeripheralEntry, 'address' | 'identity' | 'plug'>>,
  ): Promise<void> {
    await this.#registry.update((draft) => {
      const entry = draft.peripherals[peripheralId];
      if (entry !== undefined) draft.peripherals[peripheralId] = { ...entry, ...facts };
    });
  }

  /** Throws `PERIPHERAL_UNKNOWN`. */
  async remove(peripheralId: string): Promise<PeripheralEntry> {
    const entry = this.find(peripheralId);
    if (entry === undefined) {
      const message = `There is no peripheral ${JSON.stringify(peripheralId)}.`;
      throw new TillgateError('PERIPHERAL_UNKNOWN', message);
    }
    await this.#registry.update((draft) => {
      Reflect.deleteProperty(draft.peripherals, peripheralId);
    });
    return entry;
  }
}

function checkFile(value: unknown): PeripheralsFile {
  const file = value as Partial<PeripheralsFile> | null;
  if (file === null || typeof file !== 'object' || file.version !== 1) {
    throw new TillgateError('REGISTRY_UNREADABLE', 'It is not a list of peripherals of version 1.');
  }
  if (typeof file.peripherals !== 'object') {
    throw new TillgateError('REGISTRY_UNREADABLE', 'It has no peripherals member.');
  }
  return { version: 1, peripherals: file.peripherals };
}
