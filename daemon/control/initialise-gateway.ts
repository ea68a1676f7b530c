/**
 * Sets up a home: the log's key, then the configuration, which is what makes a home one. A crash in
 * between leaves a key without a configuration; the next `init` takes that key over, as it does one
 * that was put there beforehand.
 */
import { rmSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { commentedYaml } from '../../config/commented-yaml.ts';
import { GATEWAY_CONFIG } from '../../config/gateway-schema.ts';
import { parseConfig } from '../../config/loader.ts';
import type { ConfigProblem } from '../../config/loader.ts';
import { gatewayPaths } from '../../config/paths.ts';
import type { GatewayPaths } from '../../config/paths.ts';
import {
  createFileDurably,
  makeDirectoryDurably,
  readFileIfPresent,
  writeFileAtomicallySync,
} from '../../platform/durable/atomic-file.ts';
import { createEd25519KeyFile, readEd25519KeyFile } from '../../platform/keys/ed25519-key-file.ts';
import { TillgateError } from '../../protocol/errors.ts';
import { checkEnrolment, parseEnrolment } from '../../protocol/replication/enrolment.ts';
import { firstOrigin, verifierKeyOf } from './gateway-identity.ts';

export interface InitialiseRequest {
  /** As given with --home. */
  home: string | undefined;
  /** Keys of the configuration; undefined leaves the default. */
  names: Readonly<Record<string, string | undefined>>;
  /** The enrolment document. */
  enrolment: string | undefined;
}

export interface InitialisedGateway {
  home: string;
  origin: string;
  verifierKey: string;
}

/** Throws `HOME_EXISTS`, `USAGE` for a bad name, or `ENROLMENT_INVALID`. */
export function initialiseGateway(request: InitialiseRequest): InitialisedGateway {
  const paths = gatewayPaths(request.home);
  if (readFileIfPresent(paths.configFile) !== undefined) {
    throw new TillgateError('HOME_EXISTS', `${paths.configFile} exists already.`);
  }
  const given = Object.entries(request.names).filter(([, value]) => value !== undefined);
  const text = commentedYaml(GATEWAY_CONFIG.schema, Object.fromEntries(given));
  const reading = parseConfig(GATEWAY_CONFIG, text, paths.configFile);
  if (!reading.ok) throw namesError(reading.problems);
  makeDirectoryDurably(paths.dataDir, 0o700);
  const isNew = readFileIfPresent(paths.logKeyFile) === undefined;
  const key = isNew ? createEd25519KeyFile(paths.logKeyFile) : readEd25519KeyFile(paths.logKeyFile);
  const origin = firstOrigin(reading.config);
  const verifierKey = verifierKeyOf(origin, key);
  try {
    if (request.enrolment !== undefined) {
      installEnrolment(paths, request.enrolment, { origin, verifierKey });
    }
  } catch (error) {
    // The key of a home that did not come to be is nobody's.
    if (isNew) rmSync(paths.logKeyFile, { force: true });
    throw error;
  }
  makeDirectoryDurably(dirname(paths.configFile));
  createFileDurably(paths.configFile, text, { mode: 0o640 });
  return { home: resolve(dirname(paths.configFile)), origin, verifierKey };
}

/** The words of the command are what is wrong, not a file that is not there yet. */
function namesError(problems: readonly ConfigProblem[]): TillgateError {
  const lines = problems.map(({ path, got, allowed }) => {
    return `${path} must be ${allowed} (got ${JSON.stringify(got)})`;
  });
  return new TillgateError('USAGE', `${lines.join('; ')}.`);
}

function installEnrolment(
  paths: GatewayPaths,
  text: string,
  { origin, verifierKey }: { origin: string; verifierKey: string },
): void {
  const enrolment = parseEnrolment(text);
  checkEnrolment(enrolment, origin, verifierKey);
  writeFileAtomicallySync(paths.enrolmentFile, `${JSON.stringify(enrolment, null, 2)}\n`, {
    mode: 0o600,
  });
}
