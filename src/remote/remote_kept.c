/* SPDX-License-Identifier: Apache-2.0 */
#include "remote/remote_kept.h"

#include <apr_strings.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define KEPT apr_time_from_sec(10)

struct remote_kept_t {
    pthread_mutex_t mutex; /* guards all below */
    char *text;            /* malloc'd */
    apr_time_t made;
};

static apr_status_t remote_kept_free(void *data)
{
    remote_kept_t *kept = data;
    free(kept->text);
    pthread_mutex_destroy(&kept->mutex);
    return APR_SUCCESS;
}

remote_kept_t *remote_kept_make(apr_pool_t *p)
{
    remote_kept_t *kept = apr_pcalloc(p, sizeof *kept);
    pthread_mutex_init(&kept->mutex, NULL);
    apr_pool_cleanup_register(p, kept, remote_kept_free, apr_pool_cleanup_null);
    return kept;
}

const char *remote_kept(remote_kept_t *kept, apr_time_t now, apr_pool_t *p)
{
    const char *text = NULL;
    pthread_mutex_lock(&kept->mutex);
    if (kept->text && now - kept->made >= 0 && now - kept->made < KEPT)
        text = apr_pstrdup(p, kept->text);
    pthread_mutex_unlock(&kept->mutex);
    return text;
}

void remote_keep(remote_kept_t *kept, const char *text, apr_time_t now)
{
    char *copy = strdup(text);
    pthread_mutex_lock(&kept->mutex);
    free(kept->text);
    kept->text = copy;
    kept->made = now;
    pthread_mutex_unlock(&kept->mutex);
}
