/**
 * The figures of a gateway for Prometheus. Names are a contract: they are added, never renamed.
 * Counters are fed as things happen; gauges are read when somebody scrapes.
 */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { SubmissionOutcome } from '../intake/submission-item.ts';

export interface GaugeReadings {
  waitingItems: number;
  waitingBytes: number;
  inFlightItems: number;
  walBytes: number;
  diskFreeBytes: number;
  logEntries: number;
  /** Entries that HQ holds. */
  uplinkHead: number;
  entriesOnlyHere: number;
  uplinkConnected: boolean;
  connections: number;
  /** What the broker keeps for sessions. */
  queued: { messages: number; bytes: number };
  /** By reason, since the start. */
  brokerRefusals: ReadonlyMap<string, number>;
  /** How many stand, by code. */
  alarms: ReadonlyMap<string, number>;
  uplinkRefusals: Readonly<Record<string, number>>;
  /** Entries about conflicts. */
  conflicts: number;
}

/** From a cached answer to a disk that struggles, in seconds. */
const LATENCY_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
/** One sale a commit at a quiet till, hundreds in a rush. */
const COMMIT_ENTRIES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000];

interface GaugeSpec {
  help: string;
  value: (now: GaugeReadings) => number;
}

const GAUGES: Readonly<Record<string, GaugeSpec>> = {
  tillgate_ledger_waiting_items: {
    help: 'Submissions that wait for the ledger',
    value: (now) => now.waitingItems,
  },
  tillgate_ledger_waiting_bytes: { help: 'Bytes of those', value: (now) => now.waitingBytes },
  tillgate_ledger_in_flight_items: {
    help: 'Submissions handed over and not answered',
    value: (now) => now.inFlightItems,
  },
  tillgate_ledger_wal_bytes: {
    help: 'Size of the write-ahead log',
    value: (now) => now.walBytes,
  },
  tillgate_disk_free_bytes: {
    help: 'Free space where the ledger lies',
    value: (now) => now.diskFreeBytes,
  },
  tillgate_log_entries: {
    help: 'Committed entries of the newest log',
    value: (now) => now.logEntries,
  },
  tillgate_uplink_head_entries: {
    help: 'Entries that headquarters holds durably',
    value: (now) => now.uplinkHead,
  },
  tillgate_entries_only_here: {
    help: 'Entries that exist on this machine only',
    value: (now) => now.entriesOnlyHere,
  },
  tillgate_conflict_entries: {
    help: 'Entries about conflicts in all logs of this gateway',
    value: (now) => now.conflicts,
  },
  tillgate_uplink_connected: {
    help: '1 while connected to headquarters',
    value: (now) => Number(now.uplinkConnected),
  },
  tillgate_mqtt_connections: {
    help: 'Open connections of devices',
    value: (now) => now.connections,
  },
  tillgate_mqtt_queued_messages: {
    help: 'Messages that wait for kept sessions',
    value: (now) => now.queued.messages,
  },
  tillgate_mqtt_queued_bytes: { help: 'Bytes of those', value: (now) => now.queued.bytes },
};

export class GatewayMetrics {
  readonly registry = new Registry();
  readonly #submissions = new Counter({
    name: 'tillgate_submissions_total',
    help: 'Submissions by what became of them; duplicate is true where an earlier answer was given again',
    labelNames: ['outcome', 'duplicate'],
    registers: [this.registry],
  });
  readonly #latency = new Histogram({
    name: 'tillgate_accept_seconds',
    help: 'Time from the last byte of a submission to its durable answer',
    buckets: LATENCY_SECONDS,
    registers: [this.registry],
  });
  readonly #commits = new Histogram({
    name: 'tillgate_ledger_commit_entries',
    help: 'Entries that one commit of the ledger made durable',
    buckets: COMMIT_ENTRIES,
    registers: [this.registry],
  });

  constructor(read: () => GaugeReadings) {
    collectDefaultMetrics({ register: this.registry });
    this.#gauges(read);
    this.#refusals(read);
    this.#alarms(read);
  }

  /** A submission was answered, or will not be; `seconds` since it was received. */
  submission(outcome: SubmissionOutcome, seconds: number): void {
    if (outcome.kind !== 'answered') {
      this.#submissions.inc({ outcome: outcome.kind, duplicate: 'false' });
      return;
    }
    const { outcome: answer, duplicate } = outcome.answer;
    this.#submissions.inc({ outcome: answer, duplicate: String(duplicate) });
    this.#latency.observe(seconds);
  }

  committed(entries: number): void {
    this.#commits.observe(entries);
  }

  #gauges(read: () => GaugeReadings): void {
    for (const [name, { help, value }] of Object.entries(GAUGES)) {
      new Gauge({
        name,
        help,
        registers: [this.registry],
        collect() {
          this.set(value(read()));
        },
      });
    }
  }

  #alarms(read: () => GaugeReadings): void {
    new Gauge({
      name: 'tillgate_alarms',
      help: 'Alarms that nobody cleared, by code',
      labelNames: ['code'],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const [code, count] of read().alarms) this.set({ code }, count);
      },
    });
  }

  #refusals(read: () => GaugeReadings): void {
    const counter = (
      name: string,
      help: string,
      values: () => Iterable<[string, number]>,
    ): void => {
      new Counter({
        name,
        help,
        labelNames: ['reason'],
        registers: [this.registry],
        collect() {
          this.reset();
          for (const [reason, count] of values()) this.inc({ reason }, count);
        },
      });
    };
    counter(
      'tillgate_broker_refusals_total',
      'What the broker refused, by reason',
      () => read().brokerRefusals,
    );
    counter(
      'tillgate_uplink_refusals_total',
      'Messages refused between here and headquarters, by reason',
      () => Object.entries(read().uplinkRefusals),
    );
  }
}
