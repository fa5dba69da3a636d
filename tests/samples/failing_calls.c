// Fail or die at the n-th system call that writes one of the database's files. Preloaded; armed from Python by arm().
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum { NOTHING, DIE_BEFORE, DIE_AFTER, FAIL_ONCE, FULL_FROM_HERE, HALF };

static int mode = NOTHING;
static long countdown = -1, seen = 0;

void arm(int how, long at) { mode = how; countdown = at; seen = 0; }
long calls(void) { return seen; }

static int concerns(int fd) {
    char link[64], path[512];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return strstr(path, "keys.sqlite") != NULL;
}

// 0: go on; 1: fail with errno; 2: go on with half; dies by itself where it should before.
static int turn(int fd, int error) {
    if (mode == NOTHING || !concerns(fd)) return 0;
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
