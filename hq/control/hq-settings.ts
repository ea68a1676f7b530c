/**
 * The configuration of a headquarters as it counts. A headquarters that lost everything but its
 * keys runs on defaults, under the domain its keys were made for.
 */
import { HQ_CONFIG } from '../../config/hq-schema.ts';
import type { HqConfig } from '../../config/hq-schema.ts';
import { loadConfig } from '../../config/loader.ts';
import type { HqPaths } from '../../config/paths.ts';
import { readFileIfPresent } from '../../platform/durable/atomic-file.ts';
import { TillgateError } from '../../protocol/errors.ts';
import { readKeyDomain } from '../keys/hq-keys.ts';

/** Words of the command line that win over the file. */
export type HqOverrides = {
  databaseUrl?: string | undefined;
  brokerUrl?: string | undefined;
  mqttPort?: number | undefined;
  httpPort?: number | undefined;
};

/** Throws `HOME_MISSING` where there is neither a configuration nor a key. */
export function loadHqConfig(paths: HqPaths, overrides: HqOverrides = {}): HqConfig {
  if (readFileIfPresent(paths.durableKeyFile) === undefined) {
    throw new TillgateError('HOME_MISSING', `There is no headquarters under ${paths.keysDir}.`, {
      hint: 'Run `tillgate hq init` first, or name the right --home.',
    });
  }
  const config = loadConfig(HQ_CONFIG, paths.configFile, { whenMissing: 'defaults' });
  const isFileThere = readFileIfPresent(paths.configFile) !== undefined;
  const domain = isFileThere ? config.domain : (readKeyDomain(paths) ?? config.domain);
  const { databaseUrl, brokerUrl, mqttPort, httpPort } = overrides;
  return {
    ...config,
    domain,
    mqtt: { ...config.mqtt, ...(mqttPort !== undefined && { port: mqttPort }) },
    http: { ...config.http, ...(httpPort !== undefined && { port: httpPort }) },
    broker: brokerUrl === undefined ? config.broker : { url: brokerUrl },
    database: databaseUrl === undefined ? config.database : { url: databaseUrl },
  };
}
