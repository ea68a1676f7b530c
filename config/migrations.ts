/**
 * Brings the document of an older release to the form of this one, step by step, in memory; the
 * writer saves the outcome (with a copy of the old file) the next time a value is set.
 */
import type { Document } from 'yaml';
import type { ConfigKind } from './config-kind.ts';

export type MigrationResult =
  | { ok: true; notes: readonly string[] }
  | { ok: false; path: string; got: unknown; allowed: string };

/** A file without a version is of the newest form: it was written by hand. */
export function migrate<T>(kind: ConfigKind<T>, document: Document): MigrationResult {
  const found: unknown = document.get('version');
  if (found === undefined || found === null) return { ok: true, notes: [] };
  if (typeof found !== 'number' || !Number.isInteger(found) || found < 1 || found > kind.version) {
    const allowed = `a version from 1 to ${kind.version}, which is what this release knows`;
    return { ok: false, path: 'version', got: found, allowed };
  }
  const notes: string[] = [];
  for (let version = found; version < kind.version; version += 1) {
    const step = kind.migrations.find((migration) => migration.from === version);
    if (step === undefined) {
      return {
        ok: false,
        path: 'version',
        got: version,
        allowed: `not ${version}: no way leads on`,
      };
    }
    step.apply(document);
    document.set('version', version + 1);
    notes.push(step.note);
  }
  return { ok: true, notes };
}
