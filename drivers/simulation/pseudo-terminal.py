#!/usr/bin/env python3
"""The device's end of a pseudo-terminal, for pseudo-terminal.ts.

usage: pseudo-terminal.py LINK
  stdin    what the device sends; lost while nobody has the port open, as on a real line
  stdout   what the device receives
  fd 3     one line an event: `ready PATH`, `open`, `closed`

LINK is a symbolic link to the terminal. When stdin ends or this process does, the terminal hangs up,
which is what a program at the other end sees of a pulled cable.
"""
import errno
import os
import select
import signal
import sys
import tty

CHUNK = 65536
# How soon an opened port is noticed; the price is one call of poll() each time.
LOOK_EVERY_MS = 20


def tell(event):
    os.write(3, (event + "\n").encode())


def point(link, target):
    """Makes the link in one step: whoever opens it finds the old terminal or the new one."""
    temporary = link + ".new"
    try:
        os.unlink(temporary)
    except FileNotFoundError:
        pass
    os.symlink(target, temporary)
    os.rename(temporary, link)


def write_all(fd, data):
    while data:
        data = data[os.write(fd, data):]


def receive(master):
    """Hands on what was written to the port; False when nobody has it open."""
    try:
        data = os.read(master, CHUNK)
    except OSError as error:
        if error.errno == errno.EIO:
            return False
        raise
    write_all(1, data)
    return True


def is_open(master):
    poller = select.poll()
    poller.register(master, select.POLLIN)
    return not any(mask & select.POLLHUP for _, mask in poller.poll(0))


def bridge(master):
    opened = False
    while True:
        poller = select.poll()
        poller.register(0, select.POLLIN | select.POLLHUP)
        if opened:
            poller.register(master, select.POLLIN | select.POLLHUP)
        ready = dict(poller.poll(None if opened else LOOK_EVERY_MS))
        if master in ready and not receive(master):
            opened = False
            tell("closed")
        if not opened and is_open(master):
            opened = True
            tell("open")
        if 0 in ready:
            data = os.read(0, CHUNK)
            if not data:
                return
            if opened:
                write_all(master, data)


def main():
    link = sys.argv[1]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    master, slave = os.openpty()
    tty.setraw(slave)
    name = os.ttyname(slave)
    # Without an opener of our own the master sees when the port is opened and closed.
    os.close(slave)
    point(link, name)
    tell("ready " + name)
    try:
        bridge(master)
    except BrokenPipeError:
        pass
    finally:
        if os.path.islink(link) and os.readlink(link) == name:
            os.unlink(link)


main()
