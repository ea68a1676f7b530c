/** Opens custody for reading, as the configuration says, whether headquarters runs or not. */
import type { HqConfig } from '../../config/hq-schema.ts';
import type { HqPaths } from '../../config/paths.ts';
import { isTillgateError } from '../../protocol/errors.ts';
import type { CustodyReader } from '../custody/custody.ts';
import { FileReader } from '../custody/files/file-reader.ts';
import { PostgresReader } from '../custody/postgres/postgres-reader.ts';

/** `undefined` where nothing was kept yet. */
export async function openCustodyReader(
  paths: HqPaths,
  config: HqConfig,
): Promise<CustodyReader | undefined> {
  try {
    const { url } = config.database;
    if (url !== undefined) return await PostgresReader.open(url);
    return FileReader.open(paths.custodyDir, { durableOnly: false });
  } catch (error) {
    if (isTillgateError(error, 'HQ_CUSTODY_MISSING')) return undefined;
    throw error;
  }
}
