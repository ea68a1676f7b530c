/** A client that sends what it was given, answers what comes if it likes to, and goes. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import mqttPacket from 'mqtt-packet';
import type { Packet } from 'mqtt-packet';
import type { Random } from './random.ts';

/** A client that hears nothing more leaves; a server that answers at once needs less. */
const LEAVES_AFTER_MS = 60;
const ANSWERS = ['puback', 'pubrec', 'pubcomp', 'pubrel'] as const;

/** Resolves when the connection is gone, closed by whichever side. */
export function sendAndLeave(
  port: number,
  chunks: readonly Buffer[],
  random?: Random,
): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let timer: NodeJS.Timeout | undefined;
    socket.on('connect', () => {
      for (const chunk of chunks) socket.write(chunk);
      if (random === undefined) socket.end();
      else answerDeliveries(socket, random);
      timer = setTimeout(() => socket.destroy(), LEAVES_AFTER_MS);
    });
    socket.on('data', () => undefined);
    // A reset is an answer like others; 'close' follows.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Mostly as the flows ask; sometimes with another answer, twice, or not at all. */
function answerDeliveries(socket: Socket, random: Random): void {
  const parser = mqttPacket.parser({ protocolVersion: 4 });
  parser.on('packet', (packet: Packet) => {
    const right = rightAnswer(packet);
    if (right === undefined || packet.messageId === undefined || random.chance(10)) return;
    const cmd = random.chance(10) ? random.pick(ANSWERS) : right;
    const answer = mqttPacket.generate({ cmd, messageId: packet.messageId });
    socket.write(random.chance(10) ? Buffer.concat([answer, answer]) : answer);
  });
  socket.on('data', (chunk) => void parser.parse(chunk));
}

function rightAnswer(packet: Packet): 'puback' | 'pubrec' | 'pubcomp' | undefined {
  if (packet.cmd === 'pubrel') return 'pubcomp';
  if (packet.cmd !== 'publish' || packet.qos === 0) return undefined;
  return packet.qos === 1 ? 'puback' : 'pubrec';
}
