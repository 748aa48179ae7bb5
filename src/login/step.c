/* SPDX-License-Identifier: Apache-2.0 */
/* The second step of a person who is signed in: GET /login/step asks, POST judges. */
#include "login/login.h"
#include "login/step.h"
#include "login/step_send.h"

#include "factor/shown_device.h"
#include "factor/recovery.h"
#include "factor/passkey.h"
#include "people/misses.h"
#include "store/refusal.h"
#include "web/answer.h"
#include "web/remembered.h"
#include "web/signin.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <sodium.h>
#include <string.h>

/* What somebody could do here, as the page shows it. */
typedef struct step_t {
    facts_t *facts;
    way_t way;
    const user_t *user;
    own_factor_t *list; /* those that would do, the one that was used last first */
    int count;
    own_factor_t *chosen;    /* one of them; NULL where a passkey is asked for alone */
    bool passkey;            /* a passkey would do, too */
    const result_t *refused; /* why the page is shown again, NULL at first */
} step_t;

static turn_t turn_of(const step_t *step)
{
    return step_turn(step->facts, step->chosen, step->user);
}

/* ---- which factors would do ---- */

static bool would_do(const own_factor_t *factor, uint32_t lacks)
{
    const kind_ops_t *ops = kind_ops(factor->kind);
    return factor->confirmed && ops && (lacks & FACTOR_BIT(ops->proves));
}

#define KEYS (FACTOR_BIT(FACTOR_PASSKEY) | FACTOR_BIT(FACTOR_SECURITY_KEY))

static bool passkey_would_do(const step_t *step, const own_factor_t *factor, uint32_t lacks)
{
    return (lacks & KEYS) && passkey_is_of(factor, &step->facts->site->passkeys);
}

static int by_use(const void *one, const void *other)
{
    const own_factor_t *a = one, *b = other;
    return a->used == b->used ? 0 : a->used > b->used ? -1 : 1;
}

/* A recovery code is what is left when the others are lost: never the first that is asked for. */
static own_factor_t *usual(step_t *step)
{
    for (int i = 0; i < step->count; i++)
        if (step->list[i].kind != KIND_RECOVERY)
            return &step->list[i];
    return step->count && !step->passkey ? step->list : NULL;
}

static own_factor_t *named_factor(step_t *step, const char *id)
{
    unsigned char wanted[FACTOR_ID_BYTES];
    if (!factor_read_id(id, wanted))
        return NULL;
    for (int i = 0; i < step->count; i++)
        if (memcmp(step->list[i].id, wanted, sizeof(wanted)) == 0)
            return &step->list[i];
    return NULL;
}

/* NULL, or the refusal of a store in trouble. */
static result_t *find_factors(step_t *step, const char *chosen)
{
    facts_t *facts = step->facts;
    int found;
    const store_status_t status = factors_list(facts->site->factors, facts->caller.session->uid,
                                               &step->list, &found, facts->r->pool);
    if (status != STORE_OK)
        return store_refusal(status, facts->r->pool);
    const uint32_t lacks =
        demand_lacks(&step->way.demand, facts->caller.session, facts->caller.now);
    for (int i = 0; i < found; i++) {
        step->passkey |= passkey_would_do(step, &step->list[i], lacks);
        if (would_do(&step->list[i], lacks))
            step->list[step->count++] = step->list[i];
    }
    qsort(step->list, (size_t)step->count, sizeof(*step->list), by_use);
    step->chosen = named_factor(step, chosen);
    if (!step->chosen)
        step->chosen = usual(step);
    return NULL;
}

/* ---- the page ---- */

/* The others, each a link that keeps the way. The word of the chosen one is a value of the page, so
 * that a row takes it back. */
static void list_others(page_values_t *page, const step_t *step)
{
    apr_array_header_t *others = page_list(page, "others");
    for (int i = 0; i < step->count; i++) {
        const own_factor_t *factor = &step->list[i];
        char id[FACTOR_ID_SIZE];
        if (factor == step->chosen)
            continue;
        factor_write_id(id, factor->id);
        apr_table_t *row = page_row(others);
        apr_table_set(row, "id", id);
        apr_table_setn(row, "href", way_choose(page->r, id, &step->way));
        if (step->chosen)
            apr_table_setn(row, kind_ops(step->chosen->kind)->word, "");
        apr_table_setn(row, kind_ops(factor->kind)->word, "1");
        apr_table_setn(row, "name", factor->name);
    }
}

