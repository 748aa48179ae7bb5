/* SPDX-License-Identifier: Apache-2.0 */
/* What Prometheus reads (status.h): its text format, version 0.0.4, and its names: base units, "_total" for what only
 * rises. docs/status.md lists them, and a test compares. */
#include "status/status.h"

#include <apr_strings.h>
#include <string.h>

#include "web/route.h"

#define U64 "%" APR_UINT64_T_FMT

typedef struct metrics_t {
    const status_t *status;
    const ledger_t *ledger;
    apr_array_header_t *lines;
    apr_pool_t *p;
} metrics_t;

__attribute__((format(printf, 2, 3))) static void metric(metrics_t *metrics, const char *format,
                                                         ...)
{
    va_list values;
    va_start(values, format);
    APR_ARRAY_PUSH(metrics->lines, const char *) = apr_pvsprintf(metrics->p, format, values);
    va_end(values);
}

static void head_of(metrics_t *metrics, const char *name, const char *type, const char *help)
{
    metric(metrics, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void lone_gauge(metrics_t *metrics, const char *name, const char *help, uint64_t value)
{
    head_of(metrics, name, "gauge", help);
    metric(metrics, "%s " U64 "\n", name, value);
}

static void lone_counter(metrics_t *metrics, const char *name, const char *help, uint64_t value)
{
    head_of(metrics, name, "counter", help);
    metric(metrics, "%s " U64 "\n", name, value);
}

/* ---- what has happened ------------------------------------------------------------------------ */

/* Several events may have one factor and outcome: the first of them tells the sum. */
static bool is_summed(event_t event)
{
    for (event_t earlier = 0; earlier < event; earlier++)
        if (event_means(earlier) == event_means(event) &&
            !strcmp(event_factor(earlier), event_factor(event)))
            return true;
    return false;
}

static uint64_t sum_like(const ledger_t *ledger, event_t like)
{
    uint64_t sum = 0;
    for (event_t event = 0; event < EVENT_COUNT; event++)
        if (event_means(event) == event_means(like) &&
            !strcmp(event_factor(event), event_factor(like)))
            sum += ledger_events(ledger, event);
    return sum;
}

static void metrics_of_logins(metrics_t *metrics)
{
    head_of(metrics, "mpin_logins_total", "counter",
            "Sign-ins and second steps, by factor and what became of them.");
    for (event_t event = 0; event < EVENT_COUNT; event++)
        if (event_outcome(event) && !is_summed(event))
            metric(metrics, "mpin_logins_total{factor=\"%s\",outcome=\"%s\"} " U64 "\n",
                   event_factor(event), event_outcome(event), sum_like(metrics->ledger, event));
    head_of(metrics, "mpin_events_total", "counter", "Events, as the audit log names them.");
    for (event_t event = 0; event < EVENT_COUNT; event++)
        metric(metrics, "mpin_events_total{event=\"%s\"} " U64 "\n", event_word(event),
               ledger_events(metrics->ledger, event));
    lone_counter(metrics, "mpin_locks_total", "Devices locked after too many wrong PINs.",
                 ledger_events(metrics->ledger, EVENT_identity_locked));
    lone_counter(metrics, "mpin_throttles_total", "Answers 429: too many tries, or too busy.",
                 ledger_throttles(metrics->ledger));
}

/* Codes that were never answered are left out: there are many. */
static void metrics_of_refusals(metrics_t *metrics)
{
    head_of(metrics, "mpin_refusals_total", "counter",
            "Answers with a code, as docs/messages.md lists them.");
    for (unsigned number = 1; number < LEDGER_CODES; number++) {
        const char *word = result_word(number);
        const uint64_t count = word ? ledger_refusals(metrics->ledger, number) : 0;
        if (count)
            metric(metrics, "mpin_refusals_total{code=\"%s\"} " U64 "\n", word, count);
    }
}

static void metrics_of_endpoint(metrics_t *metrics, const route_t *route, unsigned endpoint)
{
    const ledger_latency_t latency = ledger_latency(metrics->ledger, endpoint);
    const char *labels = apr_psprintf(metrics->p, "method=\"%s\",endpoint=\"%s%s\"", route->method,
                                      path_word(route->base), route->path);
    uint64_t sum = 0;
    for (int i = 0; i <= LEDGER_BUCKETS; i++)
        sum += latency.bucket[i];
    if (!sum)
        return;
    uint64_t upto = 0;
    for (int i = 0; i < LEDGER_BUCKETS; i++) {
        upto += latency.bucket[i];
        metric(metrics, "mpin_request_duration_seconds_bucket{%s,le=\"%g\"} " U64 "\n", labels,
               (double)ledger_bounds[i] / APR_USEC_PER_SEC, upto);
    }
    metric(metrics, "mpin_request_duration_seconds_bucket{%s,le=\"+Inf\"} " U64 "\n", labels, sum);
    metric(metrics, "mpin_request_duration_seconds_sum{%s} %.6f\n", labels,
           (double)latency.sum / APR_USEC_PER_SEC);
    metric(metrics, "mpin_request_duration_seconds_count{%s} " U64 "\n", labels, sum);
}

static void metrics_of_latency(metrics_t *metrics)
{
    const route_t *route;
    head_of(metrics, "mpin_request_duration_seconds", "histogram",
            "Time from a request's body to its answer, of the module's own pages and endpoints.");
    for (unsigned endpoint = 0; (route = route_at(endpoint)); endpoint++)
        metrics_of_endpoint(metrics, route, endpoint);
}

/* ---- how things are --------------------------------------------------------------------------- */

static void metrics_of_parts(metrics_t *metrics)
{
    const status_t *status = metrics->status;
    head_of(metrics, "mpin_part_ok", "gauge", "1 while this part works, 0 while it does not.");
    for (int i = 0; i < status->part_count; i++)
        metric(metrics, "mpin_part_ok{part=\"%s\"} %d\n", status->parts[i].name,
               status->parts[i].state != PART_BAD);
}

static void metrics_of_store(metrics_t *metrics)
{
    const store_fill_t *fill = metrics->status->fill;
    if (!metrics->status->store_works)
        return;
    head_of(metrics, "mpin_store_used_bytes", "gauge", "What the store's records take.");
    for (int i = 0; i < STORE_PARTS; i++)
        metric(metrics, "mpin_store_used_bytes{class=\"%s\"} %" APR_OFF_T_FMT "\n", fill[i].part,
               fill[i].used);
    head_of(metrics, "mpin_store_quota_bytes", "gauge", "What new records may take.");
    for (int i = 0; i < STORE_PARTS; i++)
        metric(metrics, "mpin_store_quota_bytes{class=\"%s\"} %" APR_OFF_T_FMT "\n", fill[i].part,
               fill[i].quota);
}

static uint64_t age(const status_t *status, apr_time_t since)
{
    return since && since < status->now ? (uint64_t)apr_time_sec(status->now - since) : 0;
}

static void metrics_of_sessions(metrics_t *metrics)
{
    const status_t *status = metrics->status;
    if (!status->site->revocations)
        return;
    lone_gauge(metrics, "mpin_revocations", "Ended sessions, devices and users that are kept.",
               status->revocations);
    lone_gauge(metrics, "mpin_revocations_age_seconds",
               "For how long new ones can't be read; 0 while they can.",
               age(status, status->behind));
}

static void metrics_of_mail(metrics_t *metrics)
{
    static const char *const outcomes[] = {[LEDGER_MAIL_SENT] = "sent",
                                           [LEDGER_MAIL_LATER] = "later",
                                           [LEDGER_MAIL_NEVER] = "refused"};
    const status_t *status = metrics->status;
    if (!status->site->mail)
        return;
    lone_gauge(metrics, "mpin_mail_waiting", "Mails in the queue.", (uint64_t)status->mail.count);
    lone_gauge(metrics, "mpin_mail_oldest_seconds",
               "For how long the oldest mail waits that should have left.",
               age(status, status->mail.oldest));
    head_of(metrics, "mpin_mails_total", "counter", "Tries to send a mail.");
    for (int i = 0; i < LEDGER_MAILS; i++)
        metric(metrics, "mpin_mails_total{outcome=\"%s\"} " U64 "\n", outcomes[i],
               ledger_mails(metrics->ledger, (ledger_mail_t)i));
}

static void metrics_of_waiting(metrics_t *metrics)
{
    const seat_pools_t *pools = &metrics->status->site->seats;
    const struct {
        const char *whom;
        const seats_t *seats;
    } kinds[] = {{"phone", pools->phones},
                 {"application", pools->applications},
                 {"rps", pools->rps},
                 {"dta", pools->dta},
                 {"sender", pools->senders}};
    head_of(metrics, "mpin_waiting", "gauge",
            "Workers of this server that wait for somebody else; phone: phones for a computer.");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        metric(metrics, "mpin_waiting{for=\"%s\"} %d\n", kinds[i].whom,
               seats_taken(kinds[i].seats));
    head_of(metrics, "mpin_waiting_limit", "gauge", "How many may.");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        metric(metrics, "mpin_waiting_limit{for=\"%s\"} %d\n", kinds[i].whom,
               seats_all(kinds[i].seats));
}

const char *status_prometheus(const status_t *status, apr_pool_t *p)
{
    metrics_t metrics = {status, status->site->ledger, apr_array_make(p, 400, sizeof(const char *)),
                         p};
    lone_gauge(&metrics, "mpin_counters_start_time_seconds",
               "When counting began: at the start of httpd. A reload goes on.",
               (uint64_t)apr_time_sec(ledger_since(metrics.ledger)));
    metrics_of_logins(&metrics);
    metrics_of_refusals(&metrics);
    metrics_of_latency(&metrics);
    metrics_of_parts(&metrics);
    metrics_of_store(&metrics);
    metrics_of_sessions(&metrics);
    metrics_of_mail(&metrics);
    metrics_of_waiting(&metrics);
    if (status->site->audit)
        lone_gauge(&metrics, "mpin_audit_lost_records",
                   "Records that the audit log has not taken since it last took one.",
                   status->audit_lost);
    return apr_array_pstrcat(p, metrics.lines, 0);
}
