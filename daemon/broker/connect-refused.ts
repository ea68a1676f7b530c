/** Why a CONNECT is refused, as aedes wants to hear it. */
import { TillgateError } from '../../protocol/errors.ts';

/** MQTT 3.1.1 table 3.1. */
export const SERVER_UNAVAILABLE = 3;
export const BAD_CREDENTIAL = 4;
export const NOT_AUTHORIZED = 5;

/** aedes puts the code into the CONNACK. */
export type ConnectRefused = TillgateError & { returnCode: number };

export function refusal(returnCode: number): ConnectRefused {
  const error = new TillgateError('MQTT_REFUSED', `CONNECT was refused with code ${returnCode}.`);
  return Object.assign(error, { returnCode });
}
