/*
 * A disk that remembers in which order it was written: one file, `disk`, served through FUSE, to be
 * used by a loop device. Every write reaches the backing file at once and is also appended to a log,
 * as is every flush; from the log power-cut tests make the states that a real disk could be in when
 * its power goes. Nothing is buffered here: the log's length at a moment tells what came before it.
 *
 *     block-log BACKING LOG MOUNTPOINT       stays in the foreground until it is unmounted
 *
 * A record of the log, in this machine's byte order: u64 offset, u64 length, then the bytes written.
 * Length 0 is a flush.
 */
#define FUSE_USE_VERSION 35
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static const char disk_name[] = "/disk";
static int backing = -1;
static int log_file = -1;

struct record {
  uint64_t offset;
  uint64_t length;
};

/* One call, so that whoever reads the log's length never sees part of a record. */
static int append_record(uint64_t offset, const char *bytes, size_t length) {
  struct record head = {.offset = offset, .length = length};
  struct iovec parts[2] = {
      {.iov_base = &head, .iov_len = sizeof head},
      {.iov_base = (void *)bytes, .iov_len = length},
  };
  ssize_t wanted = (ssize_t)(sizeof head + length);
  return writev(log_file, parts, length == 0 ? 1 : 2) == wanted ? 0 : -EIO;
}

static int disk_getattr(const char *path, struct stat *found, struct fuse_file_info *file) {
  (void)file;
  memset(found, 0, sizeof *found);
  if (strcmp(path, "/") == 0) {
    found->st_mode = S_IFDIR | 0700;
    found->st_nlink = 2;
    return 0;
  }
  if (strcmp(path, disk_name) != 0) return -ENOENT;
  if (fstat(backing, found) != 0) return -errno;
  found->st_mode = S_IFREG | 0600;
  return 0;
}

static int disk_readdir(const char *path, void *buffer, fuse_fill_dir_t fill, off_t offset,
                        struct fuse_file_info *file, enum fuse_readdir_flags flags) {
  (void)path, (void)offset, (void)file, (void)flags;
  return fill(buffer, disk_name + 1, NULL, 0, 0);
}

static int disk_open(const char *path, struct fuse_file_info *file) {
  (void)file;
  return strcmp(path, disk_name) == 0 ? 0 : -ENOENT;
}

static int disk_read(const char *path, char *bytes, size_t length, off_t offset,
                     struct fuse_file_info *file) {
  (void)path, (void)file;
  ssize_t got = pread(backing, bytes, length, offset);
  return got < 0 ? -errno : (int)got;
}

static int disk_write(const char *path, const char *bytes, size_t length, off_t offset,
                      struct fuse_file_info *file) {
  (void)path, (void)file;
  ssize_t done = pwrite(backing, bytes, length, offset);
  if (done < 0) return -errno;
  if (done == 0) return 0;
  int failure = append_record((uint64_t)offset, bytes, (size_t)done);
  return failure != 0 ? failure : (int)done;
}

static int disk_fsync(const char *path, int data_only, struct fuse_file_info *file) {
  (void)path, (void)data_only, (void)file;
  return append_record(0, NULL, 0);
}

static const struct fuse_operations operations = {
    .getattr = disk_getattr,
    .readdir = disk_readdir,
    .open = disk_open,
    .read = disk_read,
    .write = disk_write,
    .fsync = disk_fsync,
};

int main(int count, char **words) {
  if (count != 4) {
    fprintf(stderr, "usage: block-log BACKING LOG MOUNTPOINT\n");
    return 64;
  }
  backing = open(words[1], O_RDWR);
  log_file = open(words[2], O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
  if (backing < 0 || log_file < 0) {
    perror("block-log");
    return 1;
  }
  /* In the foreground and on one thread: the order of the log is the order of the writes. */
  char *fuse_words[] = {words[0], "-f", "-s", words[3], NULL};
  return fuse_main(4, fuse_words, &operations, NULL);
}
