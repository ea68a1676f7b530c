/** `run --home DIR`: the gateway as it is, with the fake printers of the tests as its only drivers. */
import { ReceiptJobs } from '../../daemon/peripherals/receipt-jobs.ts';
import { runGateway } from '../../daemon/main.ts';
import { openTransport } from '../../drivers/transport/open-transport.ts';
import { systemClock } from '../../platform/system-clock.ts';
import { TillgateError } from '../../protocol/errors.ts';
import { FAKE_DRAWER, FAKE_PRINTER } from './fake-printer.ts';

const stopping = new AbortController();
process.on('SIGTERM', () => stopping.abort());

await runGateway({
  home: process.argv.at(-1),
  clock: systemClock,
  signal: stopping.signal,
  pretty: false,
  environment: process.env,
  peripheralTools: (receipts) =>
    Promise.resolve({
      driverNamed: (id) => {
        const driver = [FAKE_PRINTER, FAKE_DRAWER].find((known) => known.id === id);
        if (driver === undefined) throw new TillgateError('DRIVER_UNKNOWN', id);
        return driver;
      },
      hardware: { open: openTransport, discover: () => Promise.resolve([]) },
      receipts: new ReceiptJobs(receipts),
    }),
});
process.exit(0);
