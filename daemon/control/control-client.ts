/** Asks the running daemon over its control socket, with the types of its verbs. */
import { connectControl as connectTo } from '../../platform/control/control-client.ts';
import type { Call } from './verbs.ts';

export interface ControlClient {
  call: Call;
  close(): void;
}

/** Connects, or gives undefined where no daemon listens. */
export async function connectControl(
  path: string,
  answerMsMax?: number,
): Promise<ControlClient | undefined> {
  const client = await connectTo(path, answerMsMax);
  // The daemon of this release answers each verb as its type says.
  return client === undefined ? undefined : { call: client.call as Call, close: client.close };
}
