/** What a machine needs for its disks to be taken away: root, loop devices, and some programs. */
import { accessSync, constants } from 'node:fs';
import { findTool } from '../support/need-tool.ts';

const TOOLS: Readonly<Record<string, string>> = {
  'mkfs.xfs': 'xfsprogs',
  'mkfs.ext4': 'e2fsprogs',
  fusermount3: 'fuse3',
  gcc: 'gcc and libc6-dev',
  'pkg-config': 'pkg-config and libfuse3-dev',
};
const DEVICES = ['/dev/loop-control', '/dev/fuse'];

/** In words; empty where cuts can be made. */
export function missingForCuts(): string[] {
  const missing = Object.entries(TOOLS)
    .filter(([tool]) => findTool(tool) === undefined)
    .map(([tool, debian]) => `${tool} (Debian: ${debian})`);
  if (process.getuid?.() !== 0) missing.push('root');
  return [...missing, ...DEVICES.filter((path) => !isUsable(path))];
}

function isUsable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    // Absent, as in most containers, or not permitted.
    return false;
  }
}