/* People who prove anew, or have lost what they had, are asked for it each time. */
static bool may_remember(const step_t *step)
{
    return step->facts->site->remember && !step->way.prove &&
           (step->way.demand.second & FACTOR_BIT(FACTOR_REMEMBERED)) &&
           step->chosen->kind != KIND_RECOVERY;
}

/* The values of the form of the factor that was chosen. */
static void show_chosen(page_values_t *page, step_t *step)
{
    facts_t *facts = step->facts;
    apr_pool_t *p = facts->r->pool;
    char id[FACTOR_ID_SIZE];
    const turn_t turn = turn_of(step);

    factor_write_id(id, step->chosen->id);
    page_set(page, "factor", apr_pstrdup(p, id));
    page_set(page, "factor_name", step->chosen->name);
    page_set(page, kind_ops(step->chosen->kind)->word, "1");
    send_show(page, &turn);
    page_set(page, "send_url", way_step(facts->r, "/send", &step->way));
    if (step->refused)
        send_show_refusal(page, step->refused);
    if (may_remember(step))
        page_set(page, "remember_days",
                 apr_itoa(p, (int)(apr_time_sec(facts->site->remember) / 86400)));
    page_set(page, "may_remember", may_remember(step) ? "1" : "");
}

/* Somebody who lost the rest gets in with a recovery code; without, only others can help. */
static bool code_is_left(const step_t *step)
{
    for (int i = 0; i < step->count; i++)
        if (step->list[i].kind == KIND_RECOVERY && recovery_left(&step->list[i]) > 0)
            return true;
    return false;
}

/* `what` is why the page is shown again, NULL at first. */
static result_t *show_step(step_t *step, int status, const char *what, const char *value)
{
    facts_t *facts = step->facts;
    page_values_t page = page_begin(facts->r, facts->site);

    if (!step->chosen && !step->passkey)
        return step_none(facts, &step->way);
    step_show_way(&page, facts, &step->way);
    if (step->chosen)
        show_chosen(&page, step);
    list_others(&page, step);
    step_show_pin(&page, facts, &step->way);
    page_set(&page, "passkey", step->passkey ? "1" : "");
    page_set(&page, "lost", code_is_left(step) ? "" : "1");
    if (what)
        page_set(&page, what, value);
    page_answer(&page, status, "step");
    return NULL;
}

result_t *login_step(facts_t *facts)
{
    facts->query = way_query(facts);
    step_t step = {.facts = facts, .way = way_of_page(facts)};
    if (!step_is_due(facts, &step.way))
        return NULL;
    result_t *refusal = find_factors(&step, apr_table_get(facts->query, "factor"));
    if (refusal)
        return refusal;
    log_debug(facts->caller.log, "MPIN0854", "%s has %d second steps that would do for %s",
              name_masked(facts->caller.session->name, facts->r->pool), step.count,
              demand_text(&step.way.demand, facts->r->pool));
    return show_step(&step, HTTP_OK, NULL, NULL);
}

/* ---- judging ---- */

static void record_step(const step_t *step, const result_t *refusal)
{
    result_t *told = result_ok(step->facts->r->pool, NULL);
    told->status = refusal->status;
    told->event = refusal->status == HTTP_TOO_MANY_REQUESTS ? "throttled" : "step_wrong";
    told->user = step->user->name;
    answer_audit(step->facts->r, told);
    if (refusal->status == HTTP_UNAUTHORIZED)
        people_note_miss(step->facts->site->people, step->user->uid, MISS_CODE,
                         step->facts->caller.now, step->facts->r->pool);
}

/* The page says what is wrong with a code; trouble has a page of its own. */
static result_t *step_refused(step_t *step, result_t *refusal)
{
    request_rec *r = step->facts->r;
    const page_values_t page = page_begin(r, step->facts->site);
    if (!send_is_told(&page, refusal))
        return refusal;
    if (refusal->status < 500 && refusal->status != HTTP_GONE)
        record_step(step, refusal);
    step->refused = refusal;
    return show_step(step, refusal->status, NULL, NULL);
}

