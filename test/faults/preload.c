// Loaded into the program under test, its git and its tasks (LD_PRELOAD): numbers every call by which the program or a git
// changes something below some folders, and at the Nth one brings a fault about.
//
//   FAULT_STATE   file that all these processes map: the count, who they are, whether all is over
//   FAULT_ROOTS   folders, with `:` between
//   FAULT_AT      number of the call, counting from 1; 0 only counts
//   FAULT_KIND    tree, executor, self: SIGKILL for all, for the executor alone, for whoever makes the call
//                 torn: half of a write is done, then SIGKILL for all
//                 ENOSPC, EIO: the call fails; with `+` all that follow do as well
//                 short: from there on each write writes half of what it was given, which is legal
//   FAULT_TRACE   file that gets a line for each call
//   FAULT_SYNCED  folder that gets a copy of what is synced: all that a loss of power would leave
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define MOST 16000
struct shared {
  uint64_t count;
  uint32_t over, known;
  int32_t executor, pids[MOST];
};
static struct shared *shared;
static const char *roots, *kind, *synced, *stateFile;
static uint64_t at;
static int traceFd = -1, counts;
static __thread int inside;

#define REAL(name) (*(typeof(&name))real(#name))
static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

static ssize_t contents(const char *file, char *buffer, size_t size) {
  int fd = syscall(SYS_openat, AT_FDCWD, file, O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0) return -1;
  ssize_t length = 0, got;
  while ((size_t)length < size && (got = read(fd, buffer + length, size - length)) > 0) length += got;
  syscall(SYS_close, fd);
  return length;
}

