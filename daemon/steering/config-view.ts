/** The configuration as people see it: what differs from what, what waits, and its history. */
import { GATEWAY_CONFIG } from '../../config/gateway-schema.ts';
import type { GatewayConfig } from '../../config/gateway-schema.ts';
import { isSameValue, standing } from '../../config/merge/config-register.ts';
import type { ConfigSide } from '../../config/merge/config-register.ts';
import { flatConfig } from '../../config/merge/flat-config.ts';
import type { FlatConfig } from '../../config/merge/flat-config.ts';
import { isLive, nodeAt } from '../../config/schema-node.ts';
import type { Json } from '../../protocol/json/json-value.ts';
import type { ConfigEvent } from './config-entries.ts';
import type { ConfigKeeper } from './config-keeper.ts';

export type ConfigStatus = {
  /** Keys that headquarters has locked. */
  locked: string[];
  /** Keys whose value counts from the next start. */
  restartNeeded: string[];
  /** What headquarters says and cannot be followed. */
  refused: { key: string; code: string; message: string }[];
  /** Keys whose last word came from a clock far ahead. */
  clamped: string[];
  /** Why the file does not count as it stands; null when all is well. */
  problem: string | null;
};

export type ConfigSetResult = {
  key: string;
  value: Json;
  /** True where the new value counts only from the next start. */
  restart: boolean;
};

export type ConfigDifference = {
  key: string;
  default: Json;
  /** Null where the file does not say it. */
  file: Json;
  /** What the daemon works with; null when it is down. */
  running: Json;
  headquarters: { value: Json; said: string; locked: boolean } | null;
  stands: ConfigSide | null;
  restart: boolean;
  refused: string | null;
};

const { schema } = GATEWAY_CONFIG;

/** `started` is what the daemon began with; without it nothing runs. */
export function configStatus(
  keeper: ConfigKeeper,
  started: GatewayConfig | undefined,
): ConfigStatus {
  const { book } = keeper;
  const states = book.keys().map((key) => ({ key, ...book.of(key) }));
  return {
    locked: states.filter(({ register }) => register.hq?.locked === true).map(({ key }) => key),
    restartNeeded: started === undefined ? [] : restartNeeded(keeper.file, started),
    refused: states.flatMap(({ key, refused }) => (refused === null ? [] : [{ key, ...refused }])),
    clamped: states.filter(({ isClamped }) => isClamped).map(({ key }) => key),
    problem: keeper.problem,
  };
}

/** Every key at which something differs. */
export function configDifferences(
  keeper: ConfigKeeper,
  { running, started }: { running?: GatewayConfig; started?: GatewayConfig },
): ConfigDifference[] {
  const { book, file } = keeper;
  const waiting = new Set(started === undefined ? [] : restartNeeded(file, started));
  const live = running === undefined ? undefined : flatConfig(schema, running);
  const begun = started === undefined ? undefined : flatConfig(schema, started);
  const keys = [...new Set([...book.keys(), ...file.keys()])].sort();
  return keys.flatMap((key) => {
    // What the gateway is called differs from nothing.
    if (nodeAt(schema, key.split('.'))?.fixed === true) return [];
    const { register, refused } = book.of(key);
    const { hq } = register;
    const said = file.get(key) ?? null;
    const fallback = defaultOf(key);
    const isWaiting = waiting.has(key);
    const now = (isWaiting ? begun : live)?.get(key) ?? null;
    const isOther =
      !isSameValue(said ?? fallback, fallback) ||
      isWaiting ||
      refused !== null ||
      (hq !== null && !isSameValue(hq.value, said));
    if (!isOther) return [];
    return [
      {
        ...{ key, default: fallback, file: said, running: now },
        headquarters: hq && { value: hq.value, said: hq.hlc, locked: hq.locked },
        stands: standing(register)?.side ?? null,
        ...{ restart: isWaiting, refused: refused?.message ?? null },
      },
    ];
  });
}

/** Newest first, so many at most. */
export function configHistory(
  keeper: ConfigKeeper,
  { key, limit }: { key?: string | undefined; limit: number },
): ConfigEvent[] {
  const events: ConfigEvent[] = [];
  for (const event of keeper.book.history(key)) {
    events.push(event);
    if (events.length >= limit) break;
  }
  return events;
}

function restartNeeded(file: FlatConfig, started: GatewayConfig): string[] {
  const began = flatConfig(schema, started);
  return [...new Set([...file.keys(), ...began.keys()])].sort().filter((key) => {
    const is = file.get(key) ?? defaultOf(key);
    const was = began.get(key) ?? defaultOf(key);
    return !isLive(schema, key.split('.')) && !isSameValue(is, was);
  });
}

/** Null for a key without one. Where the operator names the keys, the default is that of the group. */
function defaultOf(key: string): Json {
  const [group = '', ...below] = key.split('.');
  const top = schema.properties?.[group];
  if (top?.patternProperties === undefined) {
    return (nodeAt(schema, key.split('.'))?.default ?? null) as Json;
  }
  let value: unknown = top.default;
  for (const name of below) {
    value = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
  }
  return (value ?? null) as Json;
}
