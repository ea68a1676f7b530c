/**
 * Every error code of the product, once: what it means and what to do about it. Codes are stable:
 * they may be added, never renamed or reused. docs/errors.md is generated from this table.
 */
export const ERROR_CODES = {
  INTERNAL: {
    means: 'The program found its own state to be wrong.',
    fix: 'Keep the log output and report it; the daemon restarts by itself.',
  },
  USAGE: {
    means: 'A command was called with words it does not take.',
    fix: 'Run the command with --help to see what it takes.',
  },
} as const satisfies Record<string, { means: string; fix: string }>;
