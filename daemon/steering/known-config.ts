/**
 * What the configuration file said when it was last looked at: what differs from it was changed by
 * hand. Only a help: where it is missing or spoilt, the file as it is found counts as known.
 */
import type { FlatConfig } from '../../config/merge/flat-config.ts';
import { readFileIfPresent, writeFileAtomicallySync } from '../../platform/durable/atomic-file.ts';
import { isJsonObject } from '../../protocol/json/json-value.ts';
import type { Json } from '../../protocol/json/json-value.ts';

export class KnownConfig {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  read(): FlatConfig | undefined {
    const bytes = readFileIfPresent(this.#path);
    if (bytes === undefined) return undefined;
    try {
      const value = JSON.parse(Buffer.from(bytes).toString()) as Json;
      const values = isJsonObject(value) ? value['values'] : undefined;
      return values !== undefined && isJsonObject(values)
        ? new Map(Object.entries(values))
        : undefined;
    } catch (error) {
      if (error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  keep(config: FlatConfig): void {
    const values = Object.fromEntries(config);
    writeFileAtomicallySync(this.#path, `${JSON.stringify({ version: 1, values })}\n`, {
      mode: 0o600,
    });
  }
}
