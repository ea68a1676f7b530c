/** The system's name of a failed call (`ENOENT`, `EACCES`, …), or undefined for any other error. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Nothing is wrong with the disk but that nothing more fits, for anybody or for this user. */
export function isDiskFull(error: unknown): boolean {
  const errno = errnoOf(error);
  return errno === 'ENOSPC' || errno === 'EDQUOT';
}

/** Nothing was written and nothing is lost: the disk is full, or mounted read-only for now. */
export function isFullOrReadOnly(error: unknown): boolean {
  return isDiskFull(error) || errnoOf(error) === 'EROFS';
}

/**
 * A medium that takes no writes now, for whatever reason outside this program: full, read-only,
 * failing, pulled out, or not ours. It may take them again.
 */
export function isUnwritable(error: unknown): boolean {
  return UNWRITABLE.has(errnoOf(error) ?? '');
}

const UNWRITABLE = new Set([
  ...['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EACCES', 'EPERM'],
  ...['ENOENT', 'ENOTDIR', 'ENODEV', 'ENXIO', 'ESTALE'],
]);
