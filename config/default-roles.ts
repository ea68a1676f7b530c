/**
 * What devices of each role may do, unless the operator says otherwise. `{deviceId}` stands for the
 * device's own id, so that a device reaches its own topics only.
 */
const OWN_JOBS = 'peripherals/+/request/{deviceId}';
const OWN_ANSWERS = 'peripherals/+/response/{deviceId}';
const OWN_QUERIES = 'queries/{deviceId}/request';
const OWN_QUERY_ANSWERS = 'queries/{deviceId}/response';
const OWN_RESERVATIONS = 'reservations/{deviceId}/request';
const OWN_RESERVATION_ANSWERS = 'reservations/{deviceId}/response';
const EVERY_RESULT = 'transactions/+/result';
const NEWS = ['peripherals/+/event', 'peripherals/+/state', 'feeds/#', 'gateway/status'];

const sells = (): { publish: string[]; subscribe: string[] } => ({
  publish: ['transactions/{deviceId}/submit', OWN_JOBS, OWN_QUERIES, OWN_RESERVATIONS],
  subscribe: [
    ...['transactions/{deviceId}/result', OWN_ANSWERS, OWN_QUERY_ANSWERS, OWN_RESERVATION_ANSWERS],
    ...NEWS,
  ],
});

export const DEFAULT_ROLES = {
  till: sells(),
  kiosk: sells(),
  handheld: sells(),
  display: { publish: [OWN_QUERIES], subscribe: [OWN_QUERY_ANSWERS, ...NEWS] },
  monitor: { publish: [], subscribe: [EVERY_RESULT, ...NEWS] },
  service: {
    rights: ['raw'],
    publish: [OWN_JOBS, OWN_QUERIES],
    subscribe: [EVERY_RESULT, OWN_ANSWERS, OWN_QUERY_ANSWERS, ...NEWS],
  },
};
