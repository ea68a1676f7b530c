// Compiles the native part of the optional package nfc-pcsc for the Node of node_modules, where it
// was compiled for another or not at all: `npm ci` takes the Node that runs npm, and the tests run on
// the one in node_modules. Its headers come with the package of its binary. Does nothing where the
// package loads already. Needs a C++ compiler and libpcsclite-dev.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const node = join(root, 'node_modules/node/bin/node');

function loads() {
  const words = ['-e', "require('nfc-pcsc')"];
  return spawnSync(node, words, { cwd: root, stdio: 'ignore' }).status === 0;
}

function build(nodeFolder) {
  const words = ['rebuild', '@pokusew/pcsclite', `--nodedir=${nodeFolder}`];
  execFileSync('npm', words, { cwd: root, stdio: 'inherit' });
}

if (!existsSync(node) || loads()) process.exit(0);
const version = execFileSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim();
const name = `node-${process.platform}-${process.arch}`;
const folder = mkdtempSync(join(tmpdir(), 'tillgate-headers-'));
try {
  const words = ['install', '--no-save', '--ignore-scripts', '--prefix', folder];
  execFileSync('npm', [...words, `${name}@${version}`], { cwd: folder, stdio: 'inherit' });
  build(join(folder, 'node_modules', name));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (!loads()) {
  console.error('nfc-pcsc still does not load: is libpcsclite-dev installed?');
  process.exitCode = 1;
}
