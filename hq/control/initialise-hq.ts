/** Makes the home of a headquarters: keys and a commented configuration. Nothing is overwritten. */
import { dirname, resolve } from 'node:path';
import { commentedYaml } from '../../config/commented-yaml.ts';
import { HQ_CONFIG } from '../../config/hq-schema.ts';
import { parseConfig } from '../../config/loader.ts';
import { hqPaths } from '../../config/paths.ts';
import {
  createFileDurably,
  makeDirectoryDurably,
  readFileIfPresent,
} from '../../platform/durable/atomic-file.ts';
import { TillgateError } from '../../protocol/errors.ts';
import { openApiToken } from '../keys/api-token.ts';
import { createHqKeys, readHqKeys } from '../keys/hq-keys.ts';

export type InitialisedHq = {
  home: string;
  domain: string;
  /** Verifier keys: the durable one, which cosigns heads, and the feed one. */
  hqKeys: string[];
};

/** Throws `HOME_EXISTS`, or `USAGE` for a domain that is none. */
export function initialiseHq(home: string | undefined, domain: string | undefined): InitialisedHq {
  const paths = hqPaths(home);
  for (const file of [paths.configFile, paths.durableKeyFile]) {
    if (readFileIfPresent(file) !== undefined) {
      throw new TillgateError('HOME_EXISTS', `${file} exists already.`);
    }
  }
  const text = commentedYaml(HQ_CONFIG.schema, domain === undefined ? {} : { domain });
  const reading = parseConfig(HQ_CONFIG, text, paths.configFile);
  if (!reading.ok) {
    const [first] = reading.problems;
    throw new TillgateError('USAGE', `--domain must be ${first?.allowed ?? 'a DNS name'}.`);
  }
  const { config } = reading;
  createHqKeys(paths, config.domain);
  openApiToken(paths);
  makeDirectoryDurably(dirname(paths.configFile));
  createFileDurably(paths.configFile, text, { mode: 0o640 });
  const keys = readHqKeys(paths, config.domain);
  return {
    home: resolve(dirname(paths.keysDir)),
    domain: config.domain,
    hqKeys: [keys.durable.vkey, keys.feed.vkey],
  };
}
