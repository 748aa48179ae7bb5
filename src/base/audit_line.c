/* SPDX-License-Identifier: Apache-2.0 */
#include "base/audit_line.h"

#include <apr_strings.h>

#include "base/journal.h"
#include "base/json.h"

static void record_text(json_t *json, const char *key, const char *value)
{
    if (value)
        json_object_set_new(json, key, json_string(value));
}

const char *audit_line(const audit_record_t *record, apr_pool_t *p)
{
    char time[JOURNAL_TIME];
    journal_time(record->time, time);
    json_t *json = json_tie(p, json_object());
    record_text(json, "time", time);
    record_text(json, "event", record->event);
    if (record->status)
        json_object_set_new(json, "status", json_integer(record->status));
    record_text(json, "code", record->code);
    record_text(json, "user", record->user);
    record_text(json, "address", record->address);
    record_text(json, "identity", record->identity);
    record_text(json, "request", record->request);
    record_text(json, "site", record->site);
    record_text(json, "by", record->by);
    record_text(json, "operator", record->operator_name);
    return apr_pstrcat(p, json_write(p, json), "\n", NULL);
}
