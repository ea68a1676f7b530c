/** A user of this machine: what it may do with a file, by /etc/passwd and /etc/group. */
export interface Account {
  name: string;
  uid: number;
  gids: readonly number[];
}

export interface Owned {
  uid: number;
  gid: number;
  /** Permission bits. */
  mode: number;
}

export interface AccountFiles {
  passwd: string;
  group: string;
}

/** The account of a number or a name; of a number without a name it knows no more than that. */
export function accountOf(who: number | string, files: AccountFiles): Account | undefined {
  const at = typeof who === 'number' ? 2 : 0;
  const fields = rowsOf(files.passwd).find((row) => row[at] === String(who));
  if (fields === undefined) {
    return typeof who === 'number' ? { name: String(who), uid: who, gids: [] } : undefined;
  }
  const [name = '', , uid, gid] = fields;
  const others = rowsOf(files.group)
    .filter((row) => (row[3] ?? '').split(',').includes(name))
    .map((row) => Number(row[2]));
  return { name, uid: Number(uid), gids: [Number(gid), ...others] };
}

export function groupName(gid: number, { group }: AccountFiles): string {
  return rowsOf(group).find((row) => row[2] === String(gid))?.[0] ?? String(gid);
}

export const READ = 0o4;
export const WRITE = 0o2;

/** Whether it may do all of `bits` (READ, WRITE) with what is owned so; root may everything. */
export function may({ uid, gids }: Account, bits: number, owned: Owned): boolean {
  if (uid === 0) return true;
  const shift = owned.uid === uid ? 6 : gids.includes(owned.gid) ? 3 : 0;
  return ((owned.mode >> shift) & bits) === bits;
}

const rowsOf = (text: string): string[][] => text.split('\n').map((line) => line.trim().split(':'));
