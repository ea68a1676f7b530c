/**
 * The log of a process: pino, JSON lines on standard error, so that standard output stays free for
 * what a command answers. On a terminal each line is made readable instead. Secrets are never
 * passed to it; the paths below are a second fence.
 */
import pino from 'pino';
import type { DestinationStream, Logger } from 'pino';

export type Log = Logger;
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

export interface LogOptions {
  level: LogLevel;
  /** Name of the process in each line: `gateway`, `hq`, … */
  name: string;
  /** True for readable single lines; false for JSON. */
  pretty: boolean;
  /** Where lines go; standard error without it. */
  stream?: DestinationStream;
  /** Hears each line as it goes out, as JSON. */
  onLine?: (line: string) => void;
}

const STANDARD_ERROR = 2;
const REDACTED = ['password', '*.password', 'credential', '*.credential', 'secret', '*.secret'];

export function createLog(options: LogOptions): Log {
  const target = options.stream ?? pino.destination({ dest: STANDARD_ERROR, sync: true });
  const written = options.pretty ? prettyStream(target) : target;
  const { onLine } = options;
  const stream = onLine === undefined ? written : alsoTold(written, onLine);
  return pino(
    {
      level: options.level,
      name: options.name,
      base: { name: options.name },
      redact: { paths: REDACTED, censor: '[secret]' },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
}

function alsoTold(stream: DestinationStream, onLine: (line: string) => void): DestinationStream {
  return {
    write: (line) => {
      onLine(line);
      stream.write(line);
    },
  };
}

/** A log that keeps quiet, for tests and one-shot commands. */
export const silentLog: Log = pino({ level: 'silent' }, { write: () => undefined });

const HIDDEN = new Set(['level', 'time', 'name', 'msg']);

function prettyStream(target: DestinationStream): DestinationStream {
  return {
    write: (line) => {
      target.write(prettyLine(line));
    },
  };
}

/** `08:26:00.123 WARN  message  key=value` */
export function prettyLine(line: string): string {
  const record = JSON.parse(line) as Record<string, unknown>;
  const text = (key: string): string => {
    const value = record[key];
    return typeof value === 'string' ? value : '';
  };
  const details = Object.entries(record)
    .filter(([key]) => !HIDDEN.has(key))
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const head = `${text('time').slice(11, 23)} ${text('level').toUpperCase().padEnd(5)}`;
  return `${[head, text('msg'), ...details].filter((part) => part !== '').join(' ')}\n`;
}
