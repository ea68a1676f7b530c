/**
 * Looks at the gateway at a steady pace, answers /healthz with the newest look, and says whether
 * systemd's watchdog may be fed: a gateway that is stuck is not, and is restarted.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { jsonAnswer } from '../../platform/http/http-server.ts';
import type { HttpAnswer } from '../../platform/http/http-server.ts';
import type { Log } from '../../platform/logging.ts';
import { judgeHealth } from './health.ts';
import type { Health, HealthReadings } from './health.ts';

export interface HealthMonitorOptions {
  read: () => Omit<HealthReadings, 'eventLoopLagMs'>;
  log: Log;
}

/** Two looks must see the same stuck work, so trouble is told after 10 to 20 seconds. */
const LOOK_INTERVAL_MS = 10_000;
const DELAY_RESOLUTION_MS = 20;
const NANOSECONDS_PER_MS = 1e6;

export class HealthMonitor {
  readonly #options: HealthMonitorOptions;
  readonly #delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  readonly #timer: NodeJS.Timeout;
  #before: HealthReadings | undefined;
  #health: Health;

  constructor(options: HealthMonitorOptions) {
    this.#options = options;
    this.#delay.enable();
    this.#before = this.#readings();
    this.#health = judgeHealth(this.#before, undefined);
    this.#timer = setInterval(() => this.#look(), LOOK_INTERVAL_MS);
    this.#timer.unref();
  }

  answer(): HttpAnswer {
    // Between two looks only what can change at once is looked at afresh.
    const now = this.#readings();
    const fresh = judgeHealth(now, undefined);
    const checks = { ...fresh.checks, ledger: this.#health.checks.ledger };
    if (!fresh.checks.ledger.ok) checks.ledger = fresh.checks.ledger;
    const ok = fresh.ok && this.#health.ok;
    return jsonAnswer(ok ? 200 : 503, { status: ok ? 'ok' : 'failing', checks });
  }

  /**
   * Whether to tell systemd that all is well. A full disk is no reason to be restarted: what waits
   * goes on by itself when there is room.
   */
  isAlive(): boolean {
    const { eventLoop, ledger } = this.#health.checks;
    return eventLoop.ok && (ledger.ok || this.#before?.diskFull === true);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#delay.disable();
  }

  #look(): void {
    const now = this.#readings();
    const wasOk = this.#health.ok;
    this.#health = judgeHealth(now, this.#before);
    this.#before = now;
    this.#delay.reset();
    const { ok, checks } = this.#health;
    if (ok !== wasOk) this.#options.log.warn({ checks }, ok ? 'healthy again' : 'not healthy');
  }

  #readings(): HealthReadings {
    return { ...this.#options.read(), eventLoopLagMs: this.#delay.max / NANOSECONDS_PER_MS };
  }
}
