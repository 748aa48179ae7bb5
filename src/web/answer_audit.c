/* SPDX-License-Identifier: Apache-2.0 */
/* A result as a record of the audit log (answer.h). */
#include "web/answer.h"

#include <apr_strings.h>
#include <string.h>

#include "base/json.h"

static void record_text(json_t *record, const char *key, const char *value)
{
    if (value)
        json_object_set_new(record, key, json_string(value));
}

void answer_audit(request_rec *r, const result_t *result)
{
    const site_t *site = request_of(r)->site;
    if (!site->audit)
        return;

    char time[JOURNAL_TIME];
    journal_time(apr_time_now(), time);
    json_t *record = json_tie(r->pool, json_object());
    record_text(record, "time", time);
    record_text(record, "event", result->event);
    json_object_set_new(record, "status", json_integer(result->status));
    record_text(record, "code", result->code);
    record_text(record, "user", result->user);
    record_text(record, "address", r->useragent_ip);
    record_text(record, "identity", result->identity);
    record_text(record, "request", apr_table_get(request_first(r)->subprocess_env, "UNIQUE_ID"));

    const char *line = apr_pstrcat(r->pool, json_write(r->pool, record), "\n", NULL);
    journal_write(site->audit, line, strlen(line), &site->log);
}
