#include "config/mistakes.h"

#include <apr_strings.h>
#include <http_log.h>

#include "config/surroundings.h"

APLOG_USE_MODULE(auth_mpin);

#define MISTAKES "mod_auth_mpin mistakes"

typedef enum { TEXT, AROUND, MAYBE } kind_t;

typedef struct mistake_t {
    kind_t kind;
    const char *line;
} mistake_t;

static void keep(apr_pool_t *pconf, kind_t kind, const written_t *at, const char *format, va_list args)
{
    void *list;
    apr_pool_userdata_get(&list, MISTAKES, pconf);
    if (!list) {
        list = apr_array_make(pconf, 4, sizeof(mistake_t));
        apr_pool_userdata_setn(list, MISTAKES, NULL, pconf);
    }
    mistake_t *new = apr_array_push(list);
    new->kind = kind;
    new->line = apr_psprintf(pconf, "%s:%d: %s: %s", at->file, at->line, at->directive,
                             apr_pvsprintf(pconf, format, args));
}

void mistake(apr_pool_t *pconf, const written_t *at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    keep(pconf, TEXT, at, format, args);
    va_end(args);
}

void mistake_around(apr_pool_t *pconf, const written_t *at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    keep(pconf, AROUND, at, format, args);
    va_end(args);
}

void mistake_maybe(apr_pool_t *pconf, const written_t *at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    keep(pconf, MAYBE, at, format, args);
    va_end(args);
}

bool mistakes_report(apr_pool_t *pconf, const server_rec *server)
{
    void *list;
    apr_pool_userdata_get(&list, MISTAKES, pconf);

    bool forbids = false;
    const apr_array_header_t *mistakes = list;
    for (int i = 0; mistakes && i < mistakes->nelts; i++) {
        const mistake_t *each = &APR_ARRAY_IDX(mistakes, i, mistake_t);
        const bool fatal = each->kind == TEXT || (each->kind == AROUND && !surroundings_served());
        ap_log_error(APLOG_MARK, APLOG_STARTUP | (fatal ? APLOG_ERR : APLOG_WARNING), 0, server, "%s", each->line);
        forbids |= fatal;
    }
    return forbids;
}
