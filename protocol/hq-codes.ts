/** The part of the one table of error codes (error-codes.ts) about headquarters. */
export const HQ_CODES = {
  HQ_CUSTODY_MISSING: {
    means: 'Headquarters has not kept anything under this home yet.',
    fix: 'Start it once with `tillgate hq run`, or name the right --home.',
  },
  HQ_CUSTODY_DAMAGED: {
    means: 'What headquarters keeps was changed, cut off or cannot be read any more.',
    fix: 'Run `tillgate hq log verify`. Then put a backup, or a copy of the damaged folder made with `cp -r`, in its place: headquarters reads it up to the damage, sets the rest aside, and the gateways send what is missing.',
  },
  HQ_CUSTODY_FAILED: {
    means: 'The disk or the database of the custody failed, so what is durable is unknown.',
    fix: 'Look at the disk; headquarters starts again by itself and reads what is there.',
  },
  HQ_CUSTODY_FULL: {
    means:
      'The disk of the custody is full or read-only; nothing is acknowledged until it takes writes.',
    fix: 'Make room on the disk, or mount it for writing; the gateways send again by themselves.',
  },
  HQ_RESTORED: {
    means: 'Headquarters had signed for entries that it does not hold: it runs on an older copy.',
    fix: 'Nothing, while the gateways send again. Then compare the totals with the stores, see that every store came back, and clear the alarm.',
  },
  HQ_ENTRIES_LOST: {
    means:
      'Entries that headquarters had signed for are neither there nor at their gateway any more.',
    fix: 'Look for another copy of that gateway disk or of custody before anything is thrown away; enter the sales again from receipts otherwise.',
  },
  HQ_SIGNED_TWO_HISTORIES: {
    means:
      'After a restore headquarters took in other entries than those it had signed for before.',
    fix: 'Two copies of that gateway were alive: find the other one, and compare the sales of both by hand.',
  },
  HQ_QUARANTINE: {
    means: 'Entries are in custody that no report counts, because they cannot be read yet.',
    fix: 'See `tillgate quarantine list`; upgrade and retry what a later release reads, waive the rest with a reason. The alarm clears itself.',
  },
  HQ_TOPIC_REFUSED: {
    means: "A client of headquarters' broker used a topic that is not its own.",
    fix: 'Enrol each gateway by itself: `tillgate hq store add`, then `tillgate hq join`.',
  },
  HQ_CREDENTIALS: {
    means: "User name or password is not one of headquarters' broker.",
    fix: 'Install the enrolment document again: `tillgate hq store add`, then `tillgate hq join`.',
  },
  HQ_BROKER_URL: {
    means: 'The address of the broker is not a URL.',
    fix: 'Use a form like mqtts://user:password@broker.example.com:8883.',
  },
  HQ_PROJECTION_BUSY: {
    means: "Headquarters' tables cannot answer right now; custody is not affected.",
    fix: 'Try again in a moment; `tillgate hq status` shows what the tables are doing.',
  },
  HQ_NO_ANSWER: {
    means: 'The running headquarters did not answer, or answered with an error.',
    fix: 'Try again; look at the log of headquarters.',
  },
  HQ_NOT_FOUND: {
    means: 'Headquarters has nothing of that name or id.',
    fix: 'Check the name or id; `tillgate hq store list` shows what headquarters keeps.',
  },
  HQ_URL_UNKNOWN: {
    means: 'Nobody knows under which address stores reach headquarters.',
    fix: 'Start `tillgate hq run` first, set publicUrl in hq.yaml, or give --hq-url.',
  },
  HQ_STOPPED: {
    means: 'Headquarters is not running, and this needs it.',
    fix: 'Start it with `tillgate hq run`.',
  },
  HQ_ADMISSION_CONFLICT: {
    means: 'A log of that name was admitted with another key.',
    fix: 'Compare the verifier keys; a gateway that lost its key gets a new name.',
  },
  HTTP_UNAUTHORISED: {
    means: 'A request to write over HTTP has not the token for it.',
    fix: 'Send `Authorization: Bearer TOKEN`, with what the file keys/api-token of headquarters holds.',
  },
  HTTP_MEDIA_TYPE: {
    means: 'The body of a request is of a type that its path does not take.',
    fix: 'Name the type in the header content-type, as application/json.',
  },
  HTTP_BODY_TOO_LARGE: {
    means: 'The body of a request is larger than its path takes.',
    fix: 'Send it in several requests.',
  },
  HTTP_BODY_INVALID: {
    means: 'The body of a request cannot be read.',
    fix: 'Send it whole, as one JSON value with whole numbers and no member twice.',
  },
} as const satisfies Record<string, { means: string; fix: string }>;
