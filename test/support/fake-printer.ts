/**
 * A printer that speaks lines, with its driver, for suites about what happens around drivers:
 *
 *   gateway  `I`              → `ID <serial>` and `READY` or `NOT <reason>`
 *   gateway  `P <job> <json>` → `OK <job>` once it is on paper, or `NO <job>` where it refuses
 *   device   `EVENT <json>`, `PORT <hex>` whenever; gateway `D <hex>` for its connector
 */
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { DriverDefinition, Operation } from '../../drivers/driver.ts';
import type { JobOutcome } from '../../drivers/job.ts';
import type { SessionEffect, SessionInput, SessionMachine } from '../../drivers/session-machine.ts';
import type { PeripheralEvent } from '../../drivers/session-machine.ts';

const operation = (isPhysical: boolean, more: Partial<Operation> = {}): Operation => ({
  summary: 'a fake',
  deadlineMs: 10_000,
  deadlineMsMax: 60_000,
  isPhysical,
  parse: (request) =>
    request['bad'] === undefined
      ? { ok: true, params: request }
      : {
          ok: false,
          problem: { code: 'JOB_INVALID', message: 'It is bad.', hint: 'Be good.', path: '/bad' },
        },
  ...more,
});

export const FAKE_PRINTER: DriverDefinition = {
  id: 'fake/printer',
  category: 'posPrinter',
  title: 'A printer that speaks lines',
  options: {
    type: 'object',
    properties: { width: { type: 'integer', minimum: 1, maximum: 99, default: 42 } },
    additionalProperties: false,
  },
  transports: ['tcp'],
  fingerprints: [],
  probes: [],
  operations: {
    print: operation(true),
    raw: operation(true, { right: 'raw' }),
    measure: operation(false),
  },
  testOperation: 'measure',
  createSession: () => new FakeSession(),
  createExplain: () => (direction, bytes) => [
    `${direction} ${Buffer.from(bytes).toString().trim()}`,
  ],
};

export const FAKE_DRAWER: DriverDefinition = {
  ...FAKE_PRINTER,
  id: 'fake/drawer',
  category: 'cashDrawer',
  transports: ['tcp', 'printer'],
  operations: { open: operation(true) },
  createSession: () => new FakeDrawer(),
};

const unknown: JobOutcome = {
  state: 'unknown',
  error: { code: 'JOB_INTERRUPTED', message: 'It was under way.', hint: 'Look.' },
};

class FakeSession implements SessionMachine {
  #jobs = new Set<string>();
  #text = '';

  step(input: SessionInput): SessionEffect[] {
    switch (input.type) {
      case 'opened':
        return [line('I')];
      case 'job': {
        this.#jobs.add(input.job.jobId);
        return [line(`P ${input.job.jobId} ${JSON.stringify(input.job.params)}`)];
      }
      case 'data': {
        const lines = `${this.#text}${Buffer.from(input.bytes).toString()}`.split('\n');
        this.#text = lines.pop() ?? '';
        return lines.flatMap((text) => this.#heard(text));
      }
      case 'expired':
        return this.#settle(input.jobId, unknown);
      case 'port':
        return [line(`D ${Buffer.from(input.bytes).toString('hex')}`)];
      case 'closed':
        return [...this.#jobs].flatMap((jobId) => this.#settle(jobId, unknown));
      default:
        return [];
    }
  }

  #heard(text: string): SessionEffect[] {
    const [word = '', rest = ''] = text.split(/ (.*)/s);
    switch (word) {
      case 'ID':
        return [{ type: 'identity', identity: { model: 'fake', serialNumber: rest } }];
      case 'READY':
        return [{ type: 'condition', condition: { state: 'ready', reasons: [] } }];
      case 'NOT':
        return [{ type: 'condition', condition: { state: 'notReady', reasons: [rest] } }];
      case 'OK':
        return this.#settle(rest, { state: 'done', result: { confirmed: true } });
      case 'NO': {
        const error = { code: 'PERIPHERAL_NOT_READY', message: 'No.', hint: 'Wait.' } as const;
        return this.#settle(rest, { state: 'refused', error });
      }
      case 'EVENT':
        return [{ type: 'event', event: JSON.parse(rest) as PeripheralEvent }];
      case 'PORT':
        return [{ type: 'port', bytes: Buffer.from(rest, 'hex') }];
      default:
        return [{ type: 'discarded', bytes: Buffer.from(text), why: 'noise' }];
    }
  }

  #settle(jobId: string, outcome: JobOutcome): SessionEffect[] {
    return this.#jobs.delete(jobId) ? [{ type: 'settle', jobId, outcome }] : [];
  }
}

/** Writes a pulse, and reports what the connector says. */
class FakeDrawer implements SessionMachine {
  step(input: SessionInput): SessionEffect[] {
    if (input.type === 'job') {
      const { jobId } = input.job;
      const outcome = { state: 'done', result: { confirmed: false } } as const;
      return [
        { type: 'write', bytes: Uint8Array.of(1, 25, 250) },
        { type: 'settle', jobId, outcome },
      ];
    }
    if (input.type !== 'data') return [];
    const type = input.bytes[0] === 1 ? 'drawerOpened' : 'drawerClosed';
    return [{ type: 'event', event: { type } }];
  }
}

function line(text: string): SessionEffect {
  return { type: 'write', bytes: Buffer.from(`${text}\n`) };
}

/** The device, on TCP. */
export class FakePrinterDevice {
  serialNumber = 'S1';
  /** Before it says OK. */
  printMs = 0;
  /** It swallows what it is asked. */
  isStuck = false;
  /** `READY`, or `NOT <reason>`. */
  condition = 'READY';
  /** Of all jobs whose bytes came, in order. */
  readonly received: { jobId: string; params: unknown }[] = [];
  readonly pulses: string[] = [];
  connections = 0;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;

  get address(): string {
    return `tcp://127.0.0.1:${this.#port}`;
  }

  async plug(): Promise<void> {
    const server = createServer((socket) => this.#serve(socket));
    this.#server = server;
    await new Promise<void>((resolve) => {
      server.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
  }

  /** Its power goes: connections break, nothing answers. */
  async unplug(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const socket of this.#sockets) socket.resetAndDestroy();
    await new Promise<void>((resolve) => {
      if (server === undefined) resolve();
      else server.close(() => resolve());
    });
  }

  say(text: string): void {
    for (const socket of this.#sockets) socket.write(`${text}\n`);
  }

  #serve(socket: Socket): void {
    this.connections += 1;
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined);
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      const lines = `${text}${chunk.toString()}`.split('\n');
      text = lines.pop() ?? '';
      for (const one of lines) this.#heard(one, socket);
    });
  }

  #heard(text: string, socket: Socket): void {
    const [, word, jobId = '', json = ''] = /^(\w+) ?(\S*) ?(.*)$/s.exec(text) ?? [];
    if (word === 'I') socket.write(`ID ${this.serialNumber}\n${this.condition}\n`);
    if (word === 'D') this.pulses.push(jobId);
    if (word !== 'P') return;
    this.received.push({ jobId, params: JSON.parse(json) as unknown });
    if (this.isStuck) return;
    const verdict = this.condition === 'READY' ? 'OK' : 'NO';
    setTimeout(() => socket.write(`${verdict} ${jobId}\n`), this.printMs);
  }
}
