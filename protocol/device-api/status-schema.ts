/**
 * What `gateway/status` carries, for people who write tills and displays. Status gains members from
 * release to release, so only those that the contract names are listed and nothing is closed.
 */
import Type from 'typebox';

const endpoint = (description: string) =>
  Type.Object({ host: Type.String(), port: Type.Integer() }, { description });

export const statusSchema = Type.Object(
  {
    version: Type.String({ description: 'Version of the gateway program.' }),
    origin: Type.String({ description: 'The log that the gateway writes now.' }),
    mqtt: endpoint('Where devices connect.'),
    http: endpoint('Where /metrics and /healthz are.'),
    log: Type.Object(
      {
        size: Type.Integer({ minimum: 0, description: 'Entries committed.' }),
        root: Type.String({ description: 'Merkle root of them, base64.' }),
      },
      { description: 'The tip of the log.' },
    ),
    uplink: Type.Object(
      {
        state: Type.String({ description: 'One word for the way to headquarters.' }),
        head: Type.Optional(Type.Unknown({ description: 'What headquarters holds durably.' })),
      },
      { description: 'How far headquarters is.' },
    ),
    feeds: Type.Optional(
      Type.Object(
        { feeds: Type.Array(Type.Unknown()), problem: Type.Unknown() },
        { description: 'What the store knows from headquarters, as docs/feeds.md says.' },
      ),
    ),
    stock: Type.Optional(
      Type.Object(
        { items: Type.Integer(), behind: Type.Integer() },
        {
          description: 'How many items there are, and entries not added up, as docs/stock.md says.',
        },
      ),
    ),
    entriesOnlyHere: Type.Integer({
      minimum: 0,
      description: 'Entries that would be lost with this disk, because headquarters lacks them.',
    }),
    peripherals: Type.Optional(
      Type.Array(Type.Unknown(), { description: 'Each as on its own state topic.' }),
    ),
  },
  {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'urn:tillgate:status:1',
    title: 'Gateway status',
    description: 'Retained on gateway/status, as `tillgate status --json` prints it.',
  },
);
