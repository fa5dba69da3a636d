// Fail or die at the n-th system call that writes a file whose path has FAIL_IN in it (default: the database's files;
// otherwise opening and renaming such files count, too). Preloaded; armed from Python by arm().
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum { NOTHING, DIE_BEFORE, DIE_AFTER, FAIL_ONCE, FULL_FROM_HERE, HALF };

static int mode = NOTHING;
static long countdown = -1, seen = 0;

void arm(int how, long at) { mode = how; countdown = at; seen = 0; }
long calls(void) { return seen; }

static int named(const char *path) {
    const char *wanted = getenv("FAIL_IN");
    return strstr(path, wanted ? wanted : "keys.sqlite") != NULL;
}

static int concerns(int fd) {
    char link[64], path[512];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return named(path);
}

// 0: go on; 1: fail with errno; 2: go on with half; dies by itself where it should before.
static int turn_of(int error) {
    seen++;
    countdown--;
    if (mode == FULL_FROM_HERE ? countdown <= 0 : countdown == 0) {
        if (mode == DIE_BEFORE) raise(SIGKILL);
        if (mode == FAIL_ONCE) { errno = error; return 1; }
        if (mode == FULL_FROM_HERE) { errno = ENOSPC; return 1; }
        if (mode == HALF) return 2;
    }
    return 0;
}

static int turn(int fd, int error) {
    if (mode == NOTHING || !concerns(fd)) return 0;
    return turn_of(error);
}

static int turn_at(const char *path, int error) {
    if (mode == NOTHING || !getenv("FAIL_IN") || !named(path)) return 0;
    return turn_of(error) == 1;
}

static void after(int fd) {
    if (mode == DIE_AFTER && countdown == 0 && concerns(fd)) raise(SIGKILL);
}

#define REAL(type, name, ...) \
    static type (*real)(__VA_ARGS__); \
    if (!real) real = dlsym(RTLD_NEXT, name)

#define WRITING(name, ...) \
    int what = turn(fd, EIO); \
    if (what == 1) return -1; \
    if (what == 2) { ssize_t done = real(fd, data, size / 2 __VA_ARGS__); (void)done; raise(SIGKILL); } \
    ssize_t done = real(fd, data, size __VA_ARGS__); \
    after(fd); \
    return done

ssize_t write(int fd, const void *data, size_t size) {
    REAL(ssize_t, "write", int, const void *, size_t);
    WRITING("write");
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
    REAL(ssize_t, "pwrite", int, const void *, size_t, off_t);
    WRITING("pwrite", , at);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
    WRITING("pwrite64", , at);
}

#define SIMPLE(name, call, ...) \
    if (turn(fd, EIO) == 1) return -1; \
    int done = call; \
    after(fd); \
    return done

int fsync(int fd) {
    REAL(int, "fsync", int);
    SIMPLE("fsync", real(fd));
}

int fdatasync(int fd) {
    REAL(int, "fdatasync", int);
    SIMPLE("fdatasync", real(fd));
}

int ftruncate(int fd, off_t size) {
    REAL(int, "ftruncate", int, off_t);
    SIMPLE("ftruncate", real(fd, size));
}

int ftruncate64(int fd, off64_t size) {
    REAL(int, "ftruncate64", int, off64_t);
    SIMPLE("ftruncate64", real(fd, size));
}

#define OPENING(name) \
    REAL(int, name, const char *, int, ...); \
    mode_t permissions = 0; \
    if (flags & O_CREAT) { \
        va_list rest; \
        va_start(rest, flags); \
        permissions = va_arg(rest, mode_t); \
        va_end(rest); \
    } \
    if (turn_at(path, EIO)) return -1; \
    return real(path, flags, permissions)

int open(const char *path, int flags, ...) { OPENING("open"); }

int open64(const char *path, int flags, ...) { OPENING("open64"); }

int rename(const char *from, const char *to) {
    REAL(int, "rename", const char *, const char *);
    if (turn_at(to, EIO)) return -1;
    return real(from, to);
}
