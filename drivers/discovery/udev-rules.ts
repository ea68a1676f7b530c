/**
 * The udev rules that let the gateway's user open what it drives, by class of interface and not by
 * model. Printed by `tillgate peripheral scan --udev-rules` and shipped as systemd/60-tillgate.rules;
 * a test keeps both equal.
 *
 * Serial chips and makers of point-of-sale devices are named where ModemManager has to keep off: a
 * store may have a modem for its uplink, which must go on working.
 */

/** FTDI, Prolific, Silicon Labs, QinHeng; Epson, Star, Honeywell, Zebra, Datalogic, Newland, Ingenico. */
const NO_MODEMS = '0403|067b|10c4|1a86|04b8|0519|0c2e|05e0|05f9|1eab|0b00';

export const UDEV_RULES = `# Tillgate: who may open the peripherals of a counter.
# Install as /etc/udev/rules.d/60-tillgate.rules, then: udevadm control --reload && udevadm trigger
ACTION=="remove", GOTO="tillgate_end"

# Receipt printers: the device itself, and the file of the kernel's printer driver.
SUBSYSTEM=="usb", ENV{DEVTYPE}=="usb_device", ENV{ID_USB_INTERFACES}=="*:0701??:*", GROUP="lp", MODE="0660"
SUBSYSTEM=="usbmisc", KERNEL=="lp[0-9]*", GROUP="lp", MODE="0660"

# Bar code scanners (HID page 8C) and scales (8D): what the first bytes of the report descriptor say.
SUBSYSTEM=="hidraw", PROGRAM=="/bin/sh -c 'od -An -v -tx1 -N2 /sys%p/device/report_descriptor'", RESULT=="*05 8c*|*05 8d*", GROUP="tillgate", MODE="0660"

# Serial ports, with and without USB.
SUBSYSTEM=="tty", KERNEL=="ttyUSB[0-9]*|ttyACM[0-9]*|ttyS[0-9]*|ttyAMA[0-9]*", GROUP="dialout", MODE="0660"
SUBSYSTEM=="tty", SUBSYSTEMS=="usb", ATTRS{idVendor}=="${NO_MODEMS}", ENV{ID_MM_DEVICE_IGNORE}="1", ENV{ID_MM_PORT_IGNORE}="1"

# Card readers belong to the PC/SC daemon, which the gateway asks over its socket.
SUBSYSTEM=="usb", ENV{DEVTYPE}=="usb_device", ENV{ID_USB_INTERFACES}=="*:0b????:*", GROUP="pcscd", MODE="0660"

LABEL="tillgate_end"
`;
