/** The screen of `tillgate doctor`: a pure function of what was found. */
import type { CheckFinding, Checkup } from '../daemon/control/checkup.ts';

const SHOWN = { ok: 'ok', warning: 'WARNING', failed: 'FAILED' } as const;
const STATE_WIDTH = 8;
const NAME_WIDTH = 13;

/** A line for each check; below one that is not well what to do, and its code for docs/errors.md. */
export function checkupScreen({ ok, checks }: Checkup): string {
  const warnings = checks.filter(({ state }) => state === 'warning').length;
  const failures = checks.filter(({ state }) => state === 'failed').length;
  const counts = `${counted(failures, 'failure')}, ${counted(warnings, 'warning')}`;
  const verdict = ok
    ? `Nothing failed, ${counted(warnings, 'warning')}.`
    : `SOMETHING IS WRONG: ${counts}.`;
  return [...checks.flatMap(linesOf), '', verdict].join('\n');
}

function linesOf({ check, state, code, message, hint }: CheckFinding): string[] {
  const first = `${SHOWN[state].padEnd(STATE_WIDTH)} ${spoken(check).padEnd(NAME_WIDTH)} ${message}`;
  const indent = ' '.repeat(STATE_WIDTH + NAME_WIDTH + 2);
  const coded = code === undefined ? first : `${first} (${code})`;
  return hint === undefined ? [coded] : [coded, `${indent}Try: ${hint}`];
}

/** `fileSystem` is for programs. */
const spoken = (name: string): string =>
  name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

const counted = (count: number, what: string): string =>
  count === 0 ? `no ${what}s` : `${count} ${what}${count === 1 ? '' : 's'}`;
