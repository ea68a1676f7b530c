#!/usr/bin/env node
// Starts the command line: compiled files in a package and in a clone that was just built, the
// TypeScript sources in a clone that changed since.
// Plain JavaScript that any Node reads, because it has to say so when the Node at hand is too old;
// where a fitting Node was installed beside it (the npm package `node`), it goes on with that one.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { entryOf } from './compiled-files.js';

const NODE_MAJOR_MIN = 24;
const EXIT_CONFIG = 78;

const fileBeside = (path) => fileURLToPath(new URL(path, import.meta.url));
const entry = entryOf(fileBeside('..'));

if (Number(process.versions.node.split('.')[0]) >= NODE_MAJOR_MIN) {
  await import(entry);
} else {
  startWithInstalledNode();
}

function startWithInstalledNode() {
  const node = fileBeside('../node_modules/node/bin/node');
  if (!existsSync(node)) {
    process.stderr.write(
      `Error: Tillgate needs Node ${NODE_MAJOR_MIN} or newer; this is ${process.version}.\n` +
        'Try: install Node 24, or run it with npx in a clone after npm ci\n',
    );
    process.exit(EXIT_CONFIG);
  }
  const child = spawn(node, [entry, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exit(code ?? 128 + (constants.signals[signal] ?? 0));
  });
}
