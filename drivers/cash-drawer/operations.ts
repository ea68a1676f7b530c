/** What a device may ask of a cash drawer. */
import { TillgateError } from '../../protocol/errors.ts';
import type { Operation, ParsedParams } from '../driver.ts';

export interface OpenParams {
  /** Told in the event and in the log. */
  readonly reason?: string;
}

const REASON_LETTERS_MAX = 200;

export const DRAWER_OPERATIONS: Readonly<Record<string, Operation>> = {
  open: {
    summary: 'open the drawer',
    deadlineMs: 5_000,
    deadlineMsMax: 30_000,
    isPhysical: true,
    parse: parseOpen,
  },
  waitUntilClosed: {
    summary: 'end when the drawer is closed, at the latest after timeoutMs',
    deadlineMs: 60_000,
    deadlineMsMax: 3_600_000,
    isPhysical: false,
    parse: (request) => unknownMember(request) ?? { ok: true, params: {} },
  },
  status: {
    summary: 'tell whether the drawer is open',
    deadlineMs: 5_000,
    deadlineMsMax: 30_000,
    isPhysical: false,
    parse: (request) => unknownMember(request) ?? { ok: true, params: {} },
  },
};

function parseOpen(request: Readonly<Record<string, unknown>>): ParsedParams {
  const { reason, ...rest } = request;
  const stranger = unknownMember(rest);
  if (stranger !== undefined) return stranger;
  if (reason === undefined) return { ok: true, params: {} };
  if (typeof reason !== 'string' || reason.length > REASON_LETTERS_MAX) {
    return invalid('reason', `must be text of at most ${REASON_LETTERS_MAX} characters`);
  }
  const params: OpenParams = { reason };
  return { ok: true, params };
}

function unknownMember(rest: Readonly<Record<string, unknown>>): ParsedParams | undefined {
  const [member] = Object.keys(rest);
  return member === undefined ? undefined : invalid(member, 'is no member of this operation');
}

function invalid(member: string, what: string): ParsedParams {
  const message = `${member.slice(0, 60)} ${what}.`;
  const { hint } = new TillgateError('JOB_INVALID', message);
  const path = `/${member.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  return { ok: false, problem: { code: 'JOB_INVALID', message, hint, path } };
}
