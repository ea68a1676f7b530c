/** How often a printer is asked for its status; automatic status makes most of it needless. */
export const POLL_MS = {
  first: 2_000,
  /** Often enough that a printer that was off in the middle of a job leaves a question unanswered. */
  printing: 500,
  /** After a pulse, for drawers whose level is not pushed. */
  hurried: 150,
  /** How long after a pulse that is. */
  hurry: 3_000,
  /** Nothing is pushed: also what an open drawer or an empty roll costs at most. */
  asked: 1_000,
  /** All is pushed; only a printer that is switched off is found this way. */
  pushed: 10_000,
} as const;

export function pollAfterMs(now: {
  readonly isPrinting: boolean;
  readonly isHurried: boolean;
  readonly isPushed: boolean;
  readonly isReady: boolean;
}): number {
  if (now.isHurried && !now.isPushed) return POLL_MS.hurried;
  if (now.isPrinting) return POLL_MS.printing;
  if (now.isPushed && now.isReady) return POLL_MS.pushed;
  return POLL_MS.asked;
}
