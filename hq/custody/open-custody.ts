/** Opens the custody that the configuration names, and tells the projection where to find it. */
import type { HqConfig } from '../../config/hq-schema.ts';
import type { HqPaths } from '../../config/paths.ts';
import type { Custody } from './custody.ts';
import { FileCustody } from './files/file-custody.ts';
import { PostgresCustody } from './postgres/postgres-custody.ts';

export type CustodySources = {
  custody: { kind: 'files'; folder: string } | { kind: 'postgres'; url: string };
  database: { kind: 'pglite'; folder: string } | { kind: 'postgres'; url: string };
};

export function custodySources(paths: HqPaths, config: HqConfig): CustodySources {
  const { url } = config.database;
  if (url !== undefined) {
    const source = { kind: 'postgres', url } as const;
    return { custody: source, database: source };
  }
  return {
    custody: { kind: 'files', folder: paths.custodyDir },
    database: { kind: 'pglite', folder: paths.projectionDir },
  };
}

/** `onFatal` hears when what is durable can only be known by a restart. */
export async function openCustody(
  sources: CustodySources,
  onFatal: (error: unknown) => void,
): Promise<Custody> {
  const { custody } = sources;
  if (custody.kind === 'postgres') return PostgresCustody.open(custody.url);
  return FileCustody.openForWriting(custody.folder, { onFatal });
}
