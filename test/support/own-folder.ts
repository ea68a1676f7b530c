/**
 * A folder for a test that starts processes in it. It is removed when the test has ended everything
 * that it ends: what a library removes by itself goes first otherwise, under the feet of a gateway that
 * still writes.
 */
import type { Test } from 'tap';

export function ownFolder(t: Test, content?: Parameters<Test['testdir']>[0]): string {
  // Whoever says first what has to be done at the end is heard before the folder is removed.
  t.teardown(() => undefined);
  return t.testdir(content);
}
