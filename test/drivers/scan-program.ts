/** A process that scans: prints `peripheral scan` of the tree below its argument as one line of JSON. */
import { join } from 'node:path';
import { scanPeripherals } from '../../drivers/discovery/scan.ts';

const root = process.argv[2] ?? '/';
const roots = {
  sys: join(root, 'sys'),
  dev: join(root, 'dev'),
  proc: join(root, 'proc'),
  etc: join(root, 'etc'),
};
const scan = await scanPeripherals({ roots, listReaders: () => Promise.resolve([]) });
process.stdout.write(JSON.stringify(scan));
