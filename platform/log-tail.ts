/** The newest lines of a process's log, in memory: for whoever cannot reach the journal. */

/** The last minutes of a quiet gateway. */
const LINES_MAX = 100;
/** A line that quotes what a device sent is cut. */
const LINE_CHARACTERS_MAX = 512;

export class LogTail {
  readonly #lines: string[] = [];

  /** Oldest first. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  readonly take = (line: string): void => {
    this.#lines.push(line.trimEnd().slice(0, LINE_CHARACTERS_MAX).toWellFormed());
    if (this.#lines.length > LINES_MAX) this.#lines.shift();
  };
}
