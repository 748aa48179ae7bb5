/* SPDX-License-Identifier: Apache-2.0 */
/* Preloaded into httpd, it counts how often a process's first thread, which under prefork is the one
 * that has the request, waits for the disk, and how often the others do: two numbers in the file
 * that MPIN_WAITS names, shared by all children. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define SEEN __attribute__((visibility("default")))

static long *counts;

__attribute__((constructor)) static void share_counts(void)
{
    const char *file = getenv("MPIN_WAITS");
    const int fd = file ? open(file, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    void *at = mmap(NULL, 2 * sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    counts = at == MAP_FAILED ? NULL : at;
    close(fd);
}

static void count_wait(void)
{
    if (counts)
        __atomic_add_fetch(&counts[getpid() != gettid()], 1, __ATOMIC_RELAXED);
}

SEEN int fdatasync(int fd)
{
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    count_wait();
    return real(fd);
}

SEEN int fsync(int fd)
{
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    count_wait();
    return real(fd);
}

SEEN int msync(void *at, size_t length, int flags)
{
    int (*real)(void *, size_t, int) = (int (*)(void *, size_t, int))dlsym(RTLD_NEXT, "msync");
    count_wait();
    return real(at, length, flags);
}
