/**
 * Reads a configuration file and gives either the whole configuration, defaults filled in, or every
 * problem it has with file, line, path, value and what is allowed. Nothing is started on a problem.
 */
import { TillgateError } from '../protocol/errors.ts';
import type { ErrorCode } from '../protocol/errors.ts';
import { readFileIfPresent } from '../platform/durable/atomic-file.ts';
import { checkValue, withDefaults } from './check-value.ts';
import type { ValueProblem } from './check-value.ts';
import type { ConfigKind } from './config-kind.ts';
import { ConfigSource } from './config-source.ts';
import { migrate } from './migrations.ts';
import { nodeAt } from './schema-node.ts';

export interface ConfigProblem {
  code: ErrorCode;
  file: string;
  line: number;
  column: number;
  /** `mqtt.port`; empty for the file as a whole. */
  path: string;
  /** What stands there; undefined where nothing does. Secrets are replaced. */
  got?: unknown;
  allowed: string;
}

export type ConfigReading<T> =
  | { ok: true; config: T; source: ConfigSource; migrated: readonly string[] }
  | { ok: false; problems: readonly ConfigProblem[] };

/** What `text`, the content of `file`, says. */
export function parseConfig<T>(kind: ConfigKind<T>, text: string, file: string): ConfigReading<T> {
  const source = new ConfigSource(text);
  const syntax = source.syntaxProblems();
  if (syntax.length > 0) {
    const problems = syntax.map(({ line, column, message }) => {
      return { code: 'CONFIG_SYNTAX' as const, file, line, column, path: '', allowed: message };
    });
    return { ok: false, problems };
  }
  const migration = migrate(kind, source.document);
  if (!migration.ok) {
    const { path, got, allowed } = migration;
    const place = source.placeOf([path]);
    return {
      ok: false,
      problems: [{ code: 'CONFIG_VERSION', file, ...place, path, got, allowed }],
    };
  }
  return checkSource(kind, source, { file, migrated: migration.notes });
}

/** Holds a document, as read or as edited, against its schema and rules. */
export function checkSource<T>(
  kind: ConfigKind<T>,
  source: ConfigSource,
  { file, migrated }: { file: string; migrated: readonly string[] },
): ConfigReading<T> {
  const value = source.value();
  const found = checkValue(kind.schema, value);
  // True of the whole when nothing was found, and else of the groups that a rule is held on.
  const config = withDefaults(kind.schema, value) as T;
  const isSound = (group: string | undefined): boolean =>
    found.every(({ path }) => path.length > 0 && path[0] !== group);
  const broken = kind.rules
    .filter((rule) => isSound(rule.path[0]) && !rule.holds(config))
    .map(({ path, allowed }): ValueProblem => {
      const got = source.document.getIn(path);
      return {
        code: 'CONFIG_VALUE',
        path,
        got: typeof got === 'object' ? undefined : got,
        allowed,
      };
    });
  const problems = [...found, ...broken].map(({ code, path, got, allowed }) => {
    const shown = nodeAt(kind.schema, path)?.secret === true ? '[secret]' : got;
    return { code, file, ...source.placeOf(path), path: path.join('.'), got: shown, allowed };
  });
  return problems.length > 0 ? { ok: false, problems } : { ok: true, config, source, migrated };
}

/** The same for a file; `whenMissing: 'defaults'` takes a missing file for an empty one. */
export function readConfig<T>(
  kind: ConfigKind<T>,
  file: string,
  options: { whenMissing?: 'defaults' } = {},
): ConfigReading<T> {
  const bytes = readFileIfPresent(file);
  if (bytes === undefined && options.whenMissing === undefined) {
    throw new TillgateError('CONFIG_MISSING', `There is no configuration at ${file}.`);
  }
  return parseConfig(kind, bytes === undefined ? '' : Buffer.from(bytes).toString(), file);
}

/** The configuration, or `CONFIG_INVALID` with every problem in its message. */
export function loadConfig<T>(
  kind: ConfigKind<T>,
  file: string,
  options: { whenMissing?: 'defaults' } = {},
): T {
  const reading = readConfig(kind, file, options);
  if (!reading.ok) throw configError(file, reading.problems);
  return reading.config;
}

export function configError(file: string, problems: readonly ConfigProblem[]): TillgateError {
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  const lines = problems.map((problem) => `  ${problemLine(problem)}`);
  return new TillgateError('CONFIG_INVALID', [`${file} has ${count}:`, ...lines].join('\n'));
}

/** `config.yaml:12:3 mqtt.port: got "abc", allowed: a whole number from 0 to 65535 (CONFIG_VALUE)` */
export function problemLine(problem: ConfigProblem): string {
  const place = `${problem.file}:${problem.line}:${problem.column}`;
  if (problem.code === 'CONFIG_SYNTAX') return `${place} ${problem.allowed} (${problem.code})`;
  if (problem.code === 'CONFIG_UNKNOWN_KEY') {
    return `${place} ${problem.path}: no such key; ${problem.allowed} (${problem.code})`;
  }
  const got = problem.got === undefined ? 'missing' : `got ${JSON.stringify(problem.got)}`;
  return `${place} ${problem.path}: ${got}, allowed: ${problem.allowed} (${problem.code})`;
}
