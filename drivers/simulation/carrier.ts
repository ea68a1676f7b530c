/** What a simulated device hangs on: it can be pulled out and plugged in again under one address. */
export interface CarrierEvents {
  /** The gateway opened the port, or opened it again. */
  readonly connected: () => void;
  readonly received: (bytes: Uint8Array) => void;
}

export interface SimulationCarrier {
  /** Ready for `tillgate peripheral add`; known once it was plugged in. */
  readonly address: string;
  plug(events: CarrierEvents): Promise<void>;
  /** Idempotent. */
  unplug(): Promise<void>;
  /** Lost where nobody listens. */
  send(bytes: Uint8Array): void;
}

/** A gateway that does not read is one that was stopped; more than this is not kept for it. */
export const UNREAD_BYTES_MAX = 4 * 1024 * 1024;
