/** The figures of headquarters for Prometheus. Names are a contract: added, never renamed. */
import { Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import type { Ingest } from '../ingest/ingest.ts';

export type HqFigures = {
  ingest: Ingest;
  connections: () => number;
  /** Entries kept of all logs, and how many logs. */
  custody: () => Promise<{ entries: number; logs: number }>;
};

export function hqMetrics(figures: HqFigures): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  new Gauge({
    name: 'tillgate_hq_entries_kept',
    help: 'Entries made durable since the start',
    registers,
    collect() {
      this.set(figures.ingest.entriesKept);
    },
  });
  new Gauge({
    name: 'tillgate_hq_queued_bytes',
    help: 'Bytes of messages that wait to be made durable',
    registers,
    collect() {
      this.set(figures.ingest.queuedBytes);
    },
  });
  new Gauge({
    name: 'tillgate_hq_connections',
    help: 'Open connections of the embedded broker',
    registers,
    collect() {
      this.set(figures.connections());
    },
  });
  new Gauge({
    name: 'tillgate_hq_custody_entries',
    help: 'Entries in custody',
    registers,
    async collect() {
      this.set((await figures.custody()).entries);
    },
  });
  new Gauge({
    name: 'tillgate_hq_custody_logs',
    help: 'Logs in custody',
    registers,
    async collect() {
      this.set((await figures.custody()).logs);
    },
  });
  new Gauge({
    name: 'tillgate_hq_refusals_total',
    help: 'Messages refused since the start',
    labelNames: ['reason'],
    registers,
    collect() {
      for (const [reason, count] of figures.ingest.refusals.counts()) this.set({ reason }, count);
    },
  });
  return registry;
}
