/** The figures of the peripherals for Prometheus, read when somebody scrapes; names are a contract. */
import { Counter, Gauge, type Registry } from 'prom-client';
import type { PeripheralState } from '../peripherals/peripheral-news.ts';
import type { PeripheralCounters } from '../peripherals/start-peripherals.ts';

export interface PeripheralReadings {
  counters(): PeripheralCounters;
  states(): readonly PeripheralState[];
}

const SUMS: readonly [string, string, (now: PeripheralCounters) => number][] = [
  ['tillgate_peripheral_connects_total', 'Sessions begun', (now) => now.reconnects],
  ['tillgate_peripheral_discarded_bytes_total', 'Bytes of no meaning', (now) => now.discardedBytes],
  ['tillgate_peripheral_events_dropped_total', 'Events above the rate', (now) => now.droppedEvents],
];

export function addPeripheralMetrics(registry: Registry, read: PeripheralReadings): void {
  const registers = [registry];
  new Counter({
    name: 'tillgate_peripheral_jobs_total',
    help: 'Answers to jobs of peripherals, by state',
    labelNames: ['state'],
    registers,
    collect() {
      this.reset();
      for (const [state, count] of Object.entries(read.counters().jobs)) this.inc({ state }, count);
    },
  });
  for (const [name, help, value] of SUMS) {
    new Counter({
      ...{ name, help, registers },
      collect() {
        this.reset();
        this.inc(value(read.counters()));
      },
    });
  }
  new Gauge({
    name: 'tillgate_peripheral_jobs_waiting',
    help: 'Jobs that wait or are being carried out',
    registers,
    collect() {
      this.set(read.counters().waitingJobs);
    },
  });
  new Gauge({
    name: 'tillgate_peripherals',
    help: 'Peripherals by state',
    labelNames: ['state'],
    registers,
    collect() {
      this.reset();
      for (const { state } of read.states()) this.inc({ state });
    },
  });
}
