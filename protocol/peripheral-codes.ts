/** Codes about peripherals and what carries their bytes; part of the table in error-codes.ts. */
export const PERIPHERAL_CODES = {
  PERIPHERAL_UNKNOWN: {
    means: 'A request names a peripheral that this gateway does not have.',
    fix: 'See `tillgate peripheral list`; add it with `tillgate peripheral add`.',
  },
  PERIPHERAL_EXISTS: {
    means: 'A peripheral of that name is configured already.',
    fix: 'Use another name, or remove the old one with `tillgate peripheral remove`.',
  },
  PERIPHERAL_ABSENT: {
    means: 'The peripheral is not connected; nothing was done.',
    fix: 'Check power and cable, then `tillgate peripheral list` says what is missing.',
  },
  PERIPHERAL_NOT_READY: {
    means: 'The peripheral is connected and cannot work now; nothing was done.',
    fix: 'Do what the reasons say (paper, cover, cutter, zero), then ask again.',
  },
  PERIPHERAL_BUSY: {
    means: 'Too many jobs wait for this peripheral; nothing was done.',
    fix: 'Ask again when the jobs before it are done.',
  },
  PERIPHERAL_FAULT: {
    means: 'The session with a peripheral failed and is begun anew.',
    fix: 'Nothing, if it comes back; otherwise `tillgate peripheral log` shows its last bytes.',
  },
  PERIPHERAL_IDENTITY: {
    means: 'Another device than the one that was added answers at the address of a peripheral.',
    fix: 'Plug the right one in; for a replacement, remove the peripheral and add it again.',
  },
  PERIPHERAL_PROTOCOL: {
    means: 'The peripheral answered something that its protocol does not have.',
    fix: 'Check driver and serial settings: `tillgate peripheral scan` names what fits.',
  },
  PERIPHERAL_OPTIONS: {
    means: 'The options of a peripheral are not what its driver takes.',
    fix: 'Correct the option that is named; `tillgate peripheral add --help` lists them.',
  },
  DRIVER_UNKNOWN: {
    means: 'There is no driver of that name.',
    fix: 'See the drivers with `tillgate peripheral add --help`.',
  },
  JOB_INVALID: {
    means: 'A request to a peripheral cannot be read; nothing was done.',
    fix: 'Correct the member that is named and ask again under a new jobId.',
  },
  JOB_OPERATION: {
    means: 'The peripheral has no such operation; nothing was done.',
    fix: 'Use one of the operations that the message lists.',
  },
  JOB_RIGHT: {
    means: "The device's role does not allow this operation; nothing was done.",
    fix: 'Add the right to the role in the configuration (`roles`), if the device should have it.',
  },
  JOB_TOO_LARGE: {
    means: 'A request to a peripheral is larger than what is taken; nothing was done.',
    fix: 'Send less: split the document, or send a smaller picture.',
  },
  JOB_CONFLICT: {
    means: 'A jobId was used before for something else; nothing was done.',
    fix: 'Use a new jobId for each job, and the same one only to ask for its answer again.',
  },
  JOB_EXPIRED: {
    means: 'A job was not done in time.',
    fix: 'If it is refused, ask again under a new jobId; if unknown, look at the peripheral first.',
  },
  JOB_INTERRUPTED: {
    means: 'A job was under way when the gateway, the peripheral or the line between them ended.',
    fix: 'Look at the peripheral: if nothing came out, ask again under a new jobId.',
  },
  SCALE_UNIT: {
    means: 'A weight came in a unit that cannot be told exactly in the configured one.',
    fix: 'Switch the scale back to the unit of its configuration, or correct the option `unit`.',
  },
  SCALE_CHALLENGE: {
    means: 'A scale demands a checksum that only its maker can give to approved software.',
    fix: 'Turn the checksum request off in the menu of the scale, or choose another protocol there.',
  },
  JOB_UNKNOWN: {
    means: 'A reprint names a job that this device did not print, or that is not kept any more.',
    fix: 'Name a print that is done or unknown by its jobId, or use printReceipt.',
  },
  JOB_TRANSACTION_UNKNOWN: {
    means: 'A receipt was asked for a transaction that this log has not accepted.',
    fix: 'Submit the transaction first, and ask for its receipt after its result.',
  },
  TRANSPORT_ADDRESS: {
    means: 'An address of a peripheral cannot be read.',
    fix: 'Use what `tillgate peripheral scan` prints, or serial:/dev/…, tcp://host:port, usb:vid:pid.',
  },
  TRANSPORT_ABSENT: {
    means: 'Nothing is connected at the address of a peripheral.',
    fix: 'Check power and cable; `tillgate peripheral scan` shows what is plugged in.',
  },
  TRANSPORT_DENIED: {
    means: 'The gateway may not open the port of a peripheral.',
    fix: 'Install the udev rules: `tillgate peripheral scan --udev-rules`, then plug it in again.',
  },
  TRANSPORT_BUSY: {
    means: 'Another program holds the port of a peripheral.',
    fix: 'Stop the program that is named, or take the device away from it.',
  },
  TRANSPORT_PACKAGE_MISSING: {
    means: 'A package that this kind of port needs is not installed.',
    fix: 'Install the package that the message names, then start again.',
  },
  TRANSPORT_CLOSED: {
    means: 'The port of a peripheral was closed while something waited for it.',
    fix: 'Nothing: the gateway opens it again by itself.',
  },
  TRANSPORT_FAULT: {
    means: 'The port of a peripheral failed.',
    fix: 'Check the cable and the kernel log; the gateway tries again by itself.',
  },
} as const;
