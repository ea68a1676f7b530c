/** The table of error codes and the list of dependencies, held against what the code uses. */
import { isTest } from './import-rules.ts';
import type { Finding, SourceFile } from './source-file.ts';

const TABLE = 'protocol/error-codes.ts';
/** The table's parts, which it takes in whole. */
const TABLE_PARTS = [
  'protocol/check-codes.ts',
  'protocol/feed/feed-codes.ts',
  'protocol/hq-codes.ts',
  'protocol/log-codes.ts',
  'protocol/peripheral-codes.ts',
  'protocol/receipt/receipt-codes.ts',
  'protocol/transaction/transaction-codes.ts',
];

/** A code that nothing outside tests names tells operators about something that cannot happen. */
export function checkCodesUsed(codes: readonly string[], files: readonly SourceFile[]): Finding[] {
  const used = new Set(
    files
      .filter((file) => ![TABLE, ...TABLE_PARTS].includes(file.path) && !isTest(file.path))
      .flatMap((file) => [...file.strings, ...memberNames(file.code)]),
  );
  return codes
    .filter((code) => !used.has(code))
    .map((code) => ({ path: TABLE, message: `${code} is used nowhere` }));
}

/** Codes may also be keys of a table (`{ TXN_X: … }`), which are no string literals. */
function memberNames(code: string): string[] {
  return code.match(/\b[A-Z][A-Z0-9]*(_[A-Z0-9]+)+\b/g) ?? [];
}

export type Dependencies = { runtime: readonly string[]; development: readonly string[] };

export function checkDependencies(
  dependencies: Dependencies,
  page: string,
  files: readonly SourceFile[],
): Finding[] {
  const product = files.filter((file) => !isTest(file.path) && !file.path.startsWith('bench/'));
  const imported = new Set(product.flatMap((file) => file.imports.map((edge) => edge.target)));
  const isImported = (name: string) =>
    [...imported].some((target) => target === name || target.startsWith(`${name}/`));
  const listed = (name: string) => page.includes(`\`${name}\``);
  const all = [...dependencies.runtime, ...dependencies.development];
  return [
    ...all
      .filter((name) => !listed(name))
      .map((name) => ({ path: 'docs/dependencies.md', message: `does not say why ${name}` })),
    ...dependencies.runtime
      .filter((name) => !isImported(name))
      .map((name) => ({ path: 'package.json', message: `${name} is imported nowhere` })),
    ...undeclared(product, dependencies),
  ];
}

/** A package that only stands in node_modules because another one needs it may vanish any day. */
function undeclared(files: readonly SourceFile[], dependencies: Dependencies): Finding[] {
  const atRunTime = new Set(dependencies.runtime);
  const always = new Set([...dependencies.runtime, ...dependencies.development]);
  return files.flatMap((file) => {
    // Generators run in a clone; what they make is committed.
    const declared = /\/generate-[^/]*\.ts$/.test(file.path) ? always : atRunTime;
    return file.imports.flatMap((edge) => {
      if (edge.kind !== 'value' || /^(\.|node:)/.test(edge.target)) return [];
      const name = edge.target
        .split('/')
        .slice(0, edge.target.startsWith('@') ? 2 : 1)
        .join('/');
      const message = `${name} is imported but not among the dependencies`;
      return declared.has(name) ? [] : [{ path: file.path, line: edge.line, message }];
    });
  });
}
