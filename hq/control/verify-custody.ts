/** Verifies everything that headquarters keeps, whether it runs or not. */
import { availableParallelism } from 'node:os';
import type { HqPaths } from '../../config/paths.ts';
import { PostgresReader } from '../custody/postgres/postgres-reader.ts';
import { verifyFiles } from '../custody/files/verify-files.ts';
import type { CustodyVerification } from '../custody/verification.ts';
import { verifyRows } from '../custody/verify-rows.ts';
import { readHqKeys } from '../keys/hq-keys.ts';
import { loadHqConfig } from './hq-settings.ts';
import type { HqOverrides } from './hq-settings.ts';

/** What `hq log verify` answers. */
export type VerifiedCustody = CustodyVerification;

export type VerifyCustodyOptions = {
  overrides?: HqOverrides;
  /** How much of the whole is done, from 0 to 1; undefined where the whole is not known. */
  onProgress?: (done: number, of: number | undefined) => void;
};

/** Throws `HQ_CUSTODY_MISSING` where nothing was kept yet. */
export async function verifyCustody(
  paths: HqPaths,
  options: VerifyCustodyOptions = {},
): Promise<VerifiedCustody> {
  const config = loadHqConfig(paths, options.overrides);
  const durableVkey = readHqKeys(paths, config.domain).durable.vkey;
  const { url } = config.database;
  const { onProgress } = options;
  if (url === undefined) {
    return verifyFiles({
      folder: paths.custodyDir,
      durableVkey,
      threads: availableParallelism(),
      ...(onProgress !== undefined && { onProgress }),
    });
  }
  const custody = await PostgresReader.open(url);
  try {
    return await verifyRows(custody, {
      durableVkey,
      onProgress: (entries) => onProgress?.(entries, undefined),
    });
  } finally {
    await custody.close();
  }
}
