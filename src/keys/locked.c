/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/locked.h"

#include <sodium.h>
#include <sys/mman.h>
#include <unistd.h>

#include "keys/hardening.h"

static size_t page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

static size_t whole_pages(size_t len)
{
    return (len + page_size() - 1) & ~(page_size() - 1);
}

/* With a guard page on either side: nothing there is ever opened. */
void *locked_reserve(size_t len)
{
    const size_t all = whole_pages(len) + 2 * page_size();
    unsigned char *pages =
        mmap(NULL, all, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (pages == MAP_FAILED)
        return NULL;
    if (madvise(pages, all, MADV_DONTDUMP))
        hardening_failed(HARDENING_DUMP);
    return pages + page_size();
}

bool locked_open(void *bytes, size_t len)
{
    if (mprotect(bytes, whole_pages(len), PROT_READ | PROT_WRITE))
        return false;
    if (mlock(bytes, whole_pages(len)))
        hardening_failed(HARDENING_LOCK);
    return true;
}

void locked_give_back(void *bytes, size_t len)
{
    munmap((unsigned char *)bytes - page_size(), whole_pages(len) + 2 * page_size());
}

void *locked_make(size_t len)
{
    void *bytes = locked_reserve(len);
    if (!bytes || locked_open(bytes, len))
        return bytes;
    locked_give_back(bytes, len);
    return NULL;
}

void locked_seal(void *bytes, size_t len)
{
    if (mprotect(bytes, whole_pages(len), PROT_READ))
        hardening_failed(HARDENING_READ_ONLY);
}

/* Pages that can't be opened to be wiped are zeroed by the kernel before anybody else has them. */
void locked_free(void *bytes, size_t len)
{
    if (!bytes)
        return;
    if (!mprotect(bytes, whole_pages(len), PROT_READ | PROT_WRITE))
        sodium_memzero(bytes, len);
    locked_give_back(bytes, len);
}
