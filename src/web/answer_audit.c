/* SPDX-License-Identifier: Apache-2.0 */
/* A result as a record of the audit log, and counted (answer.h). */
#include "web/answer.h"

#include <string.h>

#include "base/audit_line.h"
#include "base/name.h"
#include "web/warn.h"

/* `result` names an event. */
static void count_event(request_rec *r, const result_t *result, apr_time_t now)
{
    ledger_t *ledger = request_of(r)->site->ledger;
    const event_t event = event_of(result->event);
    ledger_event(ledger, event, now);
    if (event < EVENT_COUNT && event_means(event) == EVENT_LOCKED)
        ledger_lock(ledger, result->user ? name_masked(result->user, r->pool) : "", now);
}

/* As an error page shows it, and %L of ErrorLogFormat. */
static const char *request_id(const request_rec *r)
{
    const request_rec *first = request_first(r);
    const char *unique = apr_table_get(first->subprocess_env, "UNIQUE_ID");
    return unique ? unique : first->log_id;
}

void answer_audit(request_rec *r, const result_t *result)
{
    const site_t *site = request_of(r)->site;
    const apr_time_t now = apr_time_now();
    warn_of_failure(r, result);
    count_event(r, result, now);
    if (!site->audit)
        return;
    const audit_record_t record = {
        .time = now,
        .event = result->event,
        .status = result->status,
        .code = result->code,
        .user = result->user,
        .address = r->useragent_ip,
        .identity = result->identity,
        .request = request_id(r),
        .site = site->url.text,
    };
    const char *line = audit_line(&record, r->pool);
    journal_write(site->audit, line, strlen(line), &site->log);
}
