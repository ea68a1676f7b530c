/** The parameters of a verb, read with care: over the control socket they are another process's JSON. */
import { TillgateError } from '../../protocol/errors.ts';

export class Given {
  readonly verb: string;
  readonly #values: Record<string, unknown>;

  constructor(verb: string, params: unknown) {
    this.verb = verb;
    this.#values = typeof params === 'object' && params !== null ? { ...params } : {};
  }

  has(name: string): boolean {
    return this.#values[name] !== undefined;
  }

  text(name: string): string {
    const value = this.#values[name];
    if (typeof value === 'string') return value;
    throw new TillgateError('CONTROL_PROTOCOL', `${this.verb} needs ${name} as text.`);
  }

  optional(name: string): string | undefined {
    return this.has(name) ? this.text(name) : undefined;
  }

  is(name: string): boolean {
    return this.#values[name] === true;
  }

  list(name: string): readonly unknown[] {
    const value = this.#values[name];
    if (Array.isArray(value)) return value as unknown[];
    throw new TillgateError('CONTROL_PROTOCOL', `${this.verb} needs ${name} as a list.`);
  }

  index(): number {
    return this.count('index');
  }

  count(name: string): number {
    const value = this.#values[name];
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
    throw new TillgateError('CONTROL_PROTOCOL', `${this.verb} needs ${name} as a whole number.`);
  }
}
