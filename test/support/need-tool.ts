/**
 * Some tests speak with programs that are not ours (mosquitto_pub, Paho, Go, PostgreSQL, systemd).
 * Where such a program is missing the test is skipped in plain sight, with the name of the Debian
 * package that brings it; with TILLGATE_TEST_FULL=1, as the CI sets it, the same is a failure, so
 * that a green run there has really spoken with all of them.
 */
import { execFileSync } from 'node:child_process';
import { accessSync, constants, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Test } from 'tap';

/** Which Debian package brings a tool, for the message of the skip. */
const PACKAGE_OF_TOOL: Readonly<Record<string, string>> = {
  mosquitto_pub: 'mosquitto-clients',
  mosquitto_sub: 'mosquitto-clients',
  mosquitto: 'mosquitto',
  go: 'golang-go and golang-golang-x-mod-dev',
  postgres: 'postgresql',
  python3: 'python3',
  openssl: 'openssl',
  'systemd-analyze': 'systemd',
  'systemd-nspawn': 'systemd-container',
  busybox: 'busybox',
  strace: 'strace',
  'mkfs.ext4': 'e2fsprogs',
  losetup: 'mount',
  setpriv: 'util-linux',
  eatmydata: 'eatmydata',
  faketime: 'faketime',
  gcc: 'gcc',
  'pkg-config': 'pkg-config',
  fusermount3: 'fuse3',
  unshare: 'util-linux',
  pcscd: 'pcscd and vsmartcard-vpcd',
  ip: 'iproute2',
  zbarimg: 'zbar-tools',
};

/** Debian keeps the PostgreSQL server outside PATH, one folder a major version. */
const POSTGRES_ROOT = '/usr/lib/postgresql';

/** True under TILLGATE_TEST_FULL=1, where a missing tool fails instead of being skipped. */
export const testsMustBeFull = process.env['TILLGATE_TEST_FULL'] === '1';

/** The absolute path of a program, searched on PATH, in the sbin folders and PostgreSQL's own. */
export function findTool(name: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  folders.push('/usr/sbin', '/sbin', '/usr/local/sbin', ...postgresFolders());
  for (const folder of folders) {
    if (folder === '') continue;
    const path = join(folder, name);
    if (isExecutable(path)) return path;
  }
  return undefined;
}

/**
 * True when the tool is there. Otherwise ends the test `t` as skipped (or failed, see above) and
 * returns false, so that the caller returns at once: `if (!needTool(t, 'mosquitto_pub')) return;`
 */
export function needTool(t: Test, name: string): boolean {
  return need(t, findTool(name) !== undefined, toolSentence(name));
}

/** The same for a Python module, such as `paho.mqtt.client`. */
export function needPythonModule(t: Test, module: string, debianPackage: string): boolean {
  if (!needTool(t, 'python3')) return false;
  return need(
    t,
    pythonWith(module) !== undefined,
    `Python module ${module} (Debian: ${debianPackage})`,
  );
}

/** The same for any other condition of the machine, such as being root. */
export function need(t: Test, present: boolean, what: string): boolean {
  if (present) return true;
  if (testsMustBeFull) {
    t.fail(`needed here: ${what}`);
    t.end();
  } else {
    t.plan(0, `needs ${what}`);
  }
  return false;
}

function toolSentence(name: string): string {
  const debianPackage = PACKAGE_OF_TOOL[name];
  return debianPackage === undefined ? name : `${name} (Debian: ${debianPackage})`;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // Any reason it cannot be executed (absent, not permitted) means the same to a test.
    return false;
  }
}

function postgresFolders(): string[] {
  try {
    const versions = readdirSync(POSTGRES_ROOT).sort((a, b) => Number(b) - Number(a));
    return versions.map((version) => join(POSTGRES_ROOT, version, 'bin'));
  } catch {
    // No PostgreSQL from Debian on this machine.
    return [];
  }
}

/**
 * The Python that has a module: the one on PATH, or Debian's own, which has the Debian packages
 * where a version manager stands first on PATH.
 */
export function pythonWith(module: string): string | undefined {
  return [findTool('python3'), '/usr/bin/python3'].find(
    (python) => python !== undefined && pythonHas(python, module),
  );
}

function pythonHas(python: string, module: string): boolean {
  try {
    execFileSync(python, ['-c', `import ${module}`], { stdio: 'ignore' });
    return true;
  } catch {
    // The import failed, or there is no such Python.
    return false;
  }
}
