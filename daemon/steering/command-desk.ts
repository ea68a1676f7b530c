/**
 * Carries out what headquarters commands: once, whatever is killed in between. That a command was
 * begun is an entry before anything is done, and how it ended is one after it; a command that was
 * begun by a life that ended has ended `unknown`, and is never begun again. One whose time has passed
 * is not begun. Two entries for each command, found again by their names.
 *
 * Waits while a log is being brought back, because what it lacks may say that a command was begun.
 */
import type { Clock } from '../../protocol/clock.ts';
import { TillgateError, isTillgateError } from '../../protocol/errors.ts';
import type { CommandDocument } from '../../protocol/feed/gateway-documents.ts';
import type { Json } from '../../protocol/json/json-value.ts';
import type { Answer, Append } from '../ledger/commands.ts';
import type { LedgerReader } from '../ledger/reader.ts';
import type { HqWords } from './hq-words.ts';

export type CommandActions = {
  /** Throws `PERIPHERAL_UNKNOWN`. */
  restartPeripheral(peripheralId: string): Promise<void>;
  /** Until the next start or change of the configuration; gives the level before. */
  setLogLevel(level: string): string;
  /** JSON text of a bounded size, without secrets. */
  diagnostics(): string;
};

export type CommandDeskOptions = {
  ledger: { append(command: Append): Promise<Answer> };
  reader: Pick<LedgerReader, 'findOnce'>;
  clock: Clock;
  actions: CommandActions;
  /** Whether entries of an earlier log are missing. */
  isRecovering: () => boolean;
};

type Outcome = { members: Record<string, Json>; body?: string };

export class CommandDesk {
  readonly #options: CommandDeskOptions;
  /** Those that have ended: documents stay in the feed. */
  readonly #ended = new Set<string>();

  constructor(options: CommandDeskOptions) {
    this.#options = options;
  }

  /** False where commands have to wait and it has to be called again. */
  async follow({ commands }: Pick<HqWords, 'commands'>): Promise<boolean> {
    const waiting = commands.filter(({ document }) => !this.#ended.has(document.commandId));
    if (waiting.length === 0) return true;
    if (this.#options.isRecovering()) return false;
    for (const { document } of waiting.toSorted((a, b) => a.entry - b.entry)) {
      if (this.#ended.has(document.commandId)) continue;
      await this.#carryOut(document);
      this.#ended.add(document.commandId);
    }
    return true;
  }

  async #carryOut(command: CommandDocument): Promise<void> {
    const { reader, clock } = this.#options;
    const { commandId, action, expiresAt } = command;
    if (reader.findOnce(endedName(commandId)) !== undefined) return;
    if (reader.findOnce(begunName(commandId)) !== undefined) {
      await this.#end(command, { members: { state: 'unknown' } });
      return;
    }
    if (expiresAt !== undefined && clock.wallMs() > Date.parse(expiresAt)) {
      await this.#end(command, { members: { state: 'expired' } });
      return;
    }
    const begun = await this.#options.ledger.append({
      ...{ type: 'append', kind: 'audit', once: begunName(commandId) },
      members: { event: 'command', state: 'begun', commandId, action },
    });
    if (begun.duplicate) return;
    await this.#end(command, await this.#run(command));
  }

  async #run(command: CommandDocument): Promise<Outcome> {
    try {
      return await this.#act(command);
    } catch (error) {
      if (!isTillgateError(error)) throw error;
      const { code, message } = error;
      return { members: { state: 'refused', code, message } };
    }
  }

  async #act({ action, peripheralId, level }: CommandDocument): Promise<Outcome> {
    const { actions } = this.#options;
    switch (action) {
      case 'restartPeripheral':
        await actions.restartPeripheral(needed('peripheralId', peripheralId));
        return { members: { state: 'done', peripheralId: peripheralId ?? '' } };
      case 'setLogLevel': {
        const before = actions.setLogLevel(needed('level', level));
        return { members: { state: 'done', level: level ?? '', before } };
      }
      case 'fetchDiagnostics':
        return { members: { state: 'done' }, body: actions.diagnostics() };
    }
  }

  async #end({ commandId, action }: CommandDocument, { members, body }: Outcome): Promise<void> {
    await this.#options.ledger.append({
      ...{ type: 'append', kind: 'audit', once: endedName(commandId) },
      members: { event: 'command', commandId, action, ...members },
      ...(body !== undefined && { body: Buffer.from(body), mediaType: 'application/json' }),
    });
  }
}

const begunName = (commandId: string): string => `command/${commandId}/begun`;
const endedName = (commandId: string): string => `command/${commandId}/ended`;

function needed(name: string, value: string | undefined): string {
  if (value !== undefined) return value;
  throw new TillgateError('FEED_DOCUMENT_INVALID', `The command does not say ${name}.`);
}
