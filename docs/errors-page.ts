/** Renders docs/errors.md from the one table of codes, so that the page cannot drift from it. */

export type ErrorTable = Readonly<Record<string, { means: string; fix: string }>>;

const HEAD = `# Error codes

Generated from \`protocol/error-codes.ts\` by \`npm run docs\`; do not edit. A code is stable: it may
be added, never renamed and never reused. Devices see the codes that begin with \`TXN_\` and
\`LEDGER_\` in the \`errors\` of a result; the command line prints the others after \`Error:\`.
`;

/** The whole page, one section a code, in alphabetical order. */
export function renderErrorsPage(table: ErrorTable): string {
  const sections = Object.entries(table)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, entry]) => `## ${code}\n\n${entry.means}\n\n**How to solve:** ${entry.fix}\n`);
  return [HEAD, ...sections].join('\n');
}
