/** Which of the interesting things a run met: a campaign that never sees them proves nothing. */
export class Coverage {
  readonly counts = new Map<string, number>();
  /** Processes that ended by themselves, with why; for the report of a violation. */
  readonly ends: string[] = [];

  saw(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  ended(machine: string, how: string): void {
    this.ends.push(`${machine}: ${how}`);
    this.saw('process ended by itself');
  }
}
