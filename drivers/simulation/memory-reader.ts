/**
 * A card reader in memory, between a simulated card and the messages of ../pcsc-messages.ts: what the
 * PC/SC daemon and its virtual reader do in between, without them. A card answers at once.
 */
import { decodeCommand, encodeMessage } from '../pcsc-messages.ts';
import type { PcscReport } from '../pcsc-messages.ts';
import type { SimulatedDevice } from '../simulator.ts';
import { ATR_REQUEST } from './card-carrier.ts';

const GET_UID = Uint8Array.of(0xff, 0xca, 0x00, 0x00, 0x00);

export class MemoryReader {
  readonly #report: (bytes: Uint8Array) => void;
  #answer: Uint8Array | undefined;
  #isThere = false;

  /** `report` takes each message for the gateway. */
  constructor(report: (bytes: Uint8Array) => void) {
    this.#report = report;
  }

  lay(card: SimulatedDevice): void {
    this.#isThere = true;
    const atr = this.#ask(card, Uint8Array.of(ATR_REQUEST)) ?? new Uint8Array();
    const uid = this.#ask(card, GET_UID)?.subarray(0, -2) ?? new Uint8Array();
    this.#tell({ type: 'inserted', atr: hex(atr), uid: hex(uid) });
  }

  takeAway(): void {
    this.#isThere = false;
  }

  fromCard(bytes: Uint8Array): void {
    this.#answer = bytes;
  }

  fromGateway(bytes: Uint8Array, card: SimulatedDevice): void {
    const command = decodeCommand(bytes);
    if (command === undefined) return;
    const { id } = command;
    const answer = this.#isThere ? this.#ask(card, Buffer.from(command.data, 'hex')) : undefined;
    if (answer !== undefined) {
      this.#tell({ type: 'response', id, data: hex(answer) });
      return;
    }
    this.#tell({ type: 'failed', id, message: 'the card gave no answer' });
    if (!this.#isThere) this.#tell({ type: 'removed' });
  }

  #ask(card: SimulatedDevice, command: Uint8Array): Uint8Array | undefined {
    this.#answer = undefined;
    card.receive(command);
    return this.#answer;
  }

  #tell(report: PcscReport): void {
    this.#report(encodeMessage(report));
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
