/** The figures of headquarters for Prometheus. Names are a contract: added, never renamed. */
import { Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import type { Ingest } from '../ingest/ingest.ts';

export type HqFigures = {
  ingest: Ingest;
  connections: () => number;
  alarms: () => readonly { code: string }[];
  conflicts: () => { open: number; decided: number };
  /** Entries kept of all logs, and how many logs. */
  custody: () => Promise<{ entries: number; logs: number }>;
};

type GaugeSpec = { help: string; value: (figures: HqFigures) => number | Promise<number> };

const GAUGES: Readonly<Record<string, GaugeSpec>> = {
  tillgate_hq_entries_kept: {
    help: 'Entries made durable since the start',
    value: ({ ingest }) => ingest.entriesKept,
  },
  tillgate_hq_queued_bytes: {
    help: 'Bytes of messages that wait to be made durable',
    value: ({ ingest }) => ingest.queuedBytes,
  },
  tillgate_hq_connections: {
    help: 'Open connections of the embedded broker',
    value: ({ connections }) => connections(),
  },
  tillgate_hq_conflicts_open: {
    help: 'Conflicts that wait for a person',
    value: ({ conflicts }) => conflicts().open,
  },
  tillgate_hq_conflicts_decided: {
    help: 'Conflicts that a rule or a person decided',
    value: ({ conflicts }) => conflicts().decided,
  },
  tillgate_hq_custody_entries: {
    help: 'Entries in custody',
    value: async ({ custody }) => (await custody()).entries,
  },
  tillgate_hq_custody_logs: {
    help: 'Logs in custody',
    value: async ({ custody }) => (await custody()).logs,
  },
};

export function hqMetrics(figures: HqFigures): Registry {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  for (const [name, { help, value }] of Object.entries(GAUGES)) {
    new Gauge({
      ...{ name, help, registers },
      async collect() {
        this.set(await value(figures));
      },
    });
  }
  new Gauge({
    name: 'tillgate_hq_refusals_total',
    help: 'Messages refused since the start',
    labelNames: ['reason'],
    registers,
    collect() {
      for (const [reason, count] of figures.ingest.refusals.counts()) this.set({ reason }, count);
    },
  });
  new Gauge({
    name: 'tillgate_hq_alarms',
    help: 'Alarms that nobody has cleared yet',
    labelNames: ['code'],
    registers,
    collect() {
      this.reset();
      for (const { code } of figures.alarms()) this.inc({ code });
    },
  });
  return registry;
}
