/** `tillgate log show`: one entry, for people or as bytes. */
import { encodeBase64 } from '../../protocol/log/base64.ts';
import { TillgateError } from '../../protocol/errors.ts';
import type { TimeBracket } from '../../daemon/control/time-bracket.ts';
import type { ShownEntry } from '../../daemon/control/log-inspection.ts';
import type { Command } from '../command.ts';
import { EPOCH_OPTION, epochOf } from '../log-target.ts';

export const logShow: Command = {
  words: 'log show',
  summary: 'show one entry of the log',
  details:
    "Also between which two times of headquarters it was written, whatever the store's clock said.",
  arguments: [{ name: 'entry', summary: 'its index, or the transactionId that it books' }],
  options: [
    { flags: '--body', summary: 'only the body, byte for byte as it was received' },
    EPOCH_OPTION,
  ],
  async run(context, input) {
    const { LogInspection } = await import('../../daemon/control/log-inspection.ts');
    const log = new LogInspection(context.home);
    try {
      const ref = log.find(input.argument('entry'), epochOf(input));
      const entry = log.show(ref);
      if (input.flag('body') && !context.json) {
        process.stdout.write(bodyOf(entry));
        return undefined;
      }
      const bracket = log.timeBracket(ref);
      const document = { ...documentOf(entry), timeBracket: bracket };
      context.output.result(document, `${textOf(entry)}\n${bracketText(bracket)}`);
    } finally {
      log.close();
    }
    return undefined;
  },
};

function bodyOf(entry: ShownEntry): Uint8Array {
  if (entry.body !== undefined) return entry.body;
  throw new TillgateError(
    'LOG_ENTRY_UNKNOWN',
    `The body of entry ${entry.index} is not kept here.`,
  );
}

function documentOf({ origin, epoch, index, header, leaf, body, salt, ...entry }: ShownEntry) {
  return {
    origin,
    epoch,
    index,
    leafHash: encodeBase64(entry.leafHash),
    leaf: encodeBase64(leaf),
    header,
    body: body === undefined ? null : encodeBase64(body),
    ...(salt !== undefined && { salt: encodeBase64(salt) }),
  };
}

function textOf({ origin, index, header, body, ...entry }: ShownEntry): string {
  const lines = [
    `origin     ${origin}`,
    `index      ${index}`,
    `leaf hash  ${encodeBase64(entry.leafHash)}`,
    `header     ${JSON.stringify(header, null, 2).replaceAll('\n', '\n           ')}`,
    `body       ${bodyText(body)}`,
  ];
  return lines.join('\n');
}

function bracketText({ after, before }: TimeBracket): string {
  const afterText =
    after === null
      ? 'nothing is known of when at the earliest'
      : `${after.time} (anchor in entry ${after.anchorIndex} of ${after.origin})`;
  const beforeText =
    before === null
      ? 'headquarters has not cosigned it yet'
      : before.source === 'anchor'
        ? `${before.time} (anchor in entry ${before.anchorIndex} of ${before.origin})`
        : `${before.time} (headquarters' newest head)`;
  return `written after   ${afterText}\nwritten before  ${beforeText}`;
}

function bodyText(body: Uint8Array | undefined): string {
  if (body === undefined) return 'not kept here';
  if (body.length === 0) return 'none';
  const text = Buffer.from(body).toString('utf8');
  // Whatever a device sent must not steer the terminal of whoever looks at it.
  const isText = !text.includes('\ufffd') && !/[^\P{Cc}\n\t\r]/u.test(text);
  return isText ? text : `${body.length} bytes; --body prints them`;
}
