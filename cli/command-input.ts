/** The words given to one command, by name: what commander parsed, without its loose types. */
import { TillgateError } from '../protocol/errors.ts';

export class CommandInput {
  readonly #arguments: ReadonlyMap<string, string>;
  readonly #options: Readonly<Record<string, unknown>>;

  /** Every argument in order, for commands whose only one is repeated. */
  readonly given: readonly string[];

  constructor(
    words: ReadonlyMap<string, string>,
    options: Readonly<Record<string, unknown>>,
    given: readonly string[] = [...words.values()],
  ) {
    this.#arguments = words;
    this.#options = options;
    this.given = given;
  }

  /** An argument that the command declares as required. */
  argument(name: string): string {
    const value = this.#arguments.get(name);
    if (value === undefined) throw new TillgateError('USAGE', `The argument ${name} is missing.`);
    return value;
  }

  optionalArgument(name: string): string | undefined {
    return this.#arguments.get(name);
  }

  /** The value of `--some-name <value>`; `name` is written in camel case: `someName`. */
  option(name: string): string | undefined {
    const value = this.#options[name];
    return typeof value === 'string' ? value : undefined;
  }

  /** The value of an option without which the command makes no sense. */
  requiredOption(name: string): string {
    const value = this.option(name);
    if (value === undefined)
      throw new TillgateError('USAGE', `The option --${dashed(name)} is missing.`);
    return value;
  }

  /** True when `--some-name` was given. */
  flag(name: string): boolean {
    return this.#options[name] === true;
  }

  /** Every value of a repeatable option, in order. */
  values(name: string): readonly string[] {
    const value = this.#options[name];
    if (!Array.isArray(value)) return [];
    return value.filter((item): item is string => typeof item === 'string');
  }

  /** A whole number within bounds, or `fallback` when the option was not given. */
  integer(name: string, fallback: number, bounds: { min: number; max: number }): number {
    const text = this.option(name);
    if (text === undefined) return fallback;
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < bounds.min || value > bounds.max) {
      throw new TillgateError(
        'USAGE',
        `--${dashed(name)} takes a whole number from ${bounds.min} to ${bounds.max}, not "${text}".`,
      );
    }
    return value;
  }
}

const dashed = (name: string): string =>
  name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
