/** How many documents make one step of loading: as many as take about the same time on any machine. */

/** One transaction of the writer, so that what else waits for a core or the disk waits no longer. */
const STEP_MS = 6;
const LINES_MIN = 25;
const LINES_MAX = 500;

export class StepSize {
  lines = LINES_MIN;

  /** The last step took `spentMs` for `lines` documents. */
  took(spentMs: number, lines: number): void {
    if (spentMs <= 0) return;
    const wanted = Math.round((lines * STEP_MS) / spentMs);
    this.lines = Math.max(LINES_MIN, Math.min(wanted, 2 * this.lines, LINES_MAX));
  }
}
