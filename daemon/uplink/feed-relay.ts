/**
 * Lets the feeds' thread use the uplink's connection to headquarters: what comes about feeds goes
 * there as it is, and what it sends goes out. The uplink itself sees none of it.
 */
import type { MessagePort } from 'node:worker_threads';
import { isFeedOrigin } from '../../protocol/feed/feed-origin.ts';
import { readHeader } from '../../protocol/replication/message-header.ts';
import type { MessageType } from '../../protocol/replication/messages.ts';
import type { ConnectToHq, HqConnection } from './hq-connection.ts';

/** To the feeds' thread. */
export type FromHq =
  | { type: 'opened'; origin: string; hqKeys: readonly string[] }
  | { type: 'lost' }
  | { type: 'message'; payload: Uint8Array };

/** From it. */
export type ToHq = { type: MessageType; payload: Uint8Array };

/** Opens connections as `connect` does, with the feeds on them too. */
export function withFeeds(connect: ConnectToHq, port: MessagePort): ConnectToHq {
  let current: HqConnection | undefined;
  const tell = (message: FromHq): void => port.postMessage(message);
  const lost = (): void => {
    if (current !== undefined) tell({ type: 'lost' });
    current = undefined;
  };
  port.on('message', ({ type, payload }: ToHq) => current?.send(type, payload));
  // The uplink decides how long its thread lives.
  port.unref();
  return (options) => {
    const connection = connect({
      ...options,
      onOpen: () => {
        current = connection;
        const { origin, hqKeys } = options.enrolment;
        options.onOpen();
        tell({ type: 'opened', origin, hqKeys });
      },
      onMessage: (payload) => {
        if (isAboutFeeds(payload)) tell({ type: 'message', payload });
        else options.onMessage(payload);
      },
      onEnd: (reason) => {
        lost();
        options.onEnd(reason);
      },
    });
    return {
      send: (type, payload) => connection.send(type, payload),
      close: () => {
        lost();
        connection.close();
      },
    };
  };
}

function isAboutFeeds(payload: Uint8Array): boolean {
  const header = readHeader(payload);
  const origin = header.ok ? header.members['origin'] : undefined;
  return typeof origin === 'string' && isFeedOrigin(origin);
}