/* A device that has been shown with a second step is two factors from now on. */
static result_t *note_device(const step_t *step)
{
    const session_t *session = step->facts->caller.session;
    apr_pool_t *p = step->facts->r->pool;
    if (!session->proven[FACTOR_PIN] || sodium_is_zero(session->identity, SESSION_ID_BYTES))
        return NULL;
    const store_status_t status = device_show(step->facts->site->factors, session->identity, p);
    return status == STORE_OK ? NULL : store_refusal(status, p);
}

/* The last codes: a page tells it, before the person goes on. */
static result_t *go_on_from_step(const step_t *step, const char *location)
{
    facts_t *facts = step->facts;
    apr_pool_t *p = facts->r->pool;
    const int left =
        step->chosen->kind == KIND_RECOVERY ? recovery_left(step->chosen) : RECOVERY_CODES;
    if (left > RECOVERY_FEW) {
        answer_see_other(facts->r, location);
        return NULL;
    }
    page_values_t page = page_begin(facts->r, facts->site);
    page_set(&page, "codes_left", apr_itoa(p, left));
    page_set(&page, "account_url", facts->site->paths[PATH_ACCOUNT]);
    page_set(&page, "continue_href", location);
    page_answer(&page, HTTP_OK, "codes_few");
    return NULL;
}

static result_t *step_taken(step_t *step)
{
    facts_t *facts = step->facts;
    const kind_ops_t *ops = kind_ops(step->chosen->kind);
    const proven_t proven = {.user = step->user,
                             .factor = ops->proves,
                             .amr = ops->amr,
                             .provider = facts->caller.session->provider,
                             .event = apr_pstrcat(facts->r->pool, "step_", ops->word, NULL),
                             .target = step->way.target};
    result_t *refusal = note_device(step);
    if (refusal)
        return refusal;
    const signin_t in = signin(facts, &proven);
    if (in.refusal)
        return in.refusal;
    if (may_remember(step) && apr_table_get(facts->form, "remember"))
        refusal = remembered_add(facts, step->user, ops->proves);
    return refusal ? refusal : go_on_from_step(step, in.location);
}

/* What both forms need: a step that is due, factors, the user, the token. False: `*refusal` is the
 * answer, NULL where one has been given. */
static bool step_may(step_t *step, user_t *user, result_t **refusal)
{
    facts_t *facts = step->facts;
    *refusal = NULL;
    if (!step_is_due(facts, &step->way))
        return false;
    *refusal = find_factors(step, apr_table_get(facts->form, "factor"));
    if (!*refusal)
        *refusal = step_user(facts, user);
    if (*refusal)
        return false;
    step->user = user;
    if (!step_form_is_ours(facts))
        *refusal = show_step(step, HTTP_FORBIDDEN, "expired", "1");
    else if (!step->chosen)
        *refusal = show_step(step, HTTP_FORBIDDEN, NULL, NULL);
    else
        return true;
    return false;
}

result_t *login_step_done(facts_t *facts)
{
    step_t step = {.facts = facts, .way = way_of_form(facts)};
    user_t user;
    result_t *refusal;
    if (!step_may(&step, &user, &refusal))
        return refusal;
    const turn_t turn = turn_of(&step);
    refusal = kind_judge(&turn, apr_table_get(facts->form, "code"));
    return refusal ? step_refused(&step, refusal) : step_taken(&step);
}

/* Afterwards a GET shows where the code is typed, which can be loaded anew. */
static result_t *step_sent(const step_t *step)
{
    const char *here = way_location(step->facts->r, &step->way);
    char id[FACTOR_ID_SIZE];
    factor_write_id(id, step->chosen->id);
    answer_see_other(step->facts->r,
                     apr_pstrcat(step->facts->r->pool, here, strchr(here, '?') ? "&" : "?",
                                 "factor=", id, NULL));
    return NULL;
}

result_t *login_step_send(facts_t *facts)
{
    step_t step = {.facts = facts, .way = way_of_form(facts)};
    user_t user;
    result_t *refusal;
    if (!step_may(&step, &user, &refusal))
        return refusal;
    const turn_t turn = turn_of(&step);
    refusal = send_now(&turn);
    return refusal ? step_refused(&step, refusal) : step_sent(&step);
}
