/** Whether the disk has room for the days that come, and keeps what it is told to keep. */
import { failed, ok, warning, type CheckFinding } from './check-finding.ts';
import type { Mount } from './mounts.ts';

export interface DiskReading {
  dataDir: string;
  freeBytes: number;
  /** Files that may still be made; null where the file system does not count them. */
  freeFiles: number | null;
  /** Null before the first sale, and where nobody can tell. */
  daysOfSales: number | null;
  /** What the running gateway says. */
  isFull: boolean;
  /** What is set aside for a full disk, and what should be; null before the first start. */
  reserve: { bytes: number; wantedBytes: number } | null;
}

/** Below it the gateway itself says that it is not healthy: a day of sales, with a margin. */
const FREE_BYTES_MIN = 128 * 1024 * 1024;
const FREE_FILES_MIN = 1_000;
const DAYS_LOW = 7;
const DAYS_CRITICAL = 1;

export function checkDisk(read: DiskReading): CheckFinding[] {
  const { dataDir, freeBytes, freeFiles, daysOfSales, isFull, reserve } = read;
  const details = { freeBytes, freeFiles, daysOfSales };
  const free = `${mebibytes(freeBytes)} MiB are free in ${dataDir}`;
  if (isFull) {
    return [
      failed('disk', 'LEDGER_DISK_FULL', { message: `Sales are put off: ${free}.`, details }),
    ];
  }
  if (freeBytes < FREE_BYTES_MIN || (freeFiles !== null && freeFiles < FREE_FILES_MIN)) {
    const files = freeFiles === null ? '' : `, and ${freeFiles} more files fit`;
    const message = `Only ${free}${files}.`;
    return [failed('disk', 'DISK_SPACE_CRITICAL', { message, details })];
  }
  const days = daysOfSales === null ? '' : `, ${daysText(daysOfSales)} of sales`;
  if (daysOfSales !== null && daysOfSales < DAYS_LOW) {
    const code = daysOfSales < DAYS_CRITICAL ? 'DISK_SPACE_CRITICAL' : 'DISK_SPACE_LOW';
    const say = daysOfSales < DAYS_CRITICAL ? failed : warning;
    return [say('disk', code, { message: `${free}${days}.`, details })];
  }
  if (reserve !== null && reserve.bytes < reserve.wantedBytes) {
    const message = `The ${mebibytes(reserve.wantedBytes)} MiB set aside for a full disk are not there: it was full. ${free}.`;
    const hint = 'restart the gateway when there is room; it sets them aside again';
    return [warning('disk', 'DISK_SPACE_LOW', { message, hint, details })];
  }
  return [ok('disk', `${free}${days}`, details)];
}

const NETWORK =
  /^(nfs\d?|cifs|smb\d?|smbfs|9p|ceph|glusterfs|afs|lustre|ocfs2|fuse\.(sshfs|glusterfs|rclone|s3fs|davfs.*|virtiofs))$/;
const MEMORY = /^(tmpfs|ramfs|devtmpfs)$/;
const LAYERS = /^(overlay|aufs|unionfs|fuse\.(mergerfs|unionfs.*|overlayfs|fuse-overlayfs))$/;
/** Words that take the meaning out of fsync. */
const NO_BARRIERS = /^(nobarrier|barrier=0|nofsync|volatile)$/;

/** `mount` is undefined where this machine does not tell. */
export function checkFileSystem(mount: Mount | undefined): CheckFinding[] {
  if (mount === undefined) return [ok('fileSystem', 'this machine does not tell which')];
  const { folder, type, options } = mount;
  const details = { type, mountedAt: folder, options: [...options] };
  if (options.includes('ro')) {
    const message = `The data lies on ${folder} (${type}), which may only be read.`;
    return [failed('fileSystem', 'DISK_READ_ONLY', { message, details })];
  }
  const why = reasonAgainst(mount);
  if (why === undefined) return [ok('fileSystem', `${type} at ${folder}`, details)];
  const message = `The data lies on ${folder} (${type}): ${why}.`;
  return [warning('fileSystem', 'DISK_UNFIT', { message, details })];
}

function reasonAgainst({ type, options }: Mount): string | undefined {
  if (MEMORY.test(type)) return 'it is memory, and all sales are gone with the power';
  if (NETWORK.test(type))
    return 'a network file system keeps neither fsync nor the locks of SQLite';
  if (LAYERS.test(type)) return 'it goes with its container';
  const bad = options.find((option) => NO_BARRIERS.test(option));
  return bad === undefined ? undefined : `with ${bad} the disk may lose what was synced`;
}

const mebibytes = (bytes: number): number => Math.floor(bytes / 1024 ** 2);

/** Above ten years the number says more about the estimate than about the disk. */
const daysText = (days: number): string => (days > 3_650 ? 'more than ten years' : `${days} days`);
