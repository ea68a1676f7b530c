/** The gateway of the demonstration, handled through the command line alone. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { gatewayPaths } from '../config/paths.ts';
import { ChildDaemon } from './child-daemon.ts';
import { waitFor } from './patience.ts';
import { tillgate, tillgateJson, tillgateOrFail } from './tillgate-cli.ts';
import type { GatewayLife, TillIdentity } from './till-messages.ts';

/** The members of `tillgate status --json` that the demonstration reads. */
export type Status = {
  running: boolean;
  origin: string;
  mqtt: { host: string; port: number };
  log: { size: number; root: string };
  uplink: { state: string };
  entriesOnlyHere: number;
};

/** The sales' own shop has no address: it sells by post. */
const RECEIPT_HEADER = '["ONLINE RETAIL", "Gifts for all occasions"]';

const START_LIMIT_MS = 60_000;

export class DemoGateway {
  readonly #folder: string;
  readonly home: string;
  readonly #daemon: ChildDaemon;

  constructor(folder: string) {
    this.#folder = folder;
    this.home = join(folder, 'gateway');
    this.#daemon = new ChildDaemon(
      ['run', '--home', this.home],
      join(folder, 'gateway-daemon.log'),
    );
  }

  /** Makes the home unless there is one; ports are free ones. Resolves with the verifier key. */
  async prepare(): Promise<string> {
    if (!existsSync(gatewayPaths(this.home).configFile)) {
      const names = ['--chain', 'demo', '--store', 's1', '--gateway', 'g1'];
      const place = ['--time-zone', 'UTC', '--currency', 'GBP', '--country', 'GB'];
      await this.#run('init', ...names, ...place);
      await this.#run('config', 'set', 'mqtt.port', '0');
      await this.#run('config', 'set', 'http.port', '0');
      await this.#run('config', 'set', 'peripherals.receipts.header', RECEIPT_HEADER);
    }
    return this.verifierKey();
  }

  async verifierKey(): Promise<string> {
    const keys = await this.#run('log', 'key');
    return keys.split('\n')[0] ?? '';
  }

  /** `enrolment` is the document of `hq store add`. */
  async enrol(enrolment: string): Promise<void> {
    const file = join(this.#folder, 'enrolment.json');
    writeFileSync(file, enrolment, { mode: 0o600 });
    await this.#run('hq', 'join', file);
  }

  /** Resolves when the gateway answers, with where it does and what its log held by then. */
  async start(signal: AbortSignal): Promise<GatewayLife> {
    this.#daemon.start();
    const status = await waitFor(() => this.#statusWhenRunning(), {
      what: 'the gateway to start',
      limitMs: START_LIMIT_MS,
      everyMs: 100,
      signal,
    });
    return { ...status.mqtt, origin: status.origin, sizeAtStart: status.log.size };
  }

  async kill(): Promise<void> {
    await this.#daemon.kill();
  }

  async stop(): Promise<void> {
    await this.#daemon.stop();
  }

  status(): Promise<Status> {
    this.#daemon.mustRun();
    return tillgateJson<Status>(['status', '--home', this.home]);
  }

  /** A till that may connect; with `alg` it has a key and has to sign. */
  async addTill(deviceId: string, alg: 'Ed25519' | 'ES256' | undefined): Promise<TillIdentity> {
    const words = ['device', 'add', deviceId, '--role', 'till', '--home', this.home];
    if (alg === undefined) return tillgateJson<TillIdentity>(words);
    const { publicKey, privateKey } =
      alg === 'Ed25519'
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const keyFile = join(this.#folder, 'tills', `${deviceId}.pub.pem`);
    writeFileSync(keyFile, publicKey.export({ type: 'spki', format: 'pem' }));
    const identity = await tillgateJson<TillIdentity>([...words, '--key', keyFile]);
    const privateKeyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    return { ...identity, signing: { alg, privateKeyPem } };
  }

  async logVerifies(): Promise<boolean> {
    const words = ['log', 'verify', '--signatures', '--home', this.home];
    return (await tillgate(words)).exitCode === 0;
  }

  /** The proof of one transaction, and whether it holds for somebody who has only the key. */
  async proofHolds(transactionId: string): Promise<boolean> {
    const proof = await this.#run('log', 'prove', transactionId);
    writeFileSync(join(this.#folder, 'proof.tlog-proof'), proof);
    const key = await this.verifierKey();
    return (await tillgate(['log', 'check-proof', '-', '--key', key], proof)).exitCode === 0;
  }

  async #statusWhenRunning(): Promise<Status | undefined> {
    this.#daemon.mustRun();
    const { exitCode, stdout } = await tillgate(['status', '--home', this.home, '--json']);
    if (exitCode !== 0) return undefined;
    const status = JSON.parse(stdout) as Status;
    return status.running && status.mqtt.port !== 0 ? status : undefined;
  }

  #run(...words: string[]): Promise<string> {
    return tillgateOrFail([...words, '--home', this.home]);
  }
}

/** The credentials of earlier replays in the same folder, in the order of the tills. */
export function readKept(file: string): TillIdentity[] {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as TillIdentity[]) : [];
}

export function writeKept(file: string, tills: readonly TillIdentity[]): void {
  writeFileSync(file, `${JSON.stringify(tills, null, 2)}\n`, { mode: 0o600 });
}
