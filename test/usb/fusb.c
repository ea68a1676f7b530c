/*
 * A USB printer that is not there: a file system in user space in place of /dev/bus/usb, with one
 * device file that answers the ioctls of Linux' usbfs. The package `usb` makes these system calls
 * itself, so nothing above them is replaced.
 *
 *   fusb MOUNTPOINT OUTFILE
 *
 * What the printer receives is appended to OUTFILE. Commands, one a line on stdin:
 *   send HEX    bytes for the bulk endpoint in       stall / go   stop taking bytes, go on
 *   unplug / plug                                    usblp        a kernel driver has the interface
 *
 * URBs lie in the memory of the caller, whose pid FUSE tells; they are read and written there. Only
 * `status` and `actual_length` of an URB are written back, as the kernel does. Replies of ioctls that
 * carry an argument both ways must have no bytes, or FUSE would overwrite the caller's structure.
 */
#define _GNU_SOURCE
#define FUSE_USE_VERSION 35
#include <errno.h>
#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <poll.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <linux/usbdevice_fs.h>

enum { INO_ROOT = 1, INO_BUS = 2, INO_DEVICE = 3 };
static const char BUS_NAME[] = "001";
static const char DEVICE_NAME[] = "002";

/* Device, configuration, interface 07/01/02, bulk out 0x01, bulk in 0x82, of 512 bytes. */
static const unsigned char descriptors[] = {
    18, 1, 0x00, 0x02, 0, 0, 0, 64, 0xb8, 0x04, 0x15, 0x0e, 0x00, 0x01, 1, 2, 3, 1,
    9, 2, 32, 0, 1, 1, 0, 0xc0, 50,
    9, 4, 0, 0, 2, 7, 1, 2, 0,
    7, 5, 0x01, 2, 0x00, 0x02, 0,
    7, 5, 0x82, 2, 0x00, 0x02, 0,
};

struct transfer {
  unsigned long caller_urb;
  pid_t pid;
  struct usbdevfs_urb urb;
  struct transfer *next;
};

