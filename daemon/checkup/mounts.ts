/** What a folder lies on, out of /proc/self/mountinfo (proc(5)). */
export interface Mount {
  folder: string;
  /** `ext4`, `nfs4`, `overlay` … */
  type: string;
  source: string;
  /** Of the mount and of the file system, as `rw`, `noatime`, `barrier=0`. */
  options: readonly string[];
}

/** The mount that `path` (absolute, without links) lies on; undefined where none can be read. */
export function mountOf(path: string, mountinfo: string): Mount | undefined {
  let found: Mount | undefined;
  for (const line of mountinfo.split('\n')) {
    const mount = parseMount(line);
    if (mount === undefined || !isBelow(path, mount.folder)) continue;
    // A later mount on the same folder covers the earlier one.
    if (found === undefined || mount.folder.length >= found.folder.length) found = mount;
  }
  return found;
}

/** `36 35 98:0 /root /folder rw,noatime shared:1 - ext4 /dev/sda1 rw` */
function parseMount(line: string): Mount | undefined {
  const [before = '', after] = line.split(' - ');
  const folder = before.split(' ')[4];
  const own = before.split(' ')[5];
  if (after === undefined || folder === undefined || own === undefined) return undefined;
  const [type = '', source = '', its = ''] = after.split(' ');
  const options = [...own.split(','), ...its.split(',')];
  return { folder: unescaped(folder), type, source: unescaped(source), options };
}

/** Spaces and the like stand there as `\040`. */
const unescaped = (text: string): string =>
  text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));

const isBelow = (path: string, folder: string): boolean =>
  folder === '/' || path === folder || path.startsWith(`${folder}/`);
