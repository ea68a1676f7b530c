/**
 * Changing the configuration from outside: validated, written, and recorded in the log. What the
 * file says is what counts, so it is written first; the entry is the history.
 */
import { GATEWAY_CONFIG } from '../../config/gateway-schema.ts';
import type { GatewayConfig } from '../../config/gateway-schema.ts';
import { setConfigValue } from '../../config/writer.ts';
import type { Json } from '../../protocol/json/json-value.ts';
import type { Answer, Append } from '../ledger/commands.ts';

export interface ConfigOperationsOptions {
  configFile: string;
  ledger: { append(command: Append): Promise<Answer> };
  /** Takes over what counts at once; called with the whole new configuration. */
  onChange?: (config: GatewayConfig) => void;
}

export interface ConfigSetResult {
  key: string;
  value: Json;
  /** True where the new value counts only from the next start. */
  restart: boolean;
}

/** Throws what `setConfigValue` throws; the file is then as it was. */
export async function setConfig(
  options: ConfigOperationsOptions,
  request: { key: string; text: string },
): Promise<ConfigSetResult> {
  const change = setConfigValue(GATEWAY_CONFIG, options.configFile, request);
  // What YAML reads is JSON, apart from values that the schema has just refused.
  const value = change.secret ? '[secret]' : (change.value as Json);
  await options.ledger.append({
    type: 'append',
    kind: 'config',
    members: { action: 'set', key: change.key, value },
  });
  options.onChange?.(change.config);
  return { key: change.key, value, restart: change.restart };
}
