#!/bin/sh
# One USB printer in the private mounts of this process: unshare -mn sh usb-world.sh COMMAND…
# sysfs is a tmpfs with the attributes that the package `usb` reads; fusb mounts the device files.
set -e
mount --make-rprivate /
mount -t tmpfs tillgate-usb /sys/bus
device=/sys/bus/usb/devices/1-1
mkdir -p "$device/1-1:1.0"

attributes() {
  folder=$1
  shift
  for pair in "$@"; do printf '%s\n' "${pair#*=}" > "$folder/${pair%%=*}"; done
}

attributes "$device" busnum=1 devnum=2 devpath=1 idVendor=04b8 idProduct=0e15 bcdDevice=0100 \
  bDeviceClass=00 bDeviceSubClass=00 bDeviceProtocol=00 speed=480 manufacturer=EPSON \
  product=TM-m30 serial=X1A2B3 bConfigurationValue=1 bNumConfigurations=1 version=2.00
attributes "$device/1-1:1.0" bInterfaceNumber=00 bInterfaceClass=07 bInterfaceSubClass=01 \
  bInterfaceProtocol=02 bAlternateSetting=0
mkdir -p /dev/bus
mount -t tmpfs tillgate-usb /dev/bus
mkdir -p /dev/bus/usb
exec "$@"
