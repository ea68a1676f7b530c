/** Sales by the thousand, each under an id of its own, as a till sends them. */
import mqttPacket from 'mqtt-packet';
import { sampleSale } from '../support/sample-sale.ts';

/** The `at`th sale of a series; series and numbers never meet. */
export function saleOf(series: number, at: number): string {
  const id = (series * 2 ** 24 + at).toString(16).padStart(12, '0');
  return sampleSale({
    transactionId: `01936a4e-2a1c-7c3e-9d63-${id}`,
    sequenceNumber: at,
  });
}

export function salePacket(deviceId: string, series: number, at: number): Buffer {
  return mqttPacket.generate({
    cmd: 'publish',
    topic: `transactions/${deviceId}/submit`,
    payload: saleOf(series, at),
    qos: 1,
    messageId: (at % 65_535) + 1,
    dup: false,
    retain: false,
  });
}
