/**
 * Ids for `GS ( H`: four letters or digits. They count up from the time of day, so that an answer that
 * an earlier session was owed is taken for none of this one's.
 */
const LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const LENGTH = 4;
/** Sessions are begun further apart than this many ids are used up. */
const TICK_MS = 100;

export class ProcessIds {
  #next: number;

  constructor(wallMs: number) {
    this.#next = Math.floor(wallMs / TICK_MS);
  }

  next(): string {
    let rest = this.#next % LETTERS.length ** LENGTH;
    this.#next += 1;
    let id = '';
    for (let place = 0; place < LENGTH; place += 1) {
      id = `${LETTERS[rest % LETTERS.length] ?? '0'}${id}`;
      rest = Math.floor(rest / LETTERS.length);
    }
    return id;
  }
}
