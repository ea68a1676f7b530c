/**
 * What devices of each role may do, unless the operator says otherwise. `{deviceId}` stands for the
 * device's own id, so that a device reaches its own topics only.
 */
const OWN_TRANSACTIONS = ['transactions/{deviceId}/submit'];
const OWN_RESULTS = ['transactions/{deviceId}/result'];
const OWN_JOBS = ['peripherals/+/request/{deviceId}'];
const OWN_ANSWERS = [
  'peripherals/+/response/{deviceId}',
  'peripherals/+/event',
  'peripherals/+/state',
];
const OWN_QUERIES = ['queries/{deviceId}/request'];
const OWN_QUERY_ANSWERS = ['queries/{deviceId}/response'];
const NEWS = ['feeds/+', 'gateway/status'];

const seller = {
  publish: [...OWN_TRANSACTIONS, ...OWN_JOBS, ...OWN_QUERIES],
  subscribe: [...OWN_RESULTS, ...OWN_ANSWERS, ...OWN_QUERY_ANSWERS, ...NEWS],
};

export const DEFAULT_ROLES = {
  till: seller,
  kiosk: seller,
  handheld: seller,
  display: { publish: [], subscribe: ['peripherals/+/state', ...NEWS] },
  monitor: { publish: [], subscribe: ['peripherals/+/event', 'peripherals/+/state', ...NEWS] },
  service: {
    publish: [...OWN_JOBS, ...OWN_QUERIES],
    subscribe: [...OWN_ANSWERS, ...OWN_QUERY_ANSWERS, ...NEWS],
  },
};
