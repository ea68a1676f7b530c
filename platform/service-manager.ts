/**
 * Tells systemd how the service is (sd_notify(3)): ready, alive, stopping. Node has no datagram
 * sockets of the unix kind, so each message is sent by `systemd-notify`, which the unit allows with
 * NotifyAccess=all. Without NOTIFY_SOCKET, as when a person runs the daemon, nothing is sent. A
 * message that cannot be sent is only reported: the service goes on, and if it matters the watchdog
 * of systemd will say so.
 *
 * A beat is sent only if `isAlive` says so, and at half the interval that systemd asks for: a timer
 * alone would prove that the timer works.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export interface ServiceManagerOptions {
  /** The process's environment: NOTIFY_SOCKET and WATCHDOG_USEC are read. */
  environment: Readonly<Record<string, string | undefined>>;
  /** Did every part that matters make progress since it was last asked? */
  isAlive: () => boolean | Promise<boolean>;
  /** Told about messages that could not be sent, and beats that were withheld. */
  onTrouble: (what: string, error?: unknown) => void;
  /** How a message is sent; systemd-notify by default. */
  send?: (words: readonly string[]) => Promise<void>;
}

export class ServiceManager {
  readonly #options: ServiceManagerOptions;
  readonly #send: (words: readonly string[]) => Promise<void>;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ServiceManagerOptions) {
    this.#options = options;
    this.#send = options.send ?? systemdNotify;
  }

  /** The service answers from now on; begins the watchdog's beats. */
  async ready(status: string): Promise<void> {
    await this.#notify(['--ready', `--status=${status}`]);
    const everyMs = watchdogBeatMs(this.#options.environment);
    if (everyMs === undefined || !this.#isManaged()) return;
    this.#timer = setInterval(() => void this.#beat(), everyMs);
    this.#timer.unref();
  }

  async stopping(): Promise<void> {
    clearInterval(this.#timer);
    await this.#notify(['STOPPING=1']);
  }

  async #beat(): Promise<void> {
    if (await this.#options.isAlive()) await this.#notify(['WATCHDOG=1']);
    else this.#options.onTrouble('a part of the service made no progress: no watchdog beat');
  }

  #isManaged(): boolean {
    return (this.#options.environment['NOTIFY_SOCKET'] ?? '') !== '';
  }

  async #notify(words: readonly string[]): Promise<void> {
    if (!this.#isManaged()) return;
    try {
      await this.#send(words);
    } catch (error) {
      this.#options.onTrouble(`systemd was not told ${words.join(' ')}`, error);
    }
  }
}

/** Half of WATCHDOG_USEC, in milliseconds; undefined where systemd watches nothing. */
export function watchdogBeatMs(
  environment: Readonly<Record<string, string | undefined>>,
): number | undefined {
  const text = environment['WATCHDOG_USEC'] ?? '';
  if (!/^[1-9]\d{0,15}$/.test(text)) return undefined;
  return Math.max(1, Math.floor(Number(text) / 1000 / 2));
}

/** A message that took this long would come too late for the watchdog anyway. */
const SEND_LIMIT_MS = 5_000;

async function systemdNotify(words: readonly string[]): Promise<void> {
  await promisify(execFile)('systemd-notify', [...words], { timeout: SEND_LIMIT_MS });
}
