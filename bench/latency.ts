/**
 * Accept latency as a store sees it: 20 tills with 5 sales a second each, from publish to result,
 * against what the disk itself needs in the same run: 4 KiB write and fdatasync, at the same pace.
 *
 *   node bench/latency.ts [--tills 20] [--seconds 20] [--folder DIR] [--json]
 */
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { numberOption } from './figures.ts';
import { startGateway } from './gateway-with-tills.ts';
import { percentile, runLoad } from './run-load.ts';

const WANTED_ABOVE_DISK_MS = 10;
const SALES_PER_SECOND = 5;
const WRITE_BYTES = 4_096;

const tillCount = numberOption('tills', 20);
const seconds = numberOption('seconds', 20);

/** Appends at the pace of the sales; milliseconds of each write with its fdatasync. */
async function diskAlone(folder: string): Promise<number[]> {
  const file = openSync(join(folder, 'disk-alone'), 'w');
  const block = Buffer.alloc(WRITE_BYTES, 1);
  const times: number[] = [];
  const count = tillCount * SALES_PER_SECOND * Math.ceil(seconds / 2);
  for (let at = 0; at < count; at += 1) {
    const started = performance.now();
    writeSync(file, block);
    fdatasyncSync(file);
    times.push(performance.now() - started);
    await delay(1_000 / (tillCount * SALES_PER_SECOND));
  }
  closeSync(file);
  return times;
}

const gateway = await startGateway(tillCount);
const { host, port, tills, folder } = gateway;
const everyMs = 1_000 / SALES_PER_SECOND;
const order = { host, port, tills, inFlight: 1, everyMs, expectResults: true };
await runLoad({ ...order, salesPerTill: 10 });
const before = await diskAlone(folder);
const report = await runLoad({ ...order, salesPerTill: SALES_PER_SECOND * seconds });
const disk = [...before, ...(await diskAlone(folder))];
await gateway.stop();

const figures = {
  sales: report.completed,
  p50Ms: Number(percentile(report.latenciesMs, 0.5).toFixed(2)),
  p99Ms: Number(percentile(report.latenciesMs, 0.99).toFixed(2)),
  diskP50Ms: Number(percentile(disk, 0.5).toFixed(2)),
  diskP99Ms: Number(percentile(disk, 0.99).toFixed(2)),
  aboveDiskMs: 0,
  ratio: 0,
};
figures.aboveDiskMs = Number((figures.p99Ms - figures.diskP99Ms).toFixed(2));
figures.ratio = Number((figures.p99Ms / figures.diskP99Ms).toFixed(2));
if (process.argv.includes('--json')) {
  console.log(JSON.stringify(figures));
} else {
  const verdict = figures.aboveDiskMs <= WANTED_ABOVE_DISK_MS ? 'reached' : 'MISSED';
  console.log(`${tillCount} tills, ${SALES_PER_SECOND} sales a second each, publish to result`);
  console.log(`accept             p50 ${figures.p50Ms} ms, p99 ${figures.p99Ms} ms`);
  console.log(`4 KiB + fdatasync  p50 ${figures.diskP50Ms} ms, p99 ${figures.diskP99Ms} ms`);
  console.log(
    `above the disk     ${figures.aboveDiskMs} ms at p99, ratio ${figures.ratio} ` +
      `(wanted: at most ${WANTED_ABOVE_DISK_MS} ms: ${verdict})`,
  );
}
