/**
 * What a person has to know and nobody else will tell, kept until somebody clears it, across
 * restarts. The same alarm (code and message) twice is one, with a count and its last time.
 *
 * A new alarm and a clearing are on stable storage when the call returns; a count that grew, within
 * ten seconds of the next call. The file is a help and never a reason to stop: one that cannot be
 * written is tried again later, one that cannot be read is an alarm itself. One process owns a book;
 * `readAlarms` is for everybody else.
 */
import { createHash } from 'node:crypto';
import type { Clock } from '../protocol/clock.ts';
import { TillgateError } from '../protocol/errors.ts';
import type { ErrorCode } from '../protocol/errors.ts';
import { readFileIfPresent, writeFileAtomicallySync } from './durable/atomic-file.ts';
import type { FileSystem } from './durable/file-system.ts';
import { nodeFileSystem } from './durable/node-file-system.ts';

export interface Alarm {
  /** The same for the same code and message, whenever it is raised. */
  id: string;
  code: string;
  message: string;
  /** When it was raised first, since somebody cleared it last. */
  since: string;
  lastAt: string;
  count: number;
}

/** Where alarms go: what most parts need. */
export interface AlarmBook {
  /** True when it is new. */
  raise(code: ErrorCode, message: string): boolean;
  /** Clears one by its id, or all of a code; returns what was cleared. */
  clear(codeOrId: string): Alarm[];
  list(): readonly Alarm[];
}

export interface AlarmsOptions {
  path: string;
  clock: Clock;
  /** Told once when the file cannot be written, and again after it could. */
  onTrouble: (message: string) => void;
  /** The machine's own disk unless told otherwise. */
  disk?: FileSystem;
}

/** More than this is one disaster, and the journal has all of it. The one last seen longest ago goes. */
const ALARMS_MAX = 64;
/** A sentence or three, with a note quoted; a device's bytes must not fill the file. */
const MESSAGE_CHARS_MAX = 2_000;
/** A till that raises the same alarm with each sale must not cost an fsync with each sale. */
const COUNT_WRITE_INTERVAL_MS = 10_000;
/** 32 bits: enough to tell 64 alarms apart, short enough to type. */
const ID_DIGITS = 8;

export class Alarms implements AlarmBook {
  readonly #options: AlarmsOptions;
  #alarms: Alarm[];
  #isDirty = false;
  #isFailing = false;
  #writtenAtMs = -Infinity;

  constructor(options: AlarmsOptions) {
    this.#options = options;
    try {
      this.#alarms = [...readAlarms(options.path, options.disk)];
    } catch (error) {
      this.#alarms = [];
      const reason = error instanceof Error ? error.message : String(error);
      this.raise(
        'REGISTRY_UNREADABLE',
        `${options.path} cannot be read and begins anew: ${reason}`,
      );
    }
  }

  raise(code: ErrorCode, message: string): boolean {
    const text = message.slice(0, MESSAGE_CHARS_MAX);
    const id = alarmId(code, text);
    const lastAt = new Date(this.#options.clock.wallMs()).toISOString();
    const known = this.#alarms.find((alarm) => alarm.id === id);
    if (known === undefined) {
      this.#makeRoom();
      this.#alarms = [
        ...this.#alarms,
        { id, code, message: text, since: lastAt, lastAt, count: 1 },
      ];
      this.#write();
      return true;
    }
    const again = { ...known, lastAt, count: known.count + 1 };
    this.#alarms = this.#alarms.map((alarm) => (alarm === known ? again : alarm));
    this.#isDirty = true;
    this.#writeSometimes();
    return false;
  }

  clear(codeOrId: string): Alarm[] {
    const cleared = this.#alarms.filter(({ id, code }) => id === codeOrId || code === codeOrId);
    if (cleared.length === 0) return cleared;
    this.#alarms = this.#alarms.filter((alarm) => !cleared.includes(alarm));
    this.#write();
    return cleared;
  }

  /** Oldest first. */
  list(): readonly Alarm[] {
    return this.#alarms;
  }

  /** Writes what is still only in memory; for a steady pace and for the end. */
  flush(): void {
    if (this.#isDirty) this.#write();
  }

  #makeRoom(): void {
    if (this.#alarms.length < ALARMS_MAX) return;
    const [longestAgo] = this.#alarms.toSorted((a, b) => (a.lastAt < b.lastAt ? -1 : 1));
    this.#alarms = this.#alarms.filter((alarm) => alarm !== longestAgo);
  }

  #writeSometimes(): void {
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs - this.#writtenAtMs >= COUNT_WRITE_INTERVAL_MS) this.#write();
  }

  #write(): void {
    const { path, clock, onTrouble, disk = nodeFileSystem } = this.#options;
    this.#isDirty = true;
    this.#writtenAtMs = clock.monotonicMs();
    try {
      const text = JSON.stringify({ version: VERSION, alarms: this.#alarms }, null, 2);
      writeFileAtomicallySync(path, `${text}\n`, { disk });
      this.#isDirty = false;
      this.#isFailing = false;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (!this.#isFailing)
        onTrouble(`${path} cannot be written, alarms are only shown: ${reason}`);
      this.#isFailing = true;
    }
  }
}

const VERSION = 1;

/** The alarms that stand in the file, oldest first; none where there is no file. Throws otherwise. */
export function readAlarms(path: string, disk?: FileSystem): readonly Alarm[] {
  const bytes = readFileIfPresent(path, disk);
  if (bytes === undefined) return [];
  const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
  if (typeof value !== 'object' || value === null || !('alarms' in value)) {
    throw new TillgateError('REGISTRY_UNREADABLE', `${path} is no list of alarms.`);
  }
  return Array.isArray(value.alarms) ? value.alarms.filter(isAlarm) : [];
}

function isAlarm(value: unknown): value is Alarm {
  if (typeof value !== 'object' || value === null) return false;
  const members = value as Record<string, unknown>;
  const texts = ['id', 'code', 'message', 'since', 'lastAt'];
  return (
    texts.every((name) => typeof members[name] === 'string') && typeof members['count'] === 'number'
  );
}

function alarmId(code: string, message: string): string {
  return createHash('sha256').update(`${code}\n${message}`).digest('hex').slice(0, ID_DIGITS);
}
