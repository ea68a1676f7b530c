/**
 * Commands to gateways over HTTP.
 *
 *     POST /api/commands        {chain?, store?, gateway?, action, peripheralId?, level?, minutes?}
 *     GET  /api/commands        all, with the states that gateways answered
 *     GET  /api/commands/{id}   one, with what was fetched
 */
import { jsonAnswer } from '../../platform/http/http-server.ts';
import type { HttpMethods, HttpRoute } from '../../platform/http/http-server.ts';
import { TillgateError } from '../../protocol/errors.ts';
import { isJsonObject } from '../../protocol/json/json-value.ts';
import type { Json, JsonObject } from '../../protocol/json/json-value.ts';
import type { CommandOffice, CommandRequest } from '../commands/command-office.ts';

const TEXTS = ['chain', 'store', 'gateway', 'action', 'peripheralId', 'level'];
/** A day: a store that is closed over night gets it in the morning. */
export const COMMAND_MINUTES = 24 * 60;

export function commandRoutes(office: CommandOffice): Record<string, HttpRoute | HttpMethods> {
  return {
    '/api/commands': {
      GET: async () => jsonAnswer(200, { commands: await office.list() }),
      POST: {
        body: 'json',
        run: async (_url, body) => jsonAnswer(201, await office.send(requestOf(body))),
      },
    },
    '/api/commands/': async ({ pathname }) => {
      return jsonAnswer(200, await office.show(pathname.slice('/api/commands/'.length)));
    },
  };
}

function requestOf(body: Json): CommandRequest {
  if (!isJsonObject(body)) throw new TillgateError('USAGE', 'The body is a JSON object.');
  const minutes = body['minutes'] ?? COMMAND_MINUTES;
  const unknown = Object.keys(body).find((name) => name !== 'minutes' && !TEXTS.includes(name));
  if (unknown !== undefined) throw new TillgateError('USAGE', `There is no member ${unknown}.`);
  if (typeof minutes !== 'number') throw new TillgateError('USAGE', 'minutes is a whole number.');
  return {
    ...{ chain: text(body, 'chain'), store: text(body, 'store') },
    ...{ gateway: text(body, 'gateway'), action: text(body, 'action') ?? '' },
    ...{ peripheralId: text(body, 'peripheralId'), level: text(body, 'level'), minutes },
  };
}

function text(body: JsonObject, name: string): string | undefined {
  const value = body[name];
  if (value === undefined || typeof value === 'string') return value;
  throw new TillgateError('USAGE', `${name} is text.`);
}
