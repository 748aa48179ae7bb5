/* SPDX-License-Identifier: Apache-2.0 */
#include "config/mistakes.h"

#include <apr_strings.h>
#include <http_log.h>
#include <string.h>

#include "config/surroundings.h"

APLOG_USE_MODULE(auth_mpin);

#define MISTAKES "mod_auth_mpin mistakes"

typedef enum { TEXT, AROUND, MAYBE } kind_t;

typedef struct mistake_t {
    kind_t kind;
    const char *line;
} mistake_t;

static apr_array_header_t *mistakes_of(apr_pool_t *pconf)
{
    void *list;
    apr_pool_userdata_get(&list, MISTAKES, pconf);
    if (!list) {
        list = apr_array_make(pconf, 4, sizeof(mistake_t));
        apr_pool_userdata_setn(list, MISTAKES, NULL, pconf);
    }
    return list;
}

/* Once, though several vhosts may have inherited it. */
static void mistake_keep(apr_pool_t *pconf, kind_t kind, const written_t *at, const char *format,
                         va_list args)
{
    apr_array_header_t *mistakes = mistakes_of(pconf);
    const char *line = apr_psprintf(pconf, "%s:%d: %s: %s", at->file, at->line, at->directive,
                                    apr_pvsprintf(pconf, format, args));
    for (int i = 0; i < mistakes->nelts; i++)
        if (!strcmp(APR_ARRAY_IDX(mistakes, i, mistake_t).line, line))
            return;
    APR_ARRAY_PUSH(mistakes, mistake_t) = (mistake_t){kind, line};
}

void mistake(apr_pool_t *pconf, const written_t *at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    mistake_keep(pconf, TEXT, at, format, args);
    va_end(args);
}

void mistake_around(apr_pool_t *pconf, const written_t *at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    mistake_keep(pconf, AROUND, at, format, args);
    va_end(args);
}

void mistake_maybe(apr_pool_t *pconf, const written_t *at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    mistake_keep(pconf, MAYBE, at, format, args);
    va_end(args);
}

bool mistakes_report(apr_pool_t *pconf, const server_rec *server)
{
    bool forbids = false;
    const bool reload = surroundings_reload();
    const int console =
        reload ? 0 : APLOG_STARTUP; /* lines without a date, for who types apachectl -t */
    const apr_array_header_t *mistakes = mistakes_of(pconf);
    for (int i = 0; i < mistakes->nelts; i++) {
        const mistake_t *each = &APR_ARRAY_IDX(mistakes, i, mistake_t);
        const bool fatal = each->kind == TEXT || (each->kind == AROUND && !reload);
        ap_log_error(APLOG_MARK, console | (fatal ? APLOG_ERR : APLOG_WARNING), 0, server, "%s",
                     each->line);
        forbids |= fatal;
    }
    return forbids;
}
