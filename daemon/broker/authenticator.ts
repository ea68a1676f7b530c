/**
 * Decides whether a user name and password are a device's. A check costs memory and a core for tens
 * of milliseconds, so:
 *
 * - only a few run at once, few may wait for one user name, and the whole queue is bounded;
 * - a check that succeeded is remembered (a keyed hash of name, password and stored hash, never the
 *   password), so a store full of tills is back at once after a network hiccup;
 * - the same check asked twice at the same time runs once;
 * - an unknown user costs the same as a wrong password.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { verifyNobody, verifyPassword } from './credential.ts';

export type AuthenticationResult = 'known' | 'wrong' | 'busy';

/** Leaves half of libuv's four threads to the files. */
const CONCURRENT_MAX = 2;
/** At some 25 checks a second a core this is about twenty seconds of waiting. */
const WAITING_MAX = 1024;
/** Several tills may share a name for a moment; a guesser is stopped here. */
const WAITING_PER_USER_MAX = 8;
/** One for each device and then some; the oldest goes first. */
const REMEMBERED_MAX = 4096;
const UNKNOWN_USER = '';

export class Authenticator {
  readonly #secret = randomBytes(32);
  readonly #remembered = new Set<string>();
  readonly #underWay = new Map<string, Promise<AuthenticationResult>>();
  readonly #waitingPerUser = new Map<string, number>();
  readonly #turns: (() => void)[] = [];
  #running = 0;

  /** `stored` is the device's password hash; undefined when there is no such device. */
  check(
    userName: string,
    password: Buffer,
    stored: string | undefined,
  ): Promise<AuthenticationResult> {
    const key = this.#key(userName, password, stored ?? '');
    if (this.#remembered.has(key)) return Promise.resolve('known');
    const same = this.#underWay.get(key);
    if (same !== undefined) return same;
    // All unknown names share one place in the queue, or a guesser had as many as names.
    const user = stored === undefined ? UNKNOWN_USER : userName;
    const waiting = this.#waitingPerUser.get(user) ?? 0;
    if (waiting >= WAITING_PER_USER_MAX || this.#turns.length >= WAITING_MAX) {
      return Promise.resolve('busy');
    }
    this.#waitingPerUser.set(user, waiting + 1);
    const result = this.#verify(key, password, stored).finally(() => {
      this.#underWay.delete(key);
      const left = (this.#waitingPerUser.get(user) ?? 1) - 1;
      if (left === 0) this.#waitingPerUser.delete(user);
      else this.#waitingPerUser.set(user, left);
    });
    this.#underWay.set(key, result);
    return result;
  }

  async #verify(
    key: string,
    password: Buffer,
    stored: string | undefined,
  ): Promise<AuthenticationResult> {
    await this.#takeTurn();
    try {
      const isRight =
        stored === undefined
          ? await verifyNobody(password)
          : await verifyPassword(password, stored);
      if (isRight) this.#remember(key);
      return isRight ? 'known' : 'wrong';
    } finally {
      this.#giveTurn();
    }
  }

  async #takeTurn(): Promise<void> {
    if (this.#running < CONCURRENT_MAX) {
      this.#running += 1;
      return;
    }
    await new Promise<void>((resolve) => this.#turns.push(resolve));
  }

  #giveTurn(): void {
    const next = this.#turns.shift();
    if (next === undefined) this.#running -= 1;
    else next();
  }

  #remember(key: string): void {
    this.#remembered.add(key);
    if (this.#remembered.size <= REMEMBERED_MAX) return;
    const [oldest] = this.#remembered;
    if (oldest !== undefined) this.#remembered.delete(oldest);
  }

  /** Length-prefixed, so that no two triples give the same text. */
  #key(userName: string, password: Buffer, stored: string): string {
    const hmac = createHmac('sha256', this.#secret);
    hmac.update(`${Buffer.byteLength(userName)}.${password.length}.`);
    return hmac.update(userName).update(password).update(stored).digest('base64');
  }
}
