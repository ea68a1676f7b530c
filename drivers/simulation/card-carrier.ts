/**
 * A simulated card in the virtual reader of `vpcd`, a driver of the PC/SC daemon (Debian package
 * `vsmartcard-vpcd`): the card lies on the reader while it is connected by TCP. Each message is two
 * bytes of length and the content; one byte is the reader's own business (0 off, 1 on, 2 reset, 4
 * "tell the ATR"), more is a command for the card. The simulated device gets the 4 and the commands,
 * and sends one message for each.
 */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { TillgateError } from '../../protocol/errors.ts';
import { createUnpacker, framePacket } from '../transport/packet-socket.ts';
import type { CarrierEvents, SimulationCarrier } from './carrier.ts';

/** Where vpcd waits for its first card. */
export const VPCD_PORT = 35_963;
/** The only byte of the reader that wants an answer. */
export const ATR_REQUEST = 4;

export function createCardCarrier(reader: string, port: number): SimulationCarrier {
  let socket: Socket | undefined;
  return {
    address: `pcsc:${reader}`,
    plug: async (events: CarrierEvents) => {
      const laid = await connected(port);
      socket = laid;
      laid.on('error', () => undefined);
      laid.on(
        'data',
        createUnpacker((message) => {
          if (message.length > 1 || message[0] === ATR_REQUEST) events.received(message);
        }),
      );
      events.connected();
    },
    unplug: () => {
      socket?.destroy();
      socket = undefined;
      return Promise.resolve();
    },
    send: (bytes) => void socket?.write(framePacket(bytes)),
  };
}

async function connected(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve).once('error', reject);
    });
    return socket.removeAllListeners('error');
  } catch (error) {
    throw new TillgateError(
      'TRANSPORT_PACKAGE_MISSING',
      `There is no virtual card reader on port ${port} of this machine.`,
      {
        cause: error,
        hint: 'Install it with `apt-get install pcscd vsmartcard-vpcd`, and start pcscd.',
      },
    );
  }
}
