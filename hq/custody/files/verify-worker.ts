/** Verifies segments in a thread of its own, one after the other as they are handed out. */
import { parentPort, workerData } from 'node:worker_threads';
import { nodeFileSystem } from '../../../platform/durable/node-file-system.ts';
import { must } from '../../../protocol/must.ts';
import { CustodyLayout } from './layout.ts';
import { OpenFiles } from './open-files.ts';
import { verifySegment } from './verify-segment.ts';
import type { SegmentJob } from './verify-segment.ts';

const port = must(parentPort, 'this module runs as a worker');
const layout = new CustodyLayout(workerData as string);
const files = new OpenFiles(nodeFileSystem);

port.on('message', (job: SegmentJob) => {
  port.postMessage(verifySegment(layout, files, job));
});
