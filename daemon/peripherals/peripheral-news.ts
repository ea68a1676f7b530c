/**
 * What devices hear of peripherals without asking: the retained state of each, and events as they
 * happen, at no more than a rate that a store's network and its kept sessions bear.
 */
import type { PeripheralCategory } from '../../drivers/driver.ts';
import type { DeviceIdentity, PeripheralEvent } from '../../drivers/session-machine.ts';
import type { Schedule } from '../../platform/schedule.ts';
import type { Clock } from '../../protocol/clock.ts';
import { peripheralEventTopic, peripheralStateTopic } from '../../protocol/topics.ts';
import type { OwnMessage } from '../broker/own-message.ts';
import type { SupervisorStatus } from './supervisor-contract.ts';

export interface StateFacts {
  readonly peripheralId: string;
  readonly category: PeripheralCategory | null;
  readonly driver: string;
  readonly identity: DeviceIdentity | undefined;
}

/** As it is published, and shown by `peripheral list` and in status. */
export interface PeripheralState {
  peripheralId: string;
  category: PeripheralCategory | null;
  driver: string;
  state: SupervisorStatus['state'];
  reasons: readonly string[];
  identity?: DeviceIdentity;
  /** Why it is not there, and what to do. */
  trouble?: { code: string; message: string; hint: string };
  since: string;
}

/** A hand with a scanner makes two a second; a scale in motion ten. */
const EVENTS_PER_SECOND = 20;
const EVENTS_AT_ONCE = 100;
/** A device that cannot make up its mind must not wear out the disk that retained states are on. */
const STATE_INTERVAL_MS = 250;
const STATE_TOPIC = /^peripherals\/([^/]+)\/state$/;

export interface PeripheralNewsOptions {
  readonly publish: (message: OwnMessage) => void;
  readonly clock: Clock;
  readonly schedule: Schedule;
}

export class PeripheralNews {
  readonly #options: PeripheralNewsOptions;
  readonly #states = new Map<string, PeripheralState>();
  readonly #budgets = new Map<string, { events: number; atMs: number }>();
  /** States that were published within the last interval, and whether they changed since. */
  readonly #resting = new Map<string, boolean>();
  #droppedEvents = 0;

  constructor(options: PeripheralNewsOptions) {
    this.#options = options;
  }

  /** Events that came faster than they are passed on. */
  get droppedEvents(): number {
    return this.#droppedEvents;
  }

  /** By id. */
  get states(): readonly PeripheralState[] {
    return [...this.#states.values()].sort((a, b) => (a.peripheralId < b.peripheralId ? -1 : 1));
  }

  state(facts: StateFacts, { state, reasons, trouble }: SupervisorStatus): void {
    const { peripheralId, category, driver, identity } = facts;
    const before = this.#states.get(peripheralId);
    const now = new Date(this.#options.clock.wallMs()).toISOString();
    const next: PeripheralState = {
      ...{ peripheralId, category, driver, state, reasons },
      ...(identity !== undefined && { identity }),
      ...(trouble !== undefined && { trouble: textsOf(trouble) }),
      since: before?.state === state ? before.since : now,
    };
    this.#states.set(peripheralId, next);
    if (this.#resting.has(peripheralId)) this.#resting.set(peripheralId, true);
    else this.#sayState(peripheralId);
  }

  #sayState(peripheralId: string): void {
    const state = this.#states.get(peripheralId);
    if (state === undefined) return;
    this.#publishState(peripheralId, JSON.stringify(state));
    this.#resting.set(peripheralId, false);
    this.#options.schedule(() => {
      const hasChanged = this.#resting.get(peripheralId) === true;
      this.#resting.delete(peripheralId);
      if (hasChanged) this.#sayState(peripheralId);
    }, STATE_INTERVAL_MS);
  }

  event(peripheralId: string, event: PeripheralEvent): void {
    const { clock, publish } = this.#options;
    if (!this.#mayPass(peripheralId)) {
      this.#droppedEvents += 1;
      return;
    }
    const { type, ...members } = event;
    const at = new Date(clock.wallMs()).toISOString();
    const payload = JSON.stringify({ type, peripheralId, at, ...members });
    publish({ topic: peripheralEventTopic(peripheralId), payload });
  }

  removed(peripheralId: string): void {
    this.#states.delete(peripheralId);
    this.#budgets.delete(peripheralId);
    this.#publishState(peripheralId, '');
  }

  /** Ends what an earlier life retained of peripherals that are no more. */
  clearOthers(retainedTopics: readonly string[], known: ReadonlySet<string>): void {
    for (const topic of retainedTopics) {
      const peripheralId = STATE_TOPIC.exec(topic)?.[1];
      if (peripheralId !== undefined && !known.has(peripheralId)) {
        this.#publishState(peripheralId, '');
      }
    }
  }

  #publishState(peripheralId: string, payload: string): void {
    const topic = peripheralStateTopic(peripheralId);
    this.#options.publish({ topic, payload, isRetained: true });
  }

  #mayPass(peripheralId: string): boolean {
    const nowMs = this.#options.clock.monotonicMs();
    const before = this.#budgets.get(peripheralId) ?? { events: EVENTS_AT_ONCE, atMs: nowMs };
    const refilled = before.events + ((nowMs - before.atMs) / 1_000) * EVENTS_PER_SECOND;
    const events = Math.min(EVENTS_AT_ONCE, refilled);
    const may = events >= 1;
    this.#budgets.set(peripheralId, { events: may ? events - 1 : events, atMs: nowMs });
    return may;
  }
}

function textsOf({ code, message, hint }: { code: string; message: string; hint: string }): {
  code: string;
  message: string;
  hint: string;
} {
  return { code, message, hint };
}
