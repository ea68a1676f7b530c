/**
 * Commands to gateways: sent as documents of a feed, and answered by entries of the gateways' logs.
 * Each has an id of its own and a time after which no gateway begins it.
 */
import type { Clock } from '../../protocol/clock.ts';
import { TillgateError } from '../../protocol/errors.ts';
import { checkChange } from '../../protocol/feed/change.ts';
import type { CommandDocument } from '../../protocol/feed/gateway-documents.ts';
import { isId } from '../../protocol/ids.ts';
import type { Json } from '../../protocol/json/json-value.ts';
import { BLOB_SALT_BYTES, decodeEntry } from '../../protocol/log/entry.ts';
import { parseOrigin } from '../../protocol/log/origin.ts';
import type { CustodyReader } from '../custody/custody.ts';
import type { FeedKeeper } from '../feeds/feed-keeper.ts';
import type { PublishDesk } from '../feeds/publish-desk.ts';
import type { CommandAnswerRow } from '../projection/command-answers.ts';
import type { ProjectionCall } from '../projection/projection-call.ts';

export type CommandRequest = {
  chain?: string | undefined;
  /** Absent is every store of the chain. */
  store?: string | undefined;
  gateway?: string | undefined;
  action: string;
  peripheralId?: string | undefined;
  level?: string | undefined;
  minutes: number;
};

export type SentCommand = { commandId: string; chain: string; store: string | null };

export type ShownCommand = {
  chain: string;
  store: string | null;
  document: CommandDocument;
  answers: CommandAnswerRow[];
};

export type ShownAnswer = CommandAnswerRow & {
  gateway: string;
  /** What else the entry says. */
  members: Record<string, Json>;
  /** What was fetched; null where there is none. */
  body: Json;
};

export type CommandOfficeOptions = {
  keeper: Pick<FeedKeeper, 'feeds' | 'read' | 'publish'>;
  desk: Pick<PublishDesk, 'chainOf'>;
  custody: Pick<CustodyReader, 'entry' | 'blob'>;
  ask: (call: ProjectionCall & { call: 'commands' }) => Promise<CommandAnswerRow[]>;
  clock: Clock;
  newId: () => string;
};

const MINUTE_MS = 60_000;
/** A fortnight: a store that is away longer is another store by then. */
export const MINUTES_MAX = 14 * 24 * 60;
const COMMANDS_MAX = 1_000;
const ANSWERS_MAX = 10_000;
const COMMON = ['v', 'kind', 'index', 'recordedAt', 'clock', 'hlc', 'body', 'once', 'mediaType'];

export class CommandOffice {
  readonly #options: CommandOfficeOptions;

  constructor(options: CommandOfficeOptions) {
    this.#options = options;
  }

  /** Throws `FEED_DOCUMENT_INVALID`, `FEED_CHAIN_UNKNOWN` or `USAGE`. */
  async send(request: CommandRequest): Promise<SentCommand> {
    const { desk, keeper, clock, newId } = this.#options;
    const { store, gateway, action, peripheralId, level, minutes } = request;
    const chain = await desk.chainOf(request.chain);
    if (store !== undefined && !isId(store)) {
      throw new TillgateError('USAGE', `${store} is no id of a store.`);
    }
    if (minutes < 1 || minutes > MINUTES_MAX) {
      throw new TillgateError('USAGE', `A command counts for 1 to ${MINUTES_MAX} minutes.`);
    }
    const commandId = newId();
    const expiresAt = new Date(clock.wallMs() + minutes * MINUTE_MS).toISOString();
    const asked = { commandId, gateway, action, peripheralId, level, expiresAt };
    const entries = Object.entries(asked).filter(([, value]) => value !== undefined);
    const document = Object.fromEntries(entries) as Record<string, Json>;
    const checked = checkChange({ op: 'put', collection: 'command', document });
    if (!checked.ok) {
      const [first] = checked.problems;
      const message = `${first?.path ?? ''}: ${first?.message ?? ''}`;
      throw new TillgateError(first?.code ?? 'FEED_DOCUMENT_INVALID', message);
    }
    const place = store === undefined ? { chain } : { chain, store };
    const report = await keeper.publish(place, [checked.change], { isDryRun: false });
    const [problem] = report.problems;
    if (problem !== undefined) throw new TillgateError(problem.code, problem.message);
    return { commandId, chain, store: store ?? null };
  }

  /** Those that were answered last first; at the end those that were not. */
  async list(): Promise<ShownCommand[]> {
    const answers = await this.#options.ask({ call: 'commands', limit: ANSWERS_MAX });
    const places = new Map<string, number>();
    for (const { commandId } of answers) {
      if (!places.has(commandId)) places.set(commandId, places.size);
    }
    const found = await this.#documents();
    const placeOf = ({ document }: ShownCommand): number =>
      places.get(document.commandId) ?? places.size;
    return found
      .map((command) => ({
        ...command,
        answers: answers.filter(({ commandId }) => commandId === command.document.commandId),
      }))
      .sort((a, b) => placeOf(a) - placeOf(b));
  }

  /** Throws `HQ_NOT_FOUND`. */
  async show(
    commandId: string,
  ): Promise<Omit<ShownCommand, 'answers'> & { answers: ShownAnswer[] }> {
    const command = (await this.#documents()).find((one) => one.document.commandId === commandId);
    if (command === undefined) {
      throw new TillgateError('HQ_NOT_FOUND', `There is no command ${commandId}.`, {
        hint: 'tillgate hq command list',
      });
    }
    const rows = await this.#options.ask({ call: 'commands', limit: ANSWERS_MAX, commandId });
    const answers: ShownAnswer[] = [];
    for (const row of rows) answers.push(await this.#answer(row));
    return { ...command, answers };
  }

  async #answer(row: CommandAnswerRow): Promise<ShownAnswer> {
    const { custody } = this.#options;
    const { origin, index } = row;
    const { gateway } = parseOrigin(origin);
    const kept = await custody.entry(origin, index);
    if (kept === undefined) return { ...row, gateway, members: {}, body: null };
    const { header, body } = decodeEntry(kept.leaf);
    const blob = header.body.at === 'blob' ? await custody.blob(origin, index) : undefined;
    const bytes = blob === undefined ? body : blob.bytes.subarray(BLOB_SALT_BYTES);
    const said = Object.entries(header).filter(([name]) => !COMMON.includes(name));
    const members = Object.fromEntries(said) as Record<string, Json>;
    return { ...row, gateway, members, body: bodyOf(bytes) };
  }

  #documents(): Promise<ShownCommand[]> {
    const { keeper } = this.#options;
    return keeper.read((database) =>
      keeper.feeds().flatMap(({ row, place }) => {
        const page = { after: '', limit: COMMANDS_MAX };
        return database.list(row.generation, 'command', page).map(({ body }) => ({
          ...{ chain: place.chain, store: place.store ?? null, answers: [] },
          document: JSON.parse(body) as CommandDocument,
        }));
      }),
    );
  }
}

/** A gateway's own JSON; whatever else it is, it is not shown. */
function bodyOf(bytes: Uint8Array): Json {
  if (bytes.length === 0) return null;
  try {
    return JSON.parse(Buffer.from(bytes).toString()) as Json;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