struct opener {
  int has_claim;
  struct transfer *pending, *done;
  struct fuse_pollhandle *waiting;
  struct opener *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct opener *openers;
static int is_gone, is_stalled, has_kernel_driver, outfile;
static unsigned char *inward;
static size_t inward_length;

static int copy_from(pid_t pid, unsigned long at, void *to, size_t size) {
  struct iovec here = {to, size}, there = {(void *)at, size};
  return process_vm_readv(pid, &here, 1, &there, 1, 0) == (ssize_t)size ? 0 : -EFAULT;
}

static int copy_to(pid_t pid, unsigned long at, const void *from, size_t size) {
  struct iovec here = {(void *)from, size}, there = {(void *)at, size};
  return process_vm_writev(pid, &here, 1, &there, 1, 0) == (ssize_t)size ? 0 : -EFAULT;
}

static void wake(struct opener *opener) {
  if (!opener->waiting) return;
  fuse_lowlevel_notify_poll(opener->waiting);
  fuse_pollhandle_destroy(opener->waiting);
  opener->waiting = NULL;
}

static void append(struct transfer **list, struct transfer *transfer) {
  transfer->next = NULL;
  while (*list) list = &(*list)->next;
  *list = transfer;
}

static void complete(struct opener *opener, struct transfer *transfer, int status, int length) {
  transfer->urb.status = status;
  transfer->urb.actual_length = length;
  append(&opener->done, transfer);
  wake(opener);
}

static void take_out(struct transfer *transfer) {
  size_t size = transfer->urb.buffer_length;
  unsigned char *bytes = malloc(size + 1);
  copy_from(transfer->pid, (unsigned long)transfer->urb.buffer, bytes, size);
  if (write(outfile, bytes, size) != (ssize_t)size) perror("fusb: outfile");
  free(bytes);
}

static size_t bring_in(struct transfer *transfer) {
  size_t size = transfer->urb.buffer_length;
  if (size > inward_length) size = inward_length;
  copy_to(transfer->pid, (unsigned long)transfer->urb.buffer, inward, size);
  memmove(inward, inward + size, inward_length - size);
  inward_length -= size;
  return size;
}

/* Completes what can be completed now; called after every change, with the lock held. */
static void pump(struct opener *opener) {
  struct transfer **at = &opener->pending, *transfer;
  while ((transfer = *at)) {
    int is_in = transfer->urb.endpoint & 0x80;
    if (is_gone) {
      *at = transfer->next;
      complete(opener, transfer, -ESHUTDOWN, 0);
    } else if (is_in && inward_length > 0) {
      *at = transfer->next;
      complete(opener, transfer, 0, bring_in(transfer));
    } else if (!is_in && !is_stalled) {
      *at = transfer->next;
      take_out(transfer);
      complete(opener, transfer, 0, transfer->urb.buffer_length);
    } else {
      at = &transfer->next;
    }
  }
}

static size_t string_descriptor(int index, unsigned char *reply) {
  static const char *strings[] = {"", "EPSON", "TM-m30", "X1A2B3"};
  if (index == 0) return memcpy(reply, "\x04\x03\x09\x04", 4), 4;
  if (index > 3) return 0;
  size_t length = 2;
  for (const char *letter = strings[index]; *letter; letter++) {
    reply[length++] = *letter;
    reply[length++] = 0;
  }
  reply[0] = length;
  reply[1] = 3;
  return length;
}

/* Only what opening asks for: strings, and requests out, which are all taken. */
static void control(struct opener *opener, struct transfer *transfer) {
  unsigned char setup[8], reply[256];
  unsigned long buffer = (unsigned long)transfer->urb.buffer;
  copy_from(transfer->pid, buffer, setup, sizeof setup);
  size_t wanted = setup[6] | setup[7] << 8, length = 0;
  if (!(setup[0] & 0x80)) {
    complete(opener, transfer, 0, wanted);
    return;
  }
  if (setup[0] == 0x80 && setup[1] == 6 && setup[3] == 3) length = string_descriptor(setup[2], reply);
  if (length == 0) {
    complete(opener, transfer, -EPIPE, 0);
    return;
  }
  if (length > wanted) length = wanted;
  copy_to(transfer->pid, buffer + sizeof setup, reply, length);
  complete(opener, transfer, 0, length);
}

static int submit(struct opener *opener, pid_t pid, unsigned long urb) {
  struct transfer *transfer = calloc(1, sizeof *transfer);
  transfer->caller_urb = urb;
  transfer->pid = pid;
  int failure = copy_from(pid, urb, &transfer->urb, sizeof transfer->urb);
  if (failure) {
    free(transfer);
    return failure;
  }
  if (transfer->urb.type == USBDEVFS_URB_TYPE_CONTROL) {
    control(opener, transfer);
  } else {
    append(&opener->pending, transfer);
    pump(opener);
  }
  return 0;
}

static int discard(struct opener *opener, unsigned long urb) {
  struct transfer **at = &opener->pending;
  while (*at && (*at)->caller_urb != urb) at = &(*at)->next;
  struct transfer *found = *at;
  if (!found) return -EINVAL;
  *at = found->next;
  complete(opener, found, -ENOENT, 0);
  return 0;
}

static int reap(struct opener *opener, pid_t pid, unsigned long result) {
  struct transfer *transfer = opener->done;
  if (!transfer) return is_gone ? -ENODEV : -EAGAIN;
  opener->done = transfer->next;
  unsigned long urb = transfer->caller_urb;
  copy_to(pid, urb + offsetof(struct usbdevfs_urb, status), &transfer->urb.status, sizeof(int));
  copy_to(pid, urb + offsetof(struct usbdevfs_urb, actual_length), &transfer->urb.actual_length,
          sizeof(int));
  copy_to(pid, result, &urb, sizeof urb);
  free(transfer);
  return 0;
}

static int claim(struct opener *opener, pid_t pid, unsigned long argument) {
  unsigned interface;
  int failure = copy_from(pid, argument, &interface, sizeof interface);
  if (failure) return failure;
  if (interface != 0) return -ENOENT;
  if (has_kernel_driver) return -EBUSY;
  for (struct opener *other = openers; other; other = other->next)
    if (other != opener && other->has_claim) return -EBUSY;
  opener->has_claim = 1;
  return 0;
}

/* An ioctl for the driver of an interface: the two that take it away and give it back. */
static int driver_ioctl(pid_t pid, unsigned long argument) {
  struct usbdevfs_ioctl request;
  int failure = copy_from(pid, argument, &request, sizeof request);
  if (failure) return failure;
  if (request.ioctl_code == (int)USBDEVFS_DISCONNECT) {
    if (!has_kernel_driver) return -ENODATA;
    has_kernel_driver = 0;
    return 0;
  }
  if (request.ioctl_code == (int)USBDEVFS_CONNECT) {
    has_kernel_driver = 1;
    return 0;
  }
  return -ENOTTY;
}

static int dispatch(struct opener *opener, pid_t pid, unsigned command, unsigned long argument) {
  if (command == USBDEVFS_REAPURBNDELAY) return reap(opener, pid, argument);
  if (is_gone) return -ENODEV;
  switch (command) {
    case USBDEVFS_SUBMITURB:
      return submit(opener, pid, argument);
    case USBDEVFS_DISCARDURB:
      return discard(opener, argument);
    case USBDEVFS_CLAIMINTERFACE:
      return claim(opener, pid, argument);
    case USBDEVFS_RELEASEINTERFACE:
      opener->has_claim = 0;
      return 0;
    case USBDEVFS_IOCTL:
      return driver_ioctl(pid, argument);
    case USBDEVFS_GETDRIVER:
      return -ENODATA;
    case USBDEVFS_SETCONFIGURATION:
    case USBDEVFS_SETINTERFACE:
    case USBDEVFS_CLEAR_HALT:
    case USBDEVFS_RESET:
      return 0;
    default:
      fprintf(stderr, "fusb: unknown ioctl %x\n", command);
      return -ENOTTY;
  }
}

static void on_ioctl(fuse_req_t request, fuse_ino_t ino, unsigned command, void *argument,
                     struct fuse_file_info *file, unsigned flags, const void *in, size_t in_size,
                     size_t out_size) {
  (void)ino, (void)flags, (void)in, (void)in_size, (void)out_size;
  if (command == USBDEVFS_GET_CAPABILITIES && !is_gone) {
    unsigned capabilities = USBDEVFS_CAP_ZERO_PACKET | USBDEVFS_CAP_NO_PACKET_SIZE_LIM |
                            USBDEVFS_CAP_REAP_AFTER_DISCONNECT;
    fuse_reply_ioctl(request, 0, &capabilities, sizeof capabilities);
    return;
  }
  struct opener *opener = (struct opener *)file->fh;
  pthread_mutex_lock(&lock);
  int result = dispatch(opener, fuse_req_ctx(request)->pid, command, (unsigned long)argument);
  pthread_mutex_unlock(&lock);
  if (result < 0) fuse_reply_err(request, -result);
  else fuse_reply_ioctl(request, 0, NULL, 0);
}

static void describe(fuse_ino_t ino, struct stat *stat) {
  memset(stat, 0, sizeof *stat);
  stat->st_ino = ino;
  stat->st_mode = ino == INO_DEVICE ? S_IFREG | 0666 : S_IFDIR | 0755;
  stat->st_nlink = 1;
  if (ino == INO_DEVICE) stat->st_size = sizeof descriptors;
}

static void on_lookup(fuse_req_t request, fuse_ino_t parent, const char *name) {
  struct fuse_entry_param entry = {0};
  if (parent == INO_ROOT && !strcmp(name, BUS_NAME)) entry.ino = INO_BUS;
  if (parent == INO_BUS && !strcmp(name, DEVICE_NAME) && !is_gone) entry.ino = INO_DEVICE;
  if (!entry.ino) {
    fuse_reply_err(request, ENOENT);
    return;
  }
  describe(entry.ino, &entry.attr);
  fuse_reply_entry(request, &entry);
}

static void on_getattr(fuse_req_t request, fuse_ino_t ino, struct fuse_file_info *file) {
  (void)file;
  struct stat stat;
  describe(ino, &stat);
  if (ino == INO_DEVICE && is_gone) fuse_reply_err(request, ENOENT);
  else fuse_reply_attr(request, &stat, 0);
}

static void on_open(fuse_req_t request, fuse_ino_t ino, struct fuse_file_info *file) {
  (void)ino;
  if (is_gone) {
    fuse_reply_err(request, ENODEV);
    return;
  }
  struct opener *opener = calloc(1, sizeof *opener);
  pthread_mutex_lock(&lock);
  opener->next = openers;
  openers = opener;
  pthread_mutex_unlock(&lock);
  file->fh = (unsigned long)opener;
  file->direct_io = 1;
  fuse_reply_open(request, file);
}

static void on_read(fuse_req_t request, fuse_ino_t ino, size_t size, off_t offset,
                    struct fuse_file_info *file) {
  (void)ino, (void)file;
  size_t at = offset > (off_t)sizeof descriptors ? sizeof descriptors : (size_t)offset;
  if (size > sizeof descriptors - at) size = sizeof descriptors - at;
  fuse_reply_buf(request, (const char *)descriptors + at, size);
}

static void on_poll(fuse_req_t request, fuse_ino_t ino, struct fuse_file_info *file,
                    struct fuse_pollhandle *handle) {
  (void)ino;
  struct opener *opener = (struct opener *)file->fh;
  pthread_mutex_lock(&lock);
  if (handle) {
    if (opener->waiting) fuse_pollhandle_destroy(opener->waiting);
    opener->waiting = handle;
  }
  unsigned events = (opener->done ? POLLOUT : 0) | (is_gone ? POLLERR | POLLHUP : 0);
  pthread_mutex_unlock(&lock);
  fuse_reply_poll(request, events);
}

static void forget(struct transfer *list) {
  while (list) {
    struct transfer *next = list->next;
    free(list);
    list = next;
  }
}

static void on_release(fuse_req_t request, fuse_ino_t ino, struct fuse_file_info *file) {
  (void)ino;
  struct opener *opener = (struct opener *)file->fh;
  pthread_mutex_lock(&lock);
  struct opener **at = &openers;
  while (*at != opener) at = &(*at)->next;
  *at = opener->next;
  pthread_mutex_unlock(&lock);
  forget(opener->pending);
  forget(opener->done);
  if (opener->waiting) fuse_pollhandle_destroy(opener->waiting);
  free(opener);
  fuse_reply_err(request, 0);
}

static void send_in(const char *hex) {
  size_t count = strlen(hex) / 2;
  inward = realloc(inward, inward_length + count + 1);
  for (size_t at = 0; at < count; at++) {
    unsigned byte;
    sscanf(hex + 2 * at, "%2x", &byte);
    inward[inward_length++] = byte;
  }
}

static void obey(const char *line) {
  if (!strncmp(line, "send ", 5)) send_in(line + 5);
  else if (!strncmp(line, "stall", 5)) is_stalled = 1;
  else if (!strncmp(line, "go", 2)) is_stalled = 0;
  else if (!strncmp(line, "unplug", 6)) is_gone = 1;
  else if (!strncmp(line, "plug", 4)) is_gone = 0;
  else if (!strncmp(line, "usblp", 5)) has_kernel_driver = 1;
}

static void *read_commands(void *session) {
  char *line = NULL;
  size_t room = 0;
  ssize_t length;
  while ((length = getline(&line, &room, stdin)) > 0) {
    if (line[length - 1] == '\n') line[length - 1] = 0;
    pthread_mutex_lock(&lock);
    obey(line);
    for (struct opener *opener = openers; opener; opener = opener->next) {
      pump(opener);
      if (is_gone) wake(opener);
    }
    pthread_mutex_unlock(&lock);
    puts("done");
    fflush(stdout);
  }
  fuse_session_exit(session);
  _exit(0);
}

static struct fuse_session *session;

static void on_init(void *data, struct fuse_conn_info *connection) {
  (void)data, (void)connection;
  pthread_t thread;
  pthread_create(&thread, NULL, read_commands, session);
  puts("ready");
  fflush(stdout);
}

static const struct fuse_lowlevel_ops operations = {
    .init = on_init,
    .lookup = on_lookup,
    .getattr = on_getattr,
    .open = on_open,
    .read = on_read,
    .poll = on_poll,
    .ioctl = on_ioctl,
    .release = on_release,
};

int main(int count, char **words) {
  if (count != 3) return 64;
  outfile = open(words[2], O_CREAT | O_WRONLY | O_APPEND, 0644);
  char *arguments[] = {words[0], "-o", "allow_other", NULL};
  struct fuse_args args = FUSE_ARGS_INIT(3, arguments);
  session = fuse_session_new(&args, &operations, sizeof operations, NULL);
  if (!session || outfile < 0 || fuse_session_mount(session, words[1])) return 1;
  int result = fuse_session_loop(session);
  fuse_session_unmount(session);
  return result;
}
