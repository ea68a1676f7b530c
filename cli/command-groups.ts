/** The words that only lead to commands, with what they are about. */
export const GROUPS: Readonly<Record<string, string>> = {
  alarm: 'What a person has to know, kept until cleared',
  device: 'The devices of the store: tills, kiosks, displays',
  'device key': 'The keys with which a device signs',
  peripheral: 'Printers, drawers, scanners, scales and card readers',
  log: "The gateway's own log: look, verify, prove",
  config: 'The configuration: check, read, change',
  hq: 'Headquarters: the receiver of the logs',
  'hq store': 'The stores that headquarters knows',
  'hq feed': 'What headquarters publishes to the stores',
  'hq command': 'What headquarters tells gateways to do',
  'hq device': 'What headquarters says of devices',
  'hq report': 'What headquarters counted',
  quarantine: 'What headquarters could not read: look, retry, waive',
  'hq log': 'The logs that headquarters keeps',
};
