/**
 * Durable accept: QoS 1 publish of a 1 KiB sale → parsed, hashed, in the log, fsynced → PUBACK and
 * result, 50 tills with 20 in flight each, against a real gateway process. The baseline of the same
 * run is the same aedes that only acknowledges.
 *
 *   node bench/accept.ts [--tills 50] [--in-flight 20] [--sales 1000] [--folder DIR] [--stock] [--json]
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { numberOption, wantedRate } from './figures.ts';
import { startGateway } from './gateway-with-tills.ts';
import type { LoadReport } from './load-generator.ts';
import { percentile, runLoad } from './run-load.ts';

const WANTED_PER_SECOND = 5_000;
const WANTED_RATIO = 0.2;

const tillCount = numberOption('tills', 50);
const inFlight = numberOption('in-flight', 20);
const salesPerTill = numberOption('sales', 1_000);

const rate = ({ completed, seconds }: LoadReport): number => completed / seconds;

async function baseline(): Promise<LoadReport> {
  const broker = fork(fileURLToPath(new URL('./plain-broker.ts', import.meta.url)));
  const [port] = (await once(broker, 'message')) as [number];
  const tills = Array.from({ length: tillCount }, (_, at) => ({ deviceId: `till-${at}` }));
  const order = { host: '127.0.0.1', port, tills, salesPerTill, inFlight, expectResults: false };
  const report = await runLoad(order);
  broker.disconnect();
  return report;
}

async function durable(): Promise<{ report: LoadReport; cpuSeconds: number }> {
  const gateway = await startGateway(tillCount);
  const { host, port, tills } = gateway;
  const order = { host, port, tills, inFlight, expectResults: true };
  // The first thousands run on cold code, as the baseline's do not: aedes is small.
  await runLoad({ ...order, salesPerTill: Math.ceil(salesPerTill / 4) });
  let cpu = 0;
  const report = await runLoad({ ...order, salesPerTill }, () => {
    cpu = gateway.cpuSeconds();
  });
  const cpuSeconds = gateway.cpuSeconds() - cpu;
  await gateway.stop();
  return { report, cpuSeconds };
}

const before = await baseline();
const { report, cpuSeconds } = await durable();
const after = await baseline();
const acknowledged = (rate(before) + rate(after)) / 2;
const accepted = rate(report);
const figures = {
  acceptedPerSecond: Math.round(accepted),
  acknowledgedOnlyPerSecond: Math.round(acknowledged),
  ratio: Number((accepted / acknowledged).toFixed(3)),
  sales: report.completed,
  accepted: report.accepted,
  p50Ms: Number(percentile(report.latenciesMs, 0.5).toFixed(2)),
  p99Ms: Number(percentile(report.latenciesMs, 0.99).toFixed(2)),
  gatewayCpuMicrosecondsPerSale: Math.round((cpuSeconds * 1e6) / report.completed),
  loadCpuMicrosecondsPerSale: Math.round((report.cpuSeconds * 1e6) / report.completed),
};
if (process.argv.includes('--json')) {
  console.log(JSON.stringify(figures));
} else {
  console.log(`${tillCount} tills, ${inFlight} in flight each, 1 KiB sales`);
  console.log(
    `durable accept     ${figures.acceptedPerSecond}/s ${wantedRate(accepted, WANTED_PER_SECOND)}, ` +
      `p50 ${figures.p50Ms} ms, p99 ${figures.p99Ms} ms`,
  );
  console.log(`acknowledge only   ${figures.acknowledgedOnlyPerSecond}/s (before and after, mean)`);
  console.log(`ratio              ${figures.ratio} ${wantedRate(figures.ratio, WANTED_RATIO)}`);
  console.log(
    `CPU a sale         gateway ${figures.gatewayCpuMicrosecondsPerSale} µs, ` +
      `load ${figures.loadCpuMicrosecondsPerSale} µs`,
  );
}
if (report.accepted !== report.completed) {
  console.error(`only ${report.accepted} of ${report.completed} were accepted`);
  process.exitCode = 1;
}
