/**
 * Keeps the retained topic gateway/status current for devices: looked at every few seconds,
 * published only when something changed that a person would call a change.
 */
import type { GatewayStatus } from '../control/gateway-status.ts';

export interface StatusPublisherOptions {
  read: () => GatewayStatus;
  publish: (json: string) => void;
  /** The status can no longer be read, so the ledger behind it cannot either. */
  onFailure: (error: unknown) => void;
}

const LOOK_INTERVAL_MS = 2_000;

export class StatusPublisher {
  readonly #options: StatusPublisherOptions;
  readonly #timer: NodeJS.Timeout;
  #last = '';

  constructor(options: StatusPublisherOptions) {
    this.#options = options;
    this.look();
    this.#timer = setInterval(() => this.#lookAgain(), LOOK_INTERVAL_MS);
    this.#timer.unref();
  }

  /** Publishes now if there is something new. */
  look(): void {
    const status = this.#options.read();
    const text = JSON.stringify(steady(status));
    if (text === this.#last) return;
    this.#last = text;
    this.#options.publish(JSON.stringify(status));
  }

  /** Nobody above a timer could catch it: the process would end without its error and code. */
  #lookAgain(): void {
    try {
      this.look();
    } catch (error) {
      this.close();
      this.#options.onFailure(error);
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

/** Without the figures that breathe. */
function steady(status: GatewayStatus): unknown {
  const { uplink, ledger, alarms, ...rest } = status;
  const { state, head, problem } = uplink;
  const ids = alarms.map(({ id }) => id);
  return {
    ...rest,
    alarms: ids,
    uplink: { state, head: head?.size, problem },
    diskFull: ledger?.diskFull,
  };
}
