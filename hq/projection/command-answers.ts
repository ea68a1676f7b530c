/** What gateways answered to commands: a row for each of their entries, and how they are read. */
import type { Json } from '../../protocol/json/json-value.ts';
import type { EntryHeader } from '../../protocol/log/entry.ts';
import type { SqlQueries } from './sql-database.ts';

export const COMMAND_ANSWERS_TABLE = `
CREATE TABLE IF NOT EXISTS projection.command_answers (
  origin_id integer NOT NULL,
  idx bigint NOT NULL,
  command_id text NOT NULL,
  state text NOT NULL,
  recorded_at text NOT NULL,
  PRIMARY KEY (origin_id, idx)
);
CREATE INDEX IF NOT EXISTS command_answers_by_id ON projection.command_answers (command_id);
`;

export const COMMAND_ANSWER_TYPES = 'int bigint text text text';

export type CommandAnswerRow = {
  origin: string;
  index: number;
  commandId: string;
  /** `begun`, `done`, `refused`, `expired` or `unknown`. */
  state: string;
  recordedAt: string;
};

/** Undefined where the entry answers no command. */
export function commandAnswerOf(
  header: EntryHeader,
): { commandId: string; state: string; recordedAt: string } | undefined {
  const { event, commandId, state } = header as unknown as Record<string, Json>;
  if (event !== 'command' || typeof commandId !== 'string' || typeof state !== 'string') {
    return undefined;
  }
  return { commandId, state, recordedAt: header.recordedAt };
}

/** In the order of the logs; of all commands where none is named. */
export async function readCommandAnswers(
  queries: SqlQueries,
  limit: number,
  commandId?: string,
): Promise<CommandAnswerRow[]> {
  const rows = await queries.query<{
    origin: string;
    idx: string;
    command_id: string;
    state: string;
    recorded_at: string;
  }>(
    `SELECT l.origin, a.idx::text AS idx, a.command_id, a.state, a.recorded_at
     FROM projection.command_answers a JOIN projection.logs l USING (origin_id)
     WHERE $2::text IS NULL OR a.command_id = $2::text
     ORDER BY a.recorded_at DESC, a.origin_id, a.idx DESC LIMIT $1::text::int`,
    [String(limit), commandId ?? null],
  );
  return rows.map(({ origin, idx, command_id: id, state, recorded_at: recordedAt }) => {
    return { origin, index: Number(idx), commandId: id, state, recordedAt };
  });
}
