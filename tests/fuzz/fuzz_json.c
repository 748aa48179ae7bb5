/* SPDX-License-Identifier: Apache-2.0 */
/* JSON from strangers: what is read is an object, no deeper than it may be, and reads the same
 * again after it was written. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

static void require(bool holds)
{
    if (!holds)
        abort();
}

static int depth_of(const json_t *value)
{
    int deepest = 0;
    for (size_t i = 0; i < json_array_size(value); i++) {
        int depth = depth_of(json_array_get(value, i));
        deepest = depth > deepest ? depth : deepest;
    }
    const char *key;
    json_t *member;
    json_object_foreach((json_t *)(uintptr_t)value, key, member)
    {
        int depth = depth_of(member);
        deepest = depth > deepest ? depth : deepest;
        bool flag = false;
        const char *text = json_text(value, key, 8);
        require(!text || strlen(text) <= 8);
        json_flag(value, key, &flag);
    }
    return deepest + (json_is_array(value) || json_is_object(value));
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    apr_pool_t *p;
    apr_initialize();
    apr_pool_create(&p, NULL);
    json_t *value = json_read(p, (const char *)data, size);
    if (value) {
        require(json_is_object(value) && depth_of(value) <= 16);
        const char *text = json_write(p, value);
        json_t *again = json_read(p, text, strlen(text));
        require(again && json_equal(value, again));
    }
    apr_pool_destroy(p);
    return 0;
}
