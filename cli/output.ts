/**
 * How a command speaks: with --json exactly one document on standard output; otherwise readable
 * text there, which --quiet keeps back unless it is what was asked for; remarks, progress and errors
 * on standard error.
 */
import { isTillgateError } from '../protocol/errors.ts';
import { openProgress } from '../platform/progress.ts';
import type { Progress } from '../platform/progress.ts';

export interface OutputStreams {
  stdout: NodeJS.WritableStream & { isTTY?: boolean };
  stderr: NodeJS.WritableStream & { isTTY?: boolean };
}

export interface OutputOptions {
  json: boolean;
  quiet: boolean;
}

export class Output {
  readonly #streams: OutputStreams;
  readonly #options: OutputOptions;

  constructor(streams: OutputStreams, options: OutputOptions) {
    this.#streams = streams;
    this.#options = options;
  }

  /** What the command was asked for: the document with --json, else the text. Call it once. */
  result(document: unknown, text: string): void {
    const content = this.#options.json ? JSON.stringify(document) : text;
    if (content !== '')
      this.#streams.stdout.write(content.endsWith('\n') ? content : `${content}\n`);
  }

  /** Part of the answer as plain text, for commands that stream; not with --json. */
  line(text: string): void {
    if (!this.#options.json) this.#streams.stdout.write(`${text}\n`);
  }

  /** A remark for a person: standard error, silent with --quiet or --json. */
  note(text: string): void {
    if (!this.#options.quiet && !this.#options.json) this.#streams.stderr.write(`${text}\n`);
  }

  /** A bar on a terminal, plain lines elsewhere, nothing with --quiet or --json. */
  progress(label: string, total: number): Progress {
    return openProgress({
      label,
      total,
      stream: this.#streams.stderr,
      silent: this.#options.quiet || this.#options.json,
    });
  }

  /** `Error:` and `Try:` on standard error; with --json the same as a document too. */
  failure(error: unknown): void {
    const { code, message, hint } = describe(error);
    this.#streams.stderr.write(`Error: ${message}\nTry: ${hint}\n`);
    if (this.#options.json) {
      this.#streams.stdout.write(`${JSON.stringify({ error: { code, message, hint } })}\n`);
    }
  }
}

function describe(error: unknown): { code: string; message: string; hint: string } {
  if (isTillgateError(error)) return error;
  return {
    code: 'INTERNAL',
    message: error instanceof Error ? error.message : String(error),
    hint: 'run the command again with TILLGATE_DEBUG=1 and report what it prints',
  };
}
