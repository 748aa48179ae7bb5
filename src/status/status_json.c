/* SPDX-License-Identifier: Apache-2.0 */
/* The status for programs (status.h); docs/status.md says what each field is. */
#include "status/status.h"

#include "base/journal.h"
#include "base/json.h"

static json_t *json_moment(apr_time_t time)
{
    char text[JOURNAL_TIME];
    if (!time)
        return json_null();
    journal_time(time, text);
    return json_string(text);
}

static json_t *json_number(uint64_t value)
{
    return json_integer((json_int_t)value);
}

static json_t *lately(const status_t *status, ledger_series_t series)
{
    const ledger_t *ledger = status->site->ledger;
    json_t *json = json_object();
    json_object_set_new(json, "1h", json_number(ledger_lately(ledger, series, 60, status->now)));
    json_object_set_new(json, "24h",
                        json_number(ledger_lately(ledger, series, LEDGER_MINUTES, status->now)));
    return json;
}

static json_t *parts_json(const status_t *status)
{
    json_t *parts = json_array();
    for (int i = 0; i < status->part_count; i++) {
        const part_t *part = &status->parts[i];
        json_t *json = json_pack("{s:s, s:s, s:s}", "name", part->name, "state",
                                 part_state_word(part->state), "word", part->word);
        json_object_set_new(json, "since", json_moment(part->since));
        json_array_append_new(parts, json);
    }
    return parts;
}

/* The root keys: the last one seals, the others are there for what they have sealed. */
static json_t *keys_json(const keys_t *keys)
{
    json_t *json = json_array();
    char date[KEY_DATE_SIZE];
    unsigned char number;
    for (int i = 0; keys && keys_root(keys, i, &number, date); i++)
        json_array_append_new(json, json_pack("{s:i, s:s}", "number", (int)number, "since", date));
    return json;
}

static json_t *locks_json(const ledger_t *ledger)
{
    ledger_locked_t locks[LEDGER_LOCKS];
    const int count = ledger_locks(ledger, locks);
    json_t *json = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(
            json, json_pack("{s:o, s:s}", "time", json_moment(locks[i].at), "name", locks[i].name));
    return json;
}

static json_t *events_json(const ledger_t *ledger)
{
    json_t *json = json_object();
    for (event_t event = 0; event < EVENT_COUNT; event++)
        json_object_set_new(json, event_word(event), json_number(ledger_events(ledger, event)));
    return json;
}

json_t *status_json(const status_t *status, apr_pool_t *p)
{
    const ledger_t *ledger = status->site->ledger;
    json_t *json = json_tie(p, json_object());
    json_object_set_new(
        json, "state",
        json_string(part_state_word(status->worst ? status->worst->state : PART_WELL)));
    json_object_set_new(json, "worst",
                        status->worst ? json_string(status->worst->name) : json_null());
    json_object_set_new(json, "time", json_moment(status->now));
    json_object_set_new(json, "counted_since", json_moment(ledger_since(ledger)));
    json_object_set_new(json, "signins", lately(status, LEDGER_IN));
    json_object_set_new(json, "refusals", lately(status, LEDGER_REFUSED));
    json_object_set_new(json, "locks", lately(status, LEDGER_LOCKED));
    json_object_set_new(json, "requests", lately(status, LEDGER_REQUESTS));
    json_object_set_new(json, "parts", parts_json(status));
    json_object_set_new(json, "keys", keys_json(status->keys));
    json_object_set_new(json, "last_locks", locks_json(ledger));
    json_object_set_new(json, "events", events_json(ledger));
    return json;
}
