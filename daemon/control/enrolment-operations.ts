/**
 * Installing what headquarters handed out: checked against this gateway's own log and key, recorded
 * as an entry (without the password), written for the owner's eyes only.
 */
import { hash } from 'node:crypto';
import { writeFileAtomicallySync } from '../../platform/durable/atomic-file.ts';
import { checkEnrolment, parseEnrolment } from '../../protocol/replication/enrolment.ts';
import type { Enrolment } from '../../protocol/replication/enrolment.ts';
import type { Answer, Append } from '../ledger/commands.ts';

export interface EnrolmentOperationsOptions {
  enrolmentFile: string;
  ledger: { append(command: Append): Promise<Answer> };
  /** The newest epoch's origin and the verifier key of its log. */
  identity: () => { origin: string; verifierKey: string };
  /** Lets the uplink begin. */
  onEnrolled?: (enrolment: Enrolment) => void;
}

export interface EnrolmentResult {
  origin: string;
  hqUrl: string;
  hqKeys: readonly string[];
}

/** `text` is the document. Throws `ENROLMENT_INVALID`; then nothing was changed. */
export async function installEnrolment(
  options: EnrolmentOperationsOptions,
  text: string,
): Promise<EnrolmentResult> {
  const enrolment = parseEnrolment(text);
  const { origin, verifierKey } = options.identity();
  checkEnrolment(enrolment, origin, verifierKey);
  const { hqUrl, hqKeys, username } = enrolment;
  await options.ledger.append({
    type: 'append',
    kind: 'config',
    members: {
      action: 'enrolled',
      hqUrl,
      hqKeys: [...hqKeys],
      username,
      admissionHash: hash('sha256', enrolment.admission, 'base64'),
    },
  });
  writeFileAtomicallySync(options.enrolmentFile, `${JSON.stringify(enrolment, null, 2)}\n`, {
    mode: 0o600,
  });
  options.onEnrolled?.(enrolment);
  return { origin, hqUrl, hqKeys };
}
