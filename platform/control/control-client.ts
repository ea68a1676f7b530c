/** Asks a running process over its control socket: one connection, one question at a time. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { errnoOf } from '../durable/errno.ts';
import { TillgateError } from '../../protocol/errors.ts';
import { errorOf, findSocketPath } from './control-socket.ts';
import type { ControlAnswer } from './control-socket.ts';

export interface ControlClient {
  call: (verb: string, params: object) => Promise<unknown>;
  close: () => void;
}

/** The slowest answer waits for the ledger's queue; a daemon silent for longer is stuck. */
const ANSWER_MS_MAX = 30_000;

/** Connects, or gives undefined where no daemon listens. */
export async function connectControl(
  path: string,
  answerMsMax = ANSWER_MS_MAX,
): Promise<ControlClient | undefined> {
  const socket = await open(findSocketPath(path), answerMsMax);
  if (socket === undefined) return undefined;
  const reader = createInterface({ input: socket });
  // One that was given up says no end by itself, and whoever waits for a line would wait for ever.
  socket.once('close', () => reader.close());
  const lines = reader[Symbol.asyncIterator]();
  let nextId = 1;
  const call = async (verb: string, params: object): Promise<unknown> => {
    const id = nextId;
    nextId += 1;
    socket.write(`${JSON.stringify({ id, verb, params })}\n`);
    const line = await lines.next();
    if (line.done === true) {
      throw new TillgateError('CONTROL_TIMEOUT', `The daemon gave no answer to ${verb}.`, {
        retryable: true,
      });
    }
    const answer = JSON.parse(line.value) as ControlAnswer;
    if (!answer.ok) throw errorOf(answer.error);
    return answer.result;
  };
  return { call, close: () => socket.destroy() };
}

/**
 * The errors that mean: nobody is there. EINVAL is said of a path that is too long for a socket, so
 * a daemon would have noted another one.
 */
const NOBODY = new Set(['ENOENT', 'ECONNREFUSED', 'ENOTDIR', 'EINVAL']);

function open(path: string, answerMsMax: number): Promise<Socket | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.setTimeout(answerMsMax, () => socket.destroy());
    socket.once('connect', () => resolve(socket));
    socket.on('error', (error) => {
      if (NOBODY.has(errnoOf(error) ?? '')) resolve(undefined);
      else reject(error);
    });
  });
}
