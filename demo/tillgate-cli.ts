/** Runs `tillgate` as anybody would: a process of its own, judged by its output and exit code. */
import { spawn } from 'node:child_process';
import type { ChildProcess, ChildProcessWithoutNullStreams } from 'node:child_process';
import { createWriteStream, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { workerUrl } from '../platform/worker-url.ts';
import { TillgateError } from '../protocol/errors.ts';

const CLI_MAIN = fileURLToPath(workerUrl(import.meta.url, '../cli/main'));

export type CliResult = { exitCode: number; stdout: string; stderr: string };

/** Long enough for `log verify` over months of sales on a slow machine. */
const COMMAND_WAIT_MS = 300_000;

export async function tillgate(words: readonly string[], input = ''): Promise<CliResult> {
  const child = spawn(process.execPath, [CLI_MAIN, ...words], { timeout: COMMAND_WAIT_MS });
  child.stdin.on('error', () => {
    // The command ended without reading its input: its exit code tells the story.
  });
  child.stdin.end(input);
  const [stdout, stderr, exitCode] = await Promise.all([
    textOf(child.stdout),
    textOf(child.stderr),
    new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve(code ?? -1));
    }),
  ]);
  return { exitCode, stdout, stderr };
}

/** The same, where anything but success ends the demonstration: resolves with what it printed. */
export async function tillgateOrFail(words: readonly string[], input = ''): Promise<string> {
  const { exitCode, stdout, stderr } = await tillgate(words, input);
  if (exitCode !== 0) {
    const said = stderr.trim() === '' ? stdout.trim() : stderr.trim();
    throw new TillgateError(
      'DEMO_FAILED',
      `\`tillgate ${words.join(' ')}\` ended with exit code ${exitCode}: ${said}`,
    );
  }
  return stdout;
}

/** With `--json`: the one document it printed. */
export async function tillgateJson<T>(words: readonly string[]): Promise<T> {
  return JSON.parse(await tillgateOrFail([...words, '--json'])) as T;
}

/** A daemon (`run` or `hq run`) that goes on in the background and logs to `logFile`. */
export function startDaemon(words: readonly string[], logFile: string): ChildProcess {
  const log = openSync(logFile, 'a');
  return spawn(process.execPath, [CLI_MAIN, ...words], { stdio: ['ignore', log, log] });
}

/** A command that is spoken to while it runs; what it says beside its answers goes to `logFile`. */
export function startConversation(
  words: readonly string[],
  logFile: string,
): ChildProcessWithoutNullStreams {
  const child = spawn(process.execPath, [CLI_MAIN, ...words]);
  child.stderr.pipe(createWriteStream(logFile, { flags: 'a' }));
  return child;
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
