/** Answers the control socket of the running daemon with its table of verbs. */
import { serveControl } from '../../platform/control/control-server.ts';
import type { ControlServer } from '../../platform/control/control-server.ts';
import type { Log } from '../../platform/logging.ts';
import { dispatch } from './verbs.ts';
import type { VerbTable } from './verbs.ts';

export function startControlServer(options: {
  /** Where the socket should be. */
  path: string;
  verbs: VerbTable;
  log: Log;
}): Promise<ControlServer> {
  const { path, verbs, log } = options;
  return serveControl({ path, log, run: (verb, params) => dispatch(verbs, verb, params) });
}
