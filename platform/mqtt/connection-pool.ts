/**
 * All connections of a broker: counts and limits them, keeps their deadlines with one sweep, and
 * closes them. A full house must not lock tills out: when strangers fill their share the oldest one
 * that has not said CONNECT goes, so half-open connections cost an attacker his own places only.
 */
import type { Aedes } from 'aedes';
import type { Clock } from '../../protocol/clock.ts';
import { ByteBudget } from './byte-budget.ts';
import { DEFAULT_GUARD_LIMITS } from './guard-contract.ts';
import type { GuardLimits } from './guard-contract.ts';
import { DEFAULT_EGRESS_LIMITS } from './egress-buffer.ts';
import type { EgressLimits } from './egress-buffer.ts';
import { FlushScheduler } from './flush-scheduler.ts';
import { DEFAULT_DEADLINES } from './connection-contract.ts';
import type { CloseReason, Deadlines } from './connection-contract.ts';
import { GuardedConnection } from './guarded-connection.ts';
import type { Wire } from './wire.ts';

export interface ConnectionLimits {
  /** Open connections, strangers included. */
  connectionsMax: number;
  /** Connections whose CONNECT was not answered yet. */
  strangersMax: number;
  /** Bytes of incomplete packets, over all connections. */
  assemblyBytesMax: number;
  /** Bytes that clients have not taken yet, over all connections. */
  egressBytesMax: number;
  guard: GuardLimits;
  egress: EgressLimits;
  deadlines: Deadlines;
}

export const DEFAULT_CONNECTION_LIMITS: ConnectionLimits = {
  // Above the 5,000 of the largest store that was asked for; an idle one costs some 20 KiB.
  connectionsMax: 8192,
  strangersMax: 512,
  assemblyBytesMax: 32 * 1024 * 1024,
  // A service unit gives the gateway 1 GiB; 1 MiB for each that stopped reading would be eight.
  egressBytesMax: 64 * 1024 * 1024,
  guard: DEFAULT_GUARD_LIMITS,
  egress: DEFAULT_EGRESS_LIMITS,
  deadlines: DEFAULT_DEADLINES,
};

/** Fine enough for a keep-alive of one second, which ends after one and a half. */
const SWEEP_INTERVAL_MS = 250;

export interface PoolOptions {
  broker: Aedes;
  clock: Clock;
  limits: ConnectionLimits;
  /** Hears of each connection's end and its reason. */
  onClosed: (connection: GuardedConnection, reason: CloseReason) => void;
}

export class ConnectionPool {
  readonly #options: PoolOptions;
  readonly #budget: ByteBudget;
  readonly #egressBudget: ByteBudget;
  readonly #flushes = new FlushScheduler();
  readonly #connections = new Set<GuardedConnection>();
  /** In the order they came. */
  readonly #strangers = new Set<GuardedConnection>();
  #sweeper: NodeJS.Timeout | undefined;
  #whenEmpty: (() => void) | undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#budget = new ByteBudget(options.limits.assemblyBytesMax);
    this.#egressBudget = new ByteBudget(options.limits.egressBytesMax);
    options.broker.on('connackSent', (connack, client) => {
      const connection = client.conn;
      if (connack.returnCode === 0 && connection instanceof GuardedConnection) {
        this.#strangers.delete(connection);
        connection.admitted();
      }
    });
  }

  get size(): number {
    return this.#connections.size;
  }

  /** Bytes of incomplete packets at this moment. */
  get assemblyBytes(): number {
    return this.#budget.usedBytes;
  }

  /** Takes a new transport in, or turns it away when the house is full of known clients. */
  accept(wire: Wire, onAdmitted?: () => void): void {
    const { limits, clock, broker } = this.#options;
    if (this.#strangers.size >= limits.strangersMax || this.size >= limits.connectionsMax) {
      const stranger = this.#dispensableStranger();
      if (stranger === undefined) {
        wire.destroy();
        return;
      }
      this.#strangers.delete(stranger);
      stranger.abort('evicted');
    }
    const connection = new GuardedConnection({
      wire,
      clock,
      guardLimits: limits.guard,
      egressLimits: limits.egress,
      deadlines: limits.deadlines,
      budget: this.#budget,
      egressBudget: this.#egressBudget,
      schedule: this.#flushes.schedule,
      onAdmitted,
      onClosed: (closed, reason) => this.#closed(closed, reason),
    });
    this.#connections.add(connection);
    this.#strangers.add(connection);
    this.#sweeper ??= setInterval(() => this.#sweep(), SWEEP_INTERVAL_MS);
    broker.handle(connection);
  }

  /** Closes all with their last words; resolves when the last one is gone. */
  async close(): Promise<void> {
    for (const connection of this.#connections) connection.close('shutdown');
    if (this.size > 0) {
      await new Promise<void>((resolve) => {
        this.#whenEmpty = resolve;
      });
    }
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }

  /** Not one that waits for its password to be checked: how many of those there are is bounded there. */
  #dispensableStranger(): GuardedConnection | undefined {
    for (const stranger of this.#strangers) {
      if (stranger.connectPacket === undefined || !stranger.isOpen) return stranger;
    }
    return undefined;
  }

  #closed(connection: GuardedConnection, reason: CloseReason): void {
    this.#connections.delete(connection);
    this.#strangers.delete(connection);
    this.#options.onClosed(connection, reason);
    if (this.size === 0) this.#whenEmpty?.();
  }

  #sweep(): void {
    const nowMs = this.#options.clock.monotonicMs();
    for (const connection of this.#connections) connection.sweep(nowMs);
  }
}
