/**
 * Goal: however the gateway dies or a plug is pulled, each print happened once, or not at all, or is
 * said to be unknown. Method: real gateways that are killed at random moments while tills print, over
 * real sockets, on printers that remember every job whose bytes came; in the end each job is asked for
 * again, and its answer is held against what the printer remembers.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import mqtt from 'mqtt';
import type { GatewayStatus } from '../../daemon/control/gateway-status.ts';
import { statusOfGateway } from '../../daemon/control/with-gateway.ts';
import { systemClock } from '../../platform/system-clock.ts';
import { requestTopic, responseTopic } from '../../protocol/topics.ts';
import { FakePrinterDevice } from '../support/fake-printer.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { GatewayUnderTest } from '../support/tillgate-process.ts';

export interface KilledJobs {
  jobs: number;
  states: Record<string, number>;
  violations: string[];
}

interface Answer {
  jobId: string;
  state: string;
}

const PRINTERS = ['p0', 'p1'] as const;
const TILL = 'till-1';
/** Between two jobs of the till. */
const JOB_EVERY_MS = 15;
const MOMENT_MS_MAX = 600;

export async function killJobs(options: { kills: number; seed: number }): Promise<KilledJobs> {
  const world = new World(options.seed);
  await world.begin();
  try {
    for (let round = 0; round < options.kills; round += 1) await world.round();
    return await world.verdict();
  } finally {
    await world.end();
  }
}

/** Asks the daemon in this process: a command for each look would cost more than the test. */
class QuickGateway extends GatewayUnderTest {
  override status(): Promise<GatewayStatus> {
    return statusOfGateway({ home: this.home, clock: systemClock });
  }
}

class World {
  readonly #random: SeededRandom;
  readonly #folder = mkdtempSync(join(tmpdir(), 'killed-jobs-'));
  readonly #gateway: GatewayUnderTest;
  readonly #devices = PRINTERS.map(() => new FakePrinterDevice());
  /** jobId → the printer it was for. */
  readonly #asked = new Map<string, string>();
  readonly #answers = new Map<string, Set<string>>();
  #password = '';

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
    const program = fileURLToPath(new URL('../support/gateway-with-fakes.ts', import.meta.url));
    this.#gateway = new QuickGateway(this.#folder, program);
  }

  async begin(): Promise<void> {
    await this.#gateway.init();
    this.#password = (await this.#gateway.addDevice(TILL)).password;
    const peripherals: Record<string, object> = {};
    for (const [at, device] of this.#devices.entries()) {
      device.serialNumber = `S${at}`;
      device.printMs = 20;
      await device.plug();
      const peripheralId = `p${at}`;
      const { address } = device;
      peripherals[peripheralId] = {
        ...{ peripheralId, driver: 'fake/printer', address, options: {} },
        addedAt: '2010-12-01T08:26:00.000Z',
      };
    }
    const path = join(this.#gateway.home, 'data', 'peripherals.json');
    writeFileSync(path, JSON.stringify({ version: 1, peripherals }));
  }

  /** Prints until a moment of the seed's choice, in which the gateway dies or a plug is pulled. */
  async round(): Promise<void> {
    const till = await this.#connect();
    const isKill = this.#random.chance(0.7);
    const endMs = performance.now() + 100 + this.#random.below(MOMENT_MS_MAX);
    while (performance.now() < endMs) {
      const printer = this.#random.pick(PRINTERS);
      const jobId = `j${this.#asked.size}`;
      this.#asked.set(jobId, printer);
      this.#ask(till, jobId);
      await delay(JOB_EVERY_MS);
    }
    if (isKill) {
      await this.#gateway.stop('SIGKILL');
    } else {
      const device = this.#random.pick(this.#devices);
      await device.unplug();
      await delay(this.#random.below(MOMENT_MS_MAX));
      await device.plug();
      await this.#gateway.stop(this.#random.chance(0.5) ? 'SIGTERM' : 'SIGKILL');
    }
    till.end(true);
  }

  async verdict(): Promise<KilledJobs> {
    const till = await this.#connect();
    for (const jobId of this.#asked.keys()) {
      // One that was never recorded is judged afresh: it is printed now, for the first time.
      for (let tries = 0; !this.#hasAnswer(jobId) && tries < 200; tries += 1) {
        if (tries % 50 === 0) this.#ask(till, jobId);
        await delay(20);
      }
    }
    till.end(true);
    const states: Record<string, number> = {};
    const violations = [...this.#asked.keys()].flatMap((jobId) => {
      const told = [...(this.#answers.get(jobId) ?? [])];
      const times = this.#timesPrinted(jobId);
      const [state = 'none'] = told;
      states[state] = (states[state] ?? 0) + 1;
      const isTrue =
        told.length === 1 &&
        times <= 1 &&
        (state !== 'done' || times === 1) &&
        (state !== 'refused' || times === 0);
      return isTrue
        ? []
        : [`${jobId}: told ${told.join('+') || 'nothing'}, printed ${times} times`];
    });
    return { jobs: this.#asked.size, states, violations };
  }

  async end(): Promise<void> {
    await this.#gateway.stop('SIGKILL');
    for (const device of this.#devices) await device.unplug();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #timesPrinted(jobId: string): number {
    const name = `${TILL}/${jobId}`;
    const all = this.#devices.flatMap(({ received }) => received);
    return all.filter((each) => each.jobId === name).length;
  }

  #hasAnswer(jobId: string): boolean {
    return (this.#answers.get(jobId)?.size ?? 0) > 0;
  }

  #ask(till: mqtt.MqttClient, jobId: string): void {
    const topic = requestTopic(this.#asked.get(jobId) ?? 'p0', TILL);
    const request = { jobId, operation: 'print', document: { blocks: [] } };
    till.publish(topic, JSON.stringify(request), { qos: 1 });
  }

  async #connect(): Promise<mqtt.MqttClient> {
    const { mqtt: address } = await this.#gateway.start();
    const till = await mqtt.connectAsync(`mqtt://${address.host}:${address.port}`, {
      ...{ username: TILL, password: this.#password, reconnectPeriod: 0 },
      ...{ clientId: 'kept', clean: false },
    });
    // A gateway that is killed resets the connection.
    till.on('error', () => undefined);
    till.on('message', (_topic, payload) => {
      const { jobId, state } = JSON.parse(payload.toString()) as Answer;
      // The queue of a peripheral that is away, or full, is no end of a job that was not recorded.
      const told = this.#answers.get(jobId) ?? new Set<string>();
      this.#answers.set(jobId, told.add(state));
    });
    await till.subscribeAsync(responseTopic('+', TILL), { qos: 1 });
    return till;
  }
}
