/**
 * A failing script made short: steps are left out, many at a time at first and then one by one, as
 * long as the same promise is still broken. What is left is what a person reads.
 */
import type { PromiseKept } from './oracle.ts';
import type { Step } from './script.ts';
import { scriptOf, simulate, type RunOptions, type RunResult } from './simulate.ts';

/** A script has a few dozen steps; more tries than this hardly shorten it further. */
const TRIES_MAX = 400;

export type Shortened = { steps: readonly Step[]; result: RunResult; tries: number };

export async function shorten(options: RunOptions, promise: PromiseKept): Promise<Shortened> {
  let steps = scriptOf(options);
  let result = await simulate(options, steps);
  let tries = 0;
  let part = Math.ceil(steps.length / 2);
  while (part >= 1 && tries < TRIES_MAX) {
    let isShorter = false;
    for (let at = 0; at < steps.length && tries < TRIES_MAX;) {
      const rest = [...steps.slice(0, at), ...steps.slice(at + part)];
      tries += 1;
      const tried = await simulate(options, rest);
      if (tried.violations[0]?.promise === promise) {
        steps = rest;
        result = tried;
        isShorter = true;
      } else at += part;
    }
    if (part === 1 && !isShorter) break;
    part = part > 1 ? Math.ceil(part / 2) : 1;
  }
  return { steps, result, tries };
}
