/**
 * When a process dies: at a random moment of its life, its start included, or at a named point of
 * its work. A named point is a system call on a certain file, counted from outside: strace delivers
 * SIGKILL as the call is entered, so that it is not carried out any more. The product has no switch
 * for any of this.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gatewayPaths, hqPaths } from '../../config/paths.ts';
import { findTool } from '../support/need-tool.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import type { Wrapping } from '../support/chain-processes.ts';

export interface Fate {
  name: string;
  wrapping: Wrapping;
  /** Counted from its start, or from when it is open. */
  from: 'start' | 'open';
  /** Killed from here when nothing else killed it before. */
  killAfterMs: number;
  /** Or earlier, when the tills heard so many answers: that counts work, however fast the machine. */
  answersMax: number;
}

interface Point {
  name: string;
  calls: readonly string[];
  /** Only calls on these; none means all. */
  files: (home: string) => readonly string[];
  /** It dies at a call of the first so many of a thread, at an early one more often than not. */
  callsMax: number;
}

const WRITES = ['write', 'pwrite64', 'writev', 'pwritev'];
const anywhere = (): readonly string[] => [];

const GATEWAY_POINTS: readonly Point[] = [
  {
    name: 'before a commit is synced',
    calls: ['fdatasync', 'fsync'],
    files: (home) => [`${gatewayPaths(home).ledgerFile}-wal`],
    callsMax: 60,
  },
  {
    name: 'in the middle of a commit',
    calls: ['pwrite64'],
    files: (home) => [`${gatewayPaths(home).ledgerFile}-wal`],
    callsMax: 400,
  },
  {
    name: 'committed, before PUBACK and answer',
    calls: ['write', 'writev'],
    files: anywhere,
    callsMax: 500,
  },
  {
    name: 'between commit and signed-head',
    calls: ['rename', 'fsync', 'write', 'pwrite64'],
    files: (home) => {
      const { signedHeadFile } = gatewayPaths(home);
      return [signedHeadFile, `${signedHeadFile}.new`];
    },
    callsMax: 40,
  },
  {
    name: 'while the write-ahead log is copied',
    calls: ['pwrite64', 'fdatasync', 'fsync', 'ftruncate'],
    files: (home) => [gatewayPaths(home).ledgerFile],
    callsMax: 40,
  },
  {
    name: 'in a registry',
    calls: ['rename', 'fsync', 'write', 'pwrite64'],
    files: (home) => {
      const { registryFile, configFile } = gatewayPaths(home);
      return [registryFile, configFile].flatMap((file) => [file, `${file}.new`]);
    },
    callsMax: 4,
  },
];

const HQ_POINTS: readonly Point[] = [
  {
    name: 'custody between write and fsync',
    calls: ['fdatasync', 'fsync'],
    files: segments,
    callsMax: 30,
  },
  { name: 'in a write of custody', calls: WRITES, files: segments, callsMax: 30 },
  {
    name: 'custody kept, before its watermark',
    calls: WRITES,
    files: (home) => [join(hqPaths(home).custodyDir, 'watermark')],
    callsMax: 30,
  },
  {
    name: 'before a head leaves',
    calls: ['write', 'writev'],
    files: anywhere,
    callsMax: 200,
  },
  { name: 'in the middle of a batch or blob', calls: ['read'], files: anywhere, callsMax: 1_500 },
  { name: 'in projection', calls: WRITES, files: projectionFiles, callsMax: 200 },
];

export const AT_RANDOM = 'at a random moment';

const RANDOM_SHARE = 0.45;
/** Of the random ones: some die while they start, most after a while of work. */
const START_SHARE = 0.2;
const START_MS = 400;
/** A point that was not reached by then will not be. */
const LIFE_MS_MAX = 2_500;
/** A second of sales, on a quiet machine. */
const ANSWERS_MAX = 250;

export const hasStrace = findTool('strace') !== undefined;

export const gatewayFate = (home: string, random: SeededRandom): Fate =>
  fate(GATEWAY_POINTS, home, random);

export const hqFate = (home: string, random: SeededRandom): Fate => fate(HQ_POINTS, home, random);

function fate(points: readonly Point[], home: string, random: SeededRandom): Fate {
  const answersMax = 1 + random.below(ANSWERS_MAX);
  if (!hasStrace || random.chance(RANDOM_SHARE)) {
    if (random.chance(START_SHARE)) {
      const killAfterMs = random.below(START_MS);
      return { name: 'while it starts', wrapping: {}, from: 'start', killAfterMs, answersMax };
    }
    const killAfterMs = random.below(LIFE_MS_MAX);
    return { name: AT_RANDOM, wrapping: {}, from: 'open', killAfterMs, answersMax };
  }
  const { name, calls, files, callsMax } = random.pick(points);
  const paths = files(home).flatMap((path) => ['-P', path]);
  const when = `signal=SIGKILL:when=${1 + Math.floor(callsMax * random.next() ** 3)}`;
  const filter = ['-e', `trace=${calls.join(',')}`, '-e', `inject=${calls.join(',')}:${when}`];
  // -D: the tracer is a grandchild, so that the process itself is ours to signal and to wait for.
  const before = ['strace', '-D', '-f', '-qq', '-o', '/dev/null', ...paths, ...filter];
  return {
    ...{ name, wrapping: { before }, from: 'open' },
    ...{ killAfterMs: LIFE_MS_MAX, answersMax: Number.MAX_SAFE_INTEGER },
  };
}

function segments(home: string): string[] {
  return filesUnder(join(hqPaths(home).custodyDir, 'segments'));
}

/** The embedded database's own journal and the relations it grows most. */
function projectionFiles(home: string): string[] {
  const { projectionDir } = hqPaths(home);
  return filesUnder(join(projectionDir, 'pg_wal'));
}

/** Those that are there; a process that begins without any has nothing to die in. */
function filesUnder(folder: string): string[] {
  if (!existsSync(folder)) return [join(folder, 'none')];
  return readdirSync(folder, { withFileTypes: true })
    .filter((item) => item.isFile())
    .map((item) => join(folder, item.name));
}
