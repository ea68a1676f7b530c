/** Pieces that the documents of all collections are made of. */
import Type from 'typebox';
import Format from 'typebox/format';
import { isDateTime } from '../calendar.ts';
import { ID_SOURCE } from '../ids.ts';
import { SCALE_MAX } from '../scaled.ts';

Format.Set('date-time', isDateTime);

export const NAME_CHARACTERS_MAX = 256;
const ID_CHARACTERS_MAX = 64;
const LANGUAGES_MAX = 32;
/** Cases, inner packs and old labels of one article. */
export const CODES_MAX = 64;

export const CLOSED = { additionalProperties: false } as const;

/** Printable ASCII without spaces and slashes: safe in a key, a URL and a line of a table. */
export const documentId = (description: string) =>
  Type.String({ description, pattern: `^[!-.0-~]{1,${ID_CHARACTERS_MAX}}$` });

export const names = Type.Record(
  Type.String({ pattern: '^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$' }),
  Type.String({ minLength: 1, maxLength: NAME_CHARACTERS_MAX }),
  {
    additionalProperties: false,
    minProperties: 1,
    maxProperties: LANGUAGES_MAX,
    description: 'The name by language (BCP 47).',
  },
);

export const scaled = (description: string, minimum = Number.MIN_SAFE_INTEGER) =>
  Type.Object(
    {
      value: Type.Integer({ minimum, maximum: Number.MAX_SAFE_INTEGER }),
      scale: Type.Integer({ minimum: 0, maximum: SCALE_MAX }),
    },
    { ...CLOSED, description: `${description} The number is value × 10^−scale.` },
  );

const code = (description: string) => Type.String({ description, pattern: '^[!-~]{1,64}$' });
export const codes = (description: string) =>
  Type.Optional(Type.Array(code(description), { maxItems: CODES_MAX, uniqueItems: true }));
export const time = (description: string) =>
  Type.Optional(Type.String({ description, format: 'date-time', maxLength: 64 }));
export const currency = Type.String({ description: 'ISO 4217.', pattern: '^[A-Z]{3}$' });
export const unit = Type.Optional(
  Type.String({ description: 'UN/ECE Rec 20, such as EA or KGM.', pattern: '^[!-~]{1,16}$' }),
);
export const storeId = (description: string) => Type.String({ description, pattern: ID_SOURCE });

/** An id of a gateway, device or role. */
export const plainId = (description: string) => Type.String({ description, pattern: ID_SOURCE });
