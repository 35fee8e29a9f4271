/* Loaded before libc: kills the process before its change number KILL_BEFORE below the folder KILL_BELOW. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void step(const char *path) {
    static atomic_int steps;
    const char *folder = getenv("KILL_BELOW");
    if (strncmp(path, folder, strlen(folder)) == 0 && atomic_fetch_add(&steps, 1) == atoi(getenv("KILL_BEFORE")))
        kill(getpid(), SIGKILL);
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int mkdir(const char *path, mode_t mode) { step(path); return NEXT(mkdir)(path, mode); }
int rmdir(const char *path) { step(path); return NEXT(rmdir)(path); }
int unlink(const char *path) { step(path); return NEXT(unlink)(path); }
int rename(const char *from, const char *to) { step(to); return NEXT(rename)(from, to); }

int linkat(int one, const char *from, int other, const char *to, int flags) {
    step(to);
    return NEXT(linkat)(one, from, other, to, flags);
}

int open64(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    if (flags & O_CREAT)
        step(path);
    return NEXT(open64)(path, flags, mode);
}

/* The exporter alone syncs: its database is read-only. */
int fsync(int file) { step(getenv("KILL_BELOW")); return NEXT(fsync)(file); }
