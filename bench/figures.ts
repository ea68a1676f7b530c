/** How the benchmarks read their options and print what they found. */

/** `--name N` on the command line, or `fallback`. */
export function numberOption(name: string, fallback: number): number {
  const at = process.argv.indexOf(`--${name}`);
  const value = at < 0 ? fallback : Number(process.argv[at + 1]);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${name} takes a whole number`);
  return value;
}

export function wantedRate(got: number, wanted: number): string {
  return `(wanted: at least ${wanted}: ${got >= wanted ? 'reached' : 'MISSED'})`;
}

export function wantedAtMost(got: number, wanted: number, unit: string): string {
  return `(wanted: below ${wanted} ${unit}: ${got < wanted ? 'reached' : 'MISSED'})`;
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
