/** Asks the running headquarters over its JSON API. */
import type { HqPaths } from '../../config/paths.ts';
import { TillgateError } from '../../protocol/errors.ts';
import { readAddresses } from './hq-addresses.ts';

/** Totals wait for the projection to catch up, and the embedded database takes seconds to start. */
const ANSWER_MS_MAX = 60_000;

/** The answer to GET `path`; `undefined` when no headquarters of this home runs. */
export async function askHq(paths: HqPaths, path: string): Promise<unknown> {
  const addresses = readAddresses(paths);
  if (addresses === undefined) return undefined;
  const { host, port } = addresses.http;
  const shown = host.includes(':') ? `[${host}]` : host;
  let response: Response;
  try {
    response = await fetch(`http://${shown}:${port}${path}`, {
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    });
  } catch (error) {
    // Nobody listens there any more: the file is left over from a process that was killed.
    if (error instanceof TypeError) return undefined;
    throw new TillgateError('HQ_NO_ANSWER', 'Headquarters runs but does not answer.', {
      retryable: true,
      cause: error,
    });
  }
  const body: unknown = await response.json();
  if (response.ok) return body;
  const message = (body as { message?: unknown }).message;
  throw new TillgateError(
    'HQ_NO_ANSWER',
    `Headquarters answered ${response.status}${typeof message === 'string' ? `: ${message}` : ''}`,
    { retryable: true },
  );
}
