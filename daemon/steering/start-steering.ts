/**
 * Keeps the gateway as headquarters and technicians want it: looks at what headquarters says each
 * time a feed changed, and at the configuration file now and then, one look after the other. What
 * fails (a full disk, say) is tried again at the next look; sales never wait for any of it.
 */
import { statSync } from 'node:fs';
import type { GatewayConfig } from '../../config/gateway-schema.ts';
import { isTillgateError } from '../../protocol/errors.ts';
import type { Doors } from '../doors.ts';
import type { FeedsStatus } from '../feeds/feed-status.ts';
import type { LogKeeping, SharedParts } from '../log-keeping.ts';
import type { CommandDesk } from './command-desk.ts';
import type { ConfigKeeper } from './config-keeper.ts';
import { configStatus } from './config-view.ts';
import type { ConfigStatus } from './config-view.ts';
import { HqDevices } from './hq-devices.ts';
import type { RefusedWord } from './hq-devices.ts';
import { readHqWords } from './hq-words.ts';
import type { HqWords } from './hq-words.ts';
import { openConfig } from './open-config.ts';

export type SteeringStatus = {
  configuration: ConfigStatus;
  /** Devices and roles of headquarters that cannot be followed. */
  refused: readonly RefusedWord[];
};

export type SteeringOptions = SharedParts &
  LogKeeping &
  Pick<Doors, 'registry' | 'broker'> & {
    config: () => GatewayConfig;
    /** What counts at once is taken over. */
    onConfig: (config: GatewayConfig) => void;
    recovery: { readonly status: object | null };
  };

/** A technician who saved the file looks at it within some seconds. */
const LOOK_INTERVAL_MS = 2_000;

export async function startSteering(options: SteeringOptions): Promise<Steering> {
  const steering = new Steering(options);
  await steering.look();
  const timer = setInterval(() => void steering.tick(), LOOK_INTERVAL_MS);
  timer.unref();
  options.teardown.add('steering', () => {
    clearInterval(timer);
    return steering.close();
  });
  let heads = headsOf(options.feeds.status);
  options.feedListeners.onStatus.push((status) => {
    const now = headsOf(status);
    if (now === heads) return;
    heads = now;
    void steering.look();
  });
  return steering;
}

export class Steering {
  readonly keeper: ConfigKeeper;
  /** With what the daemon began. */
  readonly started: GatewayConfig;
  readonly #options: SteeringOptions;
  readonly #devices: HqDevices;
  #commands: CommandDesk | undefined;
  #look: Promise<void> | undefined;
  #isAskedAgain = false;
  #isUnfinished = false;
  #isRecovering: boolean;
  #isClosed = false;
  #fileSeen = '';
  #told = '';

  constructor(options: SteeringOptions) {
    const { paths, clock, ledger, reader, registry, broker, config, onConfig } = options;
    this.#options = options;
    this.started = config();
    this.#isRecovering = options.recovery.status !== null;
    this.keeper = openConfig({
      ...{ paths, clock, ledger, reader },
      ...{ config: config(), onChange: onConfig },
    });
    this.#devices = new HqDevices({
      ...{ registry, ledger, clock, ownRoles: () => config().roles },
      disconnect: (deviceId) => broker.disconnectDevice(deviceId),
    });
  }

  get status(): SteeringStatus {
    const { keeper, started } = this;
    return { configuration: configStatus(keeper, started), refused: this.#devices.refused };
  }

  /** From now on commands are carried out too. */
  command(desk: CommandDesk): Promise<void> {
    this.#commands = desk;
    return this.look();
  }

  /** Looks at everything; resolves when what was said before the call is followed. */
  async look(): Promise<void> {
    if (this.#isClosed) return;
    if (this.#look !== undefined) {
      this.#isAskedAgain = true;
      return this.#look;
    }
    this.#look = this.#lookAll();
    await this.#look;
  }

  /** What no feed tells: the file has changed, entries came back, or something was left undone. */
  async tick(): Promise<void> {
    const wasRecovering = this.#isRecovering;
    this.#isRecovering = this.#options.recovery.status !== null;
    if (wasRecovering && !this.#isRecovering) {
      await this.#guarded(() => this.keeper.returned().then(() => true));
      this.#isUnfinished = true;
    }
    if (this.#isUnfinished || this.#fileNow() !== this.#fileSeen) await this.look();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#look;
  }

  async #lookAll(): Promise<void> {
    this.#isAskedAgain = false;
    this.#isUnfinished = !(await this.#guarded(() => this.#follow()));
    if (this.#mustLookAgain()) return this.#lookAll();
    this.#look = undefined;
    return undefined;
  }

  /** Something was said while it looked. */
  #mustLookAgain(): boolean {
    return this.#isAskedAgain && !this.#isClosed;
  }

  async #follow(): Promise<boolean> {
    const { paths, config } = this.#options;
    const words: HqWords | undefined = readHqWords(paths.feedsFile, config().gateway);
    await this.keeper.follow(words);
    this.#fileSeen = this.#fileNow();
    if (words === undefined) return true;
    await this.#devices.follow(words);
    return (await this.#commands?.follow(words)) ?? true;
  }

  /** False where it has to be done again. */
  async #guarded(work: () => Promise<boolean>): Promise<boolean> {
    try {
      const isDone = await work();
      this.#told = '';
      return isDone;
    } catch (error) {
      const message = isTillgateError(error) ? `${error.code} ${error.message}` : String(error);
      // The same trouble every two seconds is one trouble.
      if (message !== this.#told) {
        this.#options.log.warn({ err: error }, 'what headquarters says could not be followed');
      }
      this.#told = message;
      return false;
    }
  }

  #fileNow(): string {
    const { mtimeMs, size, ino } = statSync(this.#options.paths.configFile, {
      throwIfNoEntry: false,
    }) ?? { mtimeMs: 0, size: 0, ino: 0 };
    return `${mtimeMs} ${size} ${ino}`;
  }
}

function headsOf({ feeds }: FeedsStatus): string {
  return feeds.map(({ origin, size }) => `${origin} ${size}`).join(' ');
}