__attribute__((constructor)) static void start(void) {
  stateFile = getenv("FAULT_STATE");
  roots = getenv("FAULT_ROOTS");
  kind = getenv("FAULT_KIND") ?: "tree";
  synced = getenv("FAULT_SYNCED");
  at = strtoull(getenv("FAULT_AT") ?: "0", NULL, 10);
  if (!stateFile || !roots) return;
  int fd = syscall(SYS_openat, AT_FDCWD, stateFile, O_RDWR | O_CLOEXEC, 0);
  if (fd < 0) return;
  shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  syscall(SYS_close, fd);
  if (shared == MAP_FAILED) { shared = NULL; return; }
  uint32_t mine = __atomic_fetch_add(&shared->known, 1, __ATOMIC_SEQ_CST);
  if (mine < MOST) shared->pids[mine] = getpid();
  char line[8192];
  ssize_t length = contents("/proc/self/cmdline", line, sizeof line - 1);
  line[length > 0 ? length : 0] = 0;
  const char *name = strrchr(line, '/') ? strrchr(line, '/') + 1 : line;
  int isProgram = length > 0 && memmem(line, length, "bin/milestone", 13) != NULL;
  counts = isProgram || !strncmp(name, "git", 3);
  int32_t nobody = 0;
  if (isProgram) __atomic_compare_exchange_n(&shared->executor, &nobody, getpid(), 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
  const char *trace = getenv("FAULT_TRACE");
  if (trace) traceFd = syscall(SYS_openat, AT_FDCWD, trace, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
}

/** A pid may be another's by now. */
static void end(int pid) {
  char file[64], environment[65536];
  snprintf(file, sizeof file, "/proc/%d/environ", pid);
  ssize_t length = contents(file, environment, sizeof environment);
  if (length > 0 && memmem(environment, length, stateFile, strlen(stateFile))) kill(pid, SIGKILL);
}

static void endAll(void) {
  __atomic_store_n(&shared->over, 1, __ATOMIC_SEQ_CST);
  for (uint32_t i = 0; i < shared->known && i < MOST; i++)
    if (shared->pids[i] != getpid()) end(shared->pids[i]);
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

static int isBelow(const char *path) {
  for (const char *root = roots; *root;) {
    size_t length = strcspn(root, ":");
    if (!strncmp(path, root, length) && (path[length] == '/' || path[length] == 0)) return 1;
    root += length + (root[length] == ':');
  }
  return 0;
}

static int placeOf(int fd, const char *path, char *place) {
  char link[64], here[PATH_MAX];
  if (path) {
    if (*path == '/') return snprintf(place, PATH_MAX, "%s", path) > 0;
    return getcwd(here, sizeof here) && snprintf(place, PATH_MAX, "%s/%s", here, path) > 0;
  }
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, place, PATH_MAX - 1);
  if (length < 0) return 0;
  place[length] = 0;
  return 1;
}

enum answer { GO, HALF, TEAR, FAIL };

/** Number a call. @return what is to become of it. */
static enum answer call(const char *name, int grows, int fd, const char *path) {
  char place[PATH_MAX];
  if (!shared || inside) return GO;
  if (shared->over) endAll();
  if (!counts || !placeOf(fd, path, place) || !isBelow(place)) return GO;
  uint64_t number = __atomic_add_fetch(&shared->count, 1, __ATOMIC_SEQ_CST);
  if (traceFd >= 0) {
    char line[PATH_MAX + 64];
    int length = snprintf(line, sizeof line, "%llu %s %d %s\n", (unsigned long long)number, name, getpid(), place);
    syscall(SYS_write, traceFd, line, length);
  }
  if (at == 0 || number < at) return GO;
  int isWrite = !strcmp(name, "write");
  if (!strcmp(kind, "short")) return isWrite ? HALF : GO;
  if (grows && (!strncmp(kind, "ENOSPC", 6) || !strncmp(kind, "EIO", 3)) && (number == at || strchr(kind, '+'))) {
    errno = *kind == 'E' && kind[1] == 'N' ? ENOSPC : EIO;
    return FAIL;
  }
  if (number != at) return GO;
  if (!strcmp(kind, "torn") && isWrite) return TEAR;
  if (!strcmp(kind, "torn") || !strcmp(kind, "tree")) endAll();
  if (!strcmp(kind, "executor") && shared->executor > 0) end(shared->executor);
  if (!strcmp(kind, "self")) kill(getpid(), SIGKILL);
  return GO;
}

/** A name for what a file is now that no later file has. */
static int keyOf(int fd, const char *path, char *key, size_t size, unsigned *mode) {
  struct statx about;
  int flags = path ? AT_SYMLINK_NOFOLLOW : AT_EMPTY_PATH;
  if (syscall(SYS_statx, fd, path ?: "", flags, STATX_INO | STATX_BTIME | STATX_TYPE, &about)) return 0;
  *mode = about.stx_mode;
  snprintf(key, size, "%llu.%lld%09u", (unsigned long long)about.stx_ino, (long long)about.stx_btime.tv_sec, about.stx_btime.tv_nsec);
  return 1;
}

static void writeWhole(int fd, const char *data, ssize_t length) {
  for (ssize_t done; length > 0; data += done, length -= done)
    if ((done = syscall(SYS_write, fd, data, length)) <= 0) abort();
}

/** Keep what a file or folder is at this moment: it would be so after a loss of power. */
static void keep(int fd) {
  char key[64], file[PATH_MAX], temporary[PATH_MAX + 32], place[PATH_MAX], buffer[65536];
  unsigned mode;
  if (!synced || !placeOf(fd, NULL, place) || !isBelow(place) || !keyOf(fd, NULL, key, sizeof key, &mode)) return;
  snprintf(file, sizeof file, "%s/%s", synced, key);
  snprintf(temporary, sizeof temporary, "%s.%d.%ld", file, getpid(), syscall(SYS_gettid));
  int out = syscall(SYS_openat, AT_FDCWD, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  int in = syscall(SYS_openat, AT_FDCWD, place, O_RDONLY | O_CLOEXEC, 0);
  if (out < 0 || in < 0) return;
  if (S_ISDIR(mode)) {
    DIR *folder = fdopendir(in);
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
      if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
      unsigned kindOf;
      if (!keyOf(dirfd(folder), entry->d_name, key, sizeof key, &kindOf)) continue;
      char to[PATH_MAX];
      ssize_t linked = S_ISLNK(kindOf) ? syscall(SYS_readlinkat, dirfd(folder), entry->d_name, to, sizeof to) : 0;
      const char *what = S_ISDIR(kindOf) ? "/" : S_ISLNK(kindOf) ? "//" : "";
      int length = snprintf(buffer, sizeof buffer, "%s %s%s%.*s", key, entry->d_name, what, linked > 0 ? (int)linked : 0, to);
      writeWhole(out, buffer, length + 1);
    }
    if (folder) closedir(folder);
  } else {
    ssize_t got;
    while ((got = read(in, buffer, sizeof buffer)) > 0) writeWhole(out, buffer, got);
    syscall(SYS_close, in);
  }
  syscall(SYS_close, out);
  syscall(SYS_renameat, AT_FDCWD, temporary, AT_FDCWD, file);
}

#define CHECK(name, grows, fd, path) if (call(name, grows, fd, path) == FAIL) return -1

static int changes(int flags) { return (flags & (O_CREAT | O_TRUNC)) != 0; }
#define OPEN(name)                                                                   \
  int name(const char *path, int flags, ...) {                                       \
    va_list rest; va_start(rest, flags); mode_t mode = va_arg(rest, mode_t); va_end(rest); \
    if (changes(flags)) CHECK("open", 1, -1, path);                                  \
    return REAL(name)(path, flags, mode);                                            \
  }
OPEN(open) OPEN(open64)
int __open64_2(const char *path, int flags) {
  if (changes(flags)) CHECK("open", 1, -1, path);
  return ((int (*)(const char *, int))real("__open64_2"))(path, flags);
}

#define WRITE(whole, half)                        \
  switch (call("write", 1, fd, NULL)) {           \
    case FAIL: return -1;                         \
    case HALF: return half;                       \
    case TEAR: (void)!(half); endAll();           \
    default: return whole;                        \
  }
static size_t halfOf(size_t length) { return length > 1 ? length / 2 : length; }
ssize_t write(int fd, const void *data, size_t length) {
  WRITE(REAL(write)(fd, data, length), REAL(write)(fd, data, halfOf(length)))
}
ssize_t pwrite64(int fd, const void *data, size_t length, off64_t place) {
  WRITE(REAL(pwrite64)(fd, data, length, place), REAL(pwrite64)(fd, data, halfOf(length), place))
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
  WRITE(REAL(writev)(fd, parts, count), REAL(write)(fd, parts->iov_base, halfOf(parts->iov_len)))
}
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t place) {
  WRITE(REAL(pwritev64)(fd, parts, count, place), REAL(pwrite64)(fd, parts->iov_base, halfOf(parts->iov_len), place))
}

int rename(const char *from, const char *to) { CHECK("rename", 1, -1, to); return REAL(rename)(from, to); }
int link(const char *from, const char *to) { CHECK("link", 1, -1, to); return REAL(link)(from, to); }
int symlink(const char *text, const char *to) { CHECK("symlink", 1, -1, to); return REAL(symlink)(text, to); }
int mkdir(const char *path, mode_t mode) { CHECK("mkdir", 1, -1, path); return REAL(mkdir)(path, mode); }
int rmdir(const char *path) { CHECK("rmdir", 0, -1, path); return REAL(rmdir)(path); }
int unlink(const char *path) { CHECK("unlink", 0, -1, path); return REAL(unlink)(path); }
int ftruncate64(int fd, off64_t length) { CHECK("truncate", 0, fd, NULL); return REAL(ftruncate64)(fd, length); }

#define SYNC(name)                             \
  int name(int fd) {                           \
    CHECK("sync", 1, fd, NULL);                \
    int result = REAL(name)(fd);               \
    if (result == 0 && shared) { inside++; keep(fd); inside--; } \
    return result;                             \
  }
SYNC(fsync) SYNC(fdatasync)
