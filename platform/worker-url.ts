/**
 * Where a worker thread's module lies: beside its caller, with the caller's own extension, so that
 * the same line works for the TypeScript sources and for the compiled package.
 */

/** `workerUrl(import.meta.url, './ledger-worker')` → the `.ts` or `.js` file of that name. */
export function workerUrl(callerUrl: string, relativeName: string): URL {
  const extension = callerUrl.endsWith('.ts') ? '.ts' : '.js';
  return new URL(relativeName + extension, callerUrl);
}
