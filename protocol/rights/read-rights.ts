/**
 * Reads what an entry says of rights, leniently: members that this release does not know are passed
 * over, and what has not its form says nothing. The entry itself is kept either way.
 */
import Type from 'typebox';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { grantDocument } from '../feed/right-documents.ts';
import type { Json, JsonObject } from '../json/json-value.ts';
import { POOL_SOURCE } from './pool.ts';
import type { RightEvent, TransactionRights } from './right-entries.ts';

const id = Type.String({ minLength: 1, maxLength: 256 });
const pool = Type.String({ pattern: POOL_SOURCE });
const amount = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const from = Type.Array(Type.Object({ grantId: id, amount }));
const terms = Type.Object({
  cap: Type.Optional(amount),
  singleUse: Type.Optional(Type.Literal(true)),
  withoutGrant: amount,
  to: Type.Optional(Type.String()),
});
const held = { reservationId: id, pool, amount };

const forms: Record<RightEvent['event'], { Check: (value: unknown) => boolean }> = {
  received: form({ grant: grantDocument }),
  returned: form({ grantId: id, pool, amount, recall: Type.Optional(id) }),
  requested: form({ pool, amount }),
  terms: form({ couponId: id, terms: Type.Union([terms, Type.Null()]) }),
  held: form({ ...held, from, until: Type.Optional(Type.String()) }),
  released: form({ ...held, reason: Type.String() }),
  collected: form(held),
  compensation: form({ conflictId: id, pool, amount }),
  frozen: form({ reason: Type.String() }),
  thawed: form({ reason: Type.String() }),
};

const transactionForm = form({
  debits: Type.Array(
    Type.Object({ pool, amount, from, by: Type.Enum(['grant', 'policy']), left: amount }),
  ),
  credits: Type.Array(Type.Object({ pool, amount })),
});

/** Of the header of an entry of kind `grant`. */
export function readRightEvent(header: JsonObject): RightEvent | undefined {
  const { event } = header;
  if (typeof event !== 'string' || !Object.hasOwn(forms, event)) return undefined;
  const isRead = forms[event as RightEvent['event']].Check(header);
  return isRead ? (header as unknown as RightEvent) : undefined;
}

/** Of the member `rights` of a transaction's entry. */
export function readTransactionRights(value: Json | undefined): TransactionRights | undefined {
  return transactionForm.Check(value) ? (value as unknown as TransactionRights) : undefined;
}

/** Compiled when it is needed: most gateways never see most of them. */
function form(members: Record<string, TSchema>): { Check: (value: unknown) => boolean } {
  let compiled: { Check: (value: unknown) => boolean } | undefined;
  return {
    Check: (value) => {
      compiled ??= Compile(Type.Object(members));
      return compiled.Check(value);
    },
  };
}
