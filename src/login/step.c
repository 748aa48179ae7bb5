/* SPDX-License-Identifier: Apache-2.0 */
/* The second step of a person who is signed in: GET /login/step asks, POST judges. */
#include "login/login.h"
#include "login/login_form.h"

#include "factor/kinds.h"
#include "people/misses.h"
#include "store/refusal.h"
#include "web/answer.h"
#include "web/signin.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <string.h>

/* What somebody could do here, as the page shows it. */
typedef struct step_t {
    facts_t *facts;
    way_t way;
    const user_t *user;
    own_factor_t *list; /* those that would do, the one that was used last first */
    int count;
    own_factor_t *chosen; /* one of them; NULL where there are none */
} step_t;

/* ---- which factors would do ---- */

static bool would_do(const own_factor_t *factor, uint32_t lacks)
{
    const kind_ops_t *ops = kind_ops(factor->kind);
    return factor->confirmed && ops && (lacks & FACTOR_BIT(ops->proves));
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
    return step->count ? step->list : NULL;
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
    for (int i = 0; i < found; i++)
        if (would_do(&step->list[i], lacks))
            step->list[step->count++] = step->list[i];
    qsort(step->list, (size_t)step->count, sizeof(*step->list), by_use);
    step->chosen = named_factor(step, chosen);
    if (!step->chosen)
        step->chosen = usual(step);
    return NULL;
}

/* ---- the page ---- */

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
        apr_table_setn(row, kind_ops(factor->kind)->word, "1");
        apr_table_setn(row, "name", factor->name);
    }
}

/* `what` is why the page is shown again, NULL at first. */
static result_t *show_step(step_t *step, int status, const char *what, const char *value)
{
    facts_t *facts = step->facts;
    apr_pool_t *p = facts->r->pool;
    page_values_t page = page_begin(facts->r, facts->site);
    char id[FACTOR_ID_SIZE];

    form_show(&page, &facts->prelogin, &step->way);
    page_set(&page, "csrf",
             prelogin_token(facts->site->prelogins, facts->caller.session->id, "step", p));
    page_set(&page, "step_url",
             apr_table_get(page.values, "long_way")
                 ? apr_table_get(page.values, "login_url")
                 : apr_pstrcat(p, facts->site->paths[PATH_LOGIN], "/step", NULL));
    page_set(&page, "switch_href", way_switch(facts->r, &step->way));
    if (step->chosen) {
        factor_write_id(id, step->chosen->id);
        page_set(&page, "factor", apr_pstrdup(p, id));
        page_set(&page, "factor_name", step->chosen->name);
        page_set(&page, kind_ops(step->chosen->kind)->word, "1");
        list_others(&page, step);
    }
    if (what)
        page_set(&page, what, value);
    page_answer(&page, status, step->chosen ? "step" : "no_step");
    return NULL;
}

/* The way there is the login page's; nobody who is not signed in, or has nothing to show any more,
 * stays here. False: an answer has been given. */
static bool step_is_due(facts_t *facts, const way_t *way)
{
    const session_t *session = facts->caller.session;
    if (way->step)
        return true;
    const bool done = session && demand_is_met(&way->demand, session, facts->caller.now);
    answer_see_other(facts->r, done ? way_target(way, facts->site) : way_location(facts->r, way));
    return false;
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
    return show_step(&step, step.chosen ? HTTP_OK : HTTP_FORBIDDEN, NULL, NULL);
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
    if (refusal->status >= 500)
        return refusal;
    record_step(step, refusal);
    const char *seconds = apr_itoa(r->pool, refusal->retry_after);
    if (refusal->retry_after)
        apr_table_setn(r->err_headers_out, "Retry-After", seconds);
    return refusal->retry_after ? show_step(step, refusal->status, "throttled", seconds)
                                : show_step(step, refusal->status, "code_wrong", "1");
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
    const signin_t in = signin(facts, &proven);
    if (in.refusal)
        return in.refusal;
    answer_see_other(facts->r, in.location);
    return NULL;
}

/* Another user, or another version of this one, has no step to take in this session. */
static result_t *find_user(const facts_t *facts, user_t *user)
{
    const session_t *session = facts->caller.session;
    apr_pool_t *p = facts->r->pool;
    const store_status_t status = people_get(facts->site->people, session->uid, user, p);
    if (status == STORE_OK && user->version == session->version)
        return NULL;
    return status == STORE_OK || status == STORE_MISSING
               ? result_error(p, HTTP_UNAUTHORIZED, "not_signed_in", "sign in again")
               : store_refusal(status, p);
}

result_t *login_step_done(facts_t *facts)
{
    step_t step = {.facts = facts, .way = way_of_form(facts)};
    user_t user;
    if (!step_is_due(facts, &step.way))
        return NULL;
    result_t *refusal = find_factors(&step, apr_table_get(facts->form, "factor"));
    if (!refusal)
        refusal = find_user(facts, &user);
    if (refusal)
        return refusal;
    step.user = &user;
    if (!form_token_ok(facts, facts->caller.session->id, "step"))
        return show_step(&step, HTTP_FORBIDDEN, "expired", "1");
    if (!step.chosen)
        return show_step(&step, HTTP_FORBIDDEN, NULL, NULL);
    const turn_t turn = {.factors = facts->site->factors,
                         .factor = step.chosen,
                         .caller = &facts->caller,
                         .user = &user,
                         .p = facts->r->pool};
    refusal = kind_judge(&turn, apr_table_get(facts->form, "code"));
    return refusal ? step_refused(&step, refusal) : step_taken(&step);
}
