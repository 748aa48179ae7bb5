/* SPDX-License-Identifier: Apache-2.0 */
/* Names as people type them: the canonical form is within its rules, is its own canonical form, and
 * what has a domain is an e-mail address of one spelling only. */
#include <apr_general.h>
#include <apr_strings.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/name.h"

static void require(int holds)
{
    if (!holds)
        abort();
}

static void check_domain(const char *name)
{
    const char *domain = name_domain(name);
    if (!domain)
        return;
    require(domain > name + 1 && domain[-1] == '@' && domain[0] != '.');
    require(!strchr(domain, '@') && !strstr(domain, ".."));
    require(domain[strlen(domain) - 1] != '.');
    for (const char *c = domain; *c; c++)
        require((*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') || *c == '-' || *c == '.');
}

static void check_canonical(const char *name, apr_pool_t *p)
{
    const apr_size_t len = strlen(name);
    require(len >= 1 && len <= NAME_MAX_BYTES);
    for (apr_size_t i = 0; i < len; i++)
        require(name[i] > ' ' && name[i] < 0x7f && !strchr(",;:\"\\<>{}", name[i]));
    if (strchr(name, '@'))
        require(strpbrk(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == NULL);
    const char *again = name_canonical(name, p);
    require(again && strcmp(again, name) == 0);
    require(strlen(name_masked(name, p)) <= len + 4);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static apr_pool_t *pool;
    if (!pool) {
        apr_initialize();
        apr_pool_create(&pool, NULL);
    }
    const char *raw = apr_pstrmemdup(pool, (const char *)data, size);
    const char *name = name_canonical(raw, pool);
    check_domain(raw);
    if (name) {
        check_canonical(name, pool);
        check_domain(name);
    }
    apr_pool_clear(pool);
    return 0;
}
