/**
 * The thread that ends pcsc-process.ts where it cannot end itself: its event loop stands still in
 * native code, or its parent is gone. It shares nothing with that event loop but a number.
 */
import { workerData } from 'node:worker_threads';

const { beats, parent } = workerData as { beats: SharedArrayBuffer; parent: number };
const count = new Int32Array(beats);

const LOOK_EVERY_MS = 1_000;
/** A loaded box may keep a process waiting for seconds; the native circle never ends. */
const STILL_LOOKS_MAX = 10;

let last = -1;
let stillLooks = 0;

setInterval(() => {
  const now = Atomics.load(count, 0);
  stillLooks = now === last ? stillLooks + 1 : 0;
  last = now;
  if (stillLooks > STILL_LOOKS_MAX || process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
}, LOOK_EVERY_MS);
