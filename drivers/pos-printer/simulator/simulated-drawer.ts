/** The cash drawer on a simulated printer's connector, as seen from pin 3. */
export class SimulatedDrawer {
  #isOpen = false;
  #isLocked = false;
  #isHighWhenOpen: boolean;

  constructor(isHighWhenOpen: boolean) {
    this.#isHighWhenOpen = isHighWhenOpen;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get level(): boolean {
    return this.#isOpen === this.#isHighWhenOpen;
  }

  kick(): void {
    if (!this.#isLocked) this.#isOpen = true;
  }

  /** `drawer close`, `drawer wiring low`, …; undefined for other words. */
  command(word: string, value: string | undefined): string | undefined {
    switch (word) {
      case 'open':
        this.#isOpen = true;
        return 'The drawer stands open.';
      case 'close':
        this.#isOpen = false;
        return 'The drawer is closed.';
      case 'lock':
        this.#isLocked = true;
        return 'The drawer is locked: a pulse does not open it.';
      case 'unlock':
        this.#isLocked = false;
        return 'The drawer is unlocked.';
      case 'wiring':
        if (value !== 'high' && value !== 'low') return undefined;
        this.#isHighWhenOpen = value === 'high';
        return `Pin 3 is ${value} while the drawer is open.`;
      default:
        return undefined;
    }
  }
}
