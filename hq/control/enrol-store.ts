/**
 * Admits a gateway: the enrolment document that it needs, and a note of it under `admissions/` so
 * that `hq store list` shows those who never came. Headquarters itself needs no record of it: the
 * gateway brings the admission along, and its password is made from its name.
 */
import { join } from 'node:path';
import type { HqConfig } from '../../config/hq-schema.ts';
import type { HqPaths } from '../../config/paths.ts';
import {
  makeDirectoryDurably,
  writeFileAtomicallySync,
} from '../../platform/durable/atomic-file.ts';
import { TillgateError } from '../../protocol/errors.ts';
import { isFeedOrigin } from '../../protocol/feed/feed-origin.ts';
import { isHqLogOrigin } from '../../protocol/log/hq-log-origin.ts';
import { parseOrigin } from '../../protocol/log/origin.ts';
import { decodeVkey } from '../../protocol/log/verifier-key.ts';
import { signAdmission } from '../../protocol/replication/admission.ts';
import type { Enrolment } from '../../protocol/replication/enrolment.ts';
import { hqUsername } from '../../protocol/replication/hq-topics.ts';
import { readHqKeys } from '../keys/hq-keys.ts';
import { readAddresses } from './hq-addresses.ts';

export type EnrolRequest = {
  paths: HqPaths;
  config: HqConfig;
  verifierKey: string;
  /** Where the store reaches the broker; without it what the configuration says. */
  hqUrl?: string | undefined;
};

/** Throws `LOG_KEY_INVALID`, `LOG_ORIGIN_INVALID`, `LOG_ADMISSION_INVALID` or `HQ_URL_UNKNOWN`. */
export function enrolStore(request: EnrolRequest): Enrolment {
  const { paths, config, verifierKey } = request;
  const { name: origin } = decodeVkey(verifierKey);
  const { chain, store, gateway } = parseOrigin(origin);
  if (isHqLogOrigin(origin) || isFeedOrigin(origin) || store === 'hq') {
    throw new TillgateError(
      'LOG_ORIGIN_INVALID',
      `${origin} is the place of a log of headquarters' own.`,
      {
        hint: 'call chain, store or gateway something else',
      },
    );
  }
  const keys = readHqKeys(paths, config.domain);
  const username = hqUsername({ chain, store, gateway });
  const enrolment: Enrolment = {
    origin,
    hqUrl: request.hqUrl ?? brokerUrl(paths, config),
    username,
    password: keys.uplinkPassword(username),
    hqKeys: [keys.durable.vkey, keys.feed.vkey],
    admission: signAdmission({ origin, vkey: verifierKey }, keys.feed),
  };
  makeDirectoryDurably(paths.admissionsDir, 0o700);
  writeFileAtomicallySync(join(paths.admissionsDir, `${username}.note`), enrolment.admission, {
    mode: 0o600,
  });
  return enrolment;
}

function brokerUrl(paths: HqPaths, config: HqConfig): string {
  if (config.publicUrl !== undefined) return config.publicUrl;
  if (config.broker.url !== undefined) return withoutLogin(config.broker.url);
  const running = readAddresses(paths)?.mqtt;
  if (running === null) {
    throw new TillgateError(
      'HQ_URL_UNKNOWN',
      'Headquarters runs with a broker that the command line named, not the configuration.',
    );
  }
  const { host } = config.mqtt;
  const port = running?.port ?? config.mqtt.port;
  if (port === 0) {
    throw new TillgateError(
      'HQ_URL_UNKNOWN',
      'The port of the broker is chosen at the start, and headquarters does not run.',
    );
  }
  return `mqtt://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function withoutLogin(text: string): string {
  const url = new URL(text);
  url.username = '';
  url.password = '';
  return url.href;
}
