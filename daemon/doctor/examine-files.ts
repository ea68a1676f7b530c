/**
 * Looks at what lies beside the ledger: heads, registries, keys, permissions, space. A small file
 * that is spoilt is put aside under a dated name, so that the gateway starts; what it said that
 * nothing else says is named.
 */
import { accessSync, constants, existsSync, renameSync } from 'node:fs';
import type { GatewayPaths } from '../../config/paths.ts';
import { readAlarms } from '../../platform/alarms.ts';
import { readFileIfPresent } from '../../platform/durable/atomic-file.ts';
import { errnoOf } from '../../platform/durable/errno.ts';
import { readEd25519KeyFile } from '../../platform/keys/ed25519-key-file.ts';
import { parseEnrolment } from '../../protocol/replication/enrolment.ts';
import { DeviceRegistry } from '../control/device-registry.ts';
import { freeBytes } from '../ledger/space-reserve.ts';
import { readStoredHead } from '../signing/stored-head.ts';
import type { Finding } from './finding.ts';

export interface SpoiltFile extends Finding {
  path: string;
  /** It may be put aside: the gateway goes on without it. */
  mayGo: boolean;
}

/** What a repair of a ledger and a day of sales take, with a margin. */
const FREE_BYTES_MIN = 128 * 1024 * 1024;

interface Check {
  path: string;
  read: () => unknown;
  mayGo: boolean;
  /** What is lost with it. */
  loss: string;
}

export async function examineFiles(
  paths: GatewayPaths,
  signedHeadFile: string,
): Promise<{ spoilt: SpoiltFile[]; findings: Finding[] }> {
  const spoilt: SpoiltFile[] = [];
  for (const { path, read, mayGo, loss } of checksOf(paths, signedHeadFile)) {
    try {
      await read();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      spoilt.push({ part: 'files', message: `${path}: ${reason} (${loss})`, path, mayGo });
    }
  }
  const findings = [...signedHeadMissing(paths, signedHeadFile), ...places(paths)];
  return { spoilt, findings };
}

function checksOf(paths: GatewayPaths, signedHeadFile: string): Check[] {
  const { hqHeadFile, registryFile, alarmsFile, enrolmentFile, logKeyFile } = paths;
  return [
    {
      ...{ path: signedHeadFile, read: () => readStoredHead(signedHeadFile), mayGo: true },
      loss: 'the newest head is signed anew; a roll-back before now would go unnoticed here',
    },
    {
      ...{ path: hqHeadFile, read: () => readStoredHead(hqHeadFile), mayGo: true },
      loss: 'headquarters tells its head again',
    },
    {
      ...{ path: registryFile, read: () => DeviceRegistry.open(registryFile), mayGo: true },
      loss: 'every device has to be added again with `tillgate device add`',
    },
    {
      ...{ path: alarmsFile, read: () => readAlarms(alarmsFile), mayGo: true },
      loss: 'the alarms in it are forgotten',
    },
    {
      ...{ path: enrolmentFile, read: () => readEnrolment(enrolmentFile), mayGo: false },
      loss: 'ask headquarters for it: `tillgate hq join FILE`',
    },
    {
      ...{ path: logKeyFile, read: () => readEd25519KeyFile(logKeyFile), mayGo: false },
      loss: 'bring the key back from its copy; a new one would begin a new epoch',
    },
  ];
}

/** Gives the dated names. */
export function putAside(spoilt: readonly SpoiltFile[], stamp: string): string[] {
  return spoilt
    .filter(({ mayGo }) => mayGo)
    .map(({ path }) => {
      const aside = `${path}.damaged-${stamp}`;
      renameSync(path, aside);
      return aside;
    });
}

function readEnrolment(path: string): unknown {
  const bytes = readFileIfPresent(path);
  return bytes === undefined ? undefined : parseEnrolment(Buffer.from(bytes).toString('utf8'));
}

function signedHeadMissing({ ledgerFile }: GatewayPaths, signedHeadFile: string): Finding[] {
  if (existsSync(signedHeadFile) || !existsSync(ledgerFile)) return [];
  return [{ part: 'heads', message: `${signedHeadFile} is missing; the newest head is unsigned.` }];
}

function places({ dataDir, ledgerFile }: GatewayPaths): Finding[] {
  const findings: Finding[] = [];
  for (const path of [dataDir, ledgerFile]) {
    try {
      accessSync(path, constants.R_OK | constants.W_OK);
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === undefined || errno === 'ENOENT') continue;
      const message = `${path} cannot be read and written by this user (${errno}).`;
      findings.push({ part: 'permissions', message });
    }
  }
  const free = existsSync(dataDir) ? freeBytes(ledgerFile) : FREE_BYTES_MIN;
  if (free < FREE_BYTES_MIN) {
    const message = `Only ${Math.floor(free / 1024 ** 2)} MiB are free in ${dataDir}.`;
    findings.push({ part: 'space', message });
  }
  return findings;
}
