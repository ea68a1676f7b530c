/**
 * A small JSON document held in memory and written back whole and durably: lowdb with an adapter
 * that fsyncs (its own adapter loses acknowledged writes in a power cut). `update` resolves when the
 * change is on stable storage; updates run one after the other. Not for anything that grows.
 */
import { Low } from 'lowdb';
import type { Adapter } from 'lowdb';
import { TillgateError } from '../../protocol/errors.ts';
import { readFileIfPresent, writeFileAtomically } from './atomic-file.ts';
import type { FileSystem } from './file-system.ts';
import { nodeFileSystem } from './node-file-system.ts';

export interface RegistryOptions<T> {
  path: string;
  /** What a missing file means. */
  empty: T;
  /** Throws when the content read is not a `T`. */
  check: (value: unknown) => T;
  mode?: number;
  /** The machine's own disk unless told otherwise. */
  disk?: FileSystem;
}

export class Registry<T> {
  readonly #store: Low<T>;
  #pending: Promise<void> = Promise.resolve();

  private constructor(store: Low<T>) {
    this.#store = store;
  }

  /** Reads the file; `REGISTRY_UNREADABLE` when it is there but is not what it should be. */
  static async open<T>(options: RegistryOptions<T>): Promise<Registry<T>> {
    const store = new Low<T>(durableAdapter(options), structuredClone(options.empty));
    await store.read();
    return new Registry(store);
  }

  get data(): Readonly<T> {
    return this.#store.data;
  }

  /** Applies `change` to a copy, writes the copy, and only then lets readers see it. */
  async update(change: (draft: T) => void): Promise<void> {
    const run = async (): Promise<void> => {
      const before = this.#store.data;
      const draft = structuredClone(before);
      change(draft);
      this.#store.data = draft;
      try {
        await this.#store.write();
      } catch (error) {
        this.#store.data = before;
        throw error;
      }
    };
    const result = this.#pending.then(run);
    this.#pending = result.catch(() => undefined);
    return result;
  }
}

function durableAdapter<T>(options: RegistryOptions<T>): Adapter<T> {
  return {
    read: () => Promise.resolve(readChecked(options)),
    write: (data) =>
      writeFileAtomically(options.path, `${JSON.stringify(data, null, 2)}\n`, {
        mode: options.mode ?? 0o600,
        disk: options.disk ?? nodeFileSystem,
      }),
  };
}

function readChecked<T>(options: RegistryOptions<T>): T | null {
  const bytes = readFileIfPresent(options.path, options.disk);
  if (bytes === undefined) return null;
  try {
    return options.check(JSON.parse(Buffer.from(bytes).toString()));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TillgateError('REGISTRY_UNREADABLE', `${options.path} cannot be read: ${reason}`, {
      cause: error,
    });
  }
}
