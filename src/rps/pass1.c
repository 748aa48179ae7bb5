/* SPDX-License-Identifier: Apache-2.0 */
/* POST /rps/pass1 (docs/protocol.md, "RPS, public"). */
#include <apr_strings.h>
#include <sodium.h>
#include <string.h>
#include "base/hex.h"
#include "base/json.h"
#include "rps/application.h"
#include "rps/inflight.h"
#include "rps/split.h"
#include "rps/standing.h"

typedef struct pass1_request_t {
    mpin_id_t id;
    unsigned char u[MPIN_G1_BYTES];
} pass1_request_t;

/* The configuration says which of U and UT counts, never the client; the other one is not looked
 * at. */
static const char *commitment_field(const rps_t *rps)
{
    return rps->settings->time_permits ? "UT" : "U";
}

/* NULL when all is well, else what is wrong. */
static const char *read_pass1(const rps_t *rps, pass1_request_t *request, const json_t *body,
                              apr_pool_t *p)
{
    const char *field = commitment_field(rps);
    const json_t *pass = json_object_get(body, "pass");
    if (pass && json_integer_value(pass) != 1)
        return "Invalid data received. pass must be 1";
    if (!mpin_id_read(&request->id, json_text(body, "mpin_id", 2 * MPIN_ID_MAX), p))
        return "Invalid data received. mpin_id is missing or not lower-case hex";
    const char *u = json_text(body, field, 2 * MPIN_G1_BYTES);
    if (!u || !hex_decode(u, request->u, sizeof request->u) || request->u[0] != 4)
        return apr_psprintf(
            p, "Invalid data received. %s is missing or not 04, X and Y in lower-case hex", field);
    return NULL;
}

static result_t *pass1_answer(const unsigned char id[TOKEN_BYTES],
                              const unsigned char y[MPIN_SCALAR_BYTES], apr_pool_t *p)
{
    unsigned char wire[MPIN_WIRE_SCALAR_BYTES] = {0};
    memcpy(wire + sizeof wire - MPIN_SCALAR_BYTES, y, MPIN_SCALAR_BYTES);
    return result_ok(p,
                     json_pack("{s:s, s:i, s:s, s:s, s:s}", "y", hex_encode(p, wire, sizeof wire),
                               "pass", 1, "passId", hex_encode(p, id, TOKEN_BYTES), "message", "OK",
                               "version", RPS_VERSION));
}

/* The usual answer to an identity without a chance: nothing is kept, pass2 will not look for it. */
static result_t *idle_pass1_answer(apr_pool_t *p)
{
    unsigned char id[TOKEN_BYTES], y[MPIN_SCALAR_BYTES];
    randombytes_buf(id, sizeof id);
    mpin_random_scalar(y);
    return pass1_answer(id, y, p);
}

static void fill_pass1(const rps_t *rps, pass1_t *pass, const pass1_request_t *request,
                       const caller_t *caller, const char *name)
{
    memset(pass, 0, sizeof *pass);
    pass->expires = caller->now + apr_time_from_sec(PASS1_SECONDS);
    randombytes_buf(pass->id, sizeof pass->id);
    memcpy(pass->u, request->u, sizeof pass->u);
    pass->permit = rps->settings->time_permits;
    mpin_random_scalar(pass->y); /* after U has come: knowing y beforehand, one can be anybody */
    throttle_address(caller->address, pass->address);
    pass->has_browser = caller->prelogin != NULL;
    if (caller->prelogin)
        memcpy(pass->browser, caller->prelogin, sizeof pass->browser);
    pass->known = caller->known && known_for(caller->known, name);
}

/* A generator that repeats itself gives the client secret away under the second y, so there is
 * none. */
static result_t *refuse_repeated_u(rps_t *rps, const identity_t *identity, apr_pool_t *p)
{
    log_warn(rps->log, "MPIN0307",
             "identity %s sent the same U again: its random generator is broken",
             people_label(identity->handle, p));
    return rps_audited(result_error(p, 403, "repeated_u", "This U was used before."), "repeated_u",
                       identity->name, identity->handle, p);
}

typedef struct pass1_step_t {
    const pass1_t *pass;
    bool repeated;
    int live; /* with this one */
} pass1_step_t;

static store_status_t step_pass1(void *baton, inflight_t *inflight, apr_pool_t *scratch)
{
    pass1_step_t *mine = baton;
    (void)scratch;
    mine->repeated = inflight_repeats(inflight, mine->pass);
    mine->live = inflight->passes;
    if (mine->repeated)
        return STORE_OK;
    inflight_add(inflight, mine->pass);
    mine->live = inflight->passes;
    inflight->changed = true;
    return STORE_OK;
}

static result_t *keep_pass1(rps_t *rps, const caller_t *caller, const identity_t *identity,
                            const pass1_t *pass, apr_pool_t *p)
{
    pass1_step_t mine = {.pass = pass};
    store_status_t status =
        inflight_change(rps, identity->handle, caller->now, step_pass1, &mine, p);
    if (status == STORE_CHANGED)
        return result_later(p, "busy", "Too many sign-ins of this identity at once.", 1);
    if (status != STORE_OK)
        return store_refusal(status, p);
    log_debug(caller->log, "MPIN0763", "pass1: identity %s, %d of %d live, by a browser that %s",
              people_label(identity->handle, p), mine.live, PASS1_LIVE,
              pass->known ? "has signed in so before" : "is new to it");
    return mine.repeated ? refuse_repeated_u(rps, identity, p) : pass1_answer(pass->id, pass->y, p);
}

/* The id is looked up before the point is decoded, which
 * costs a thousand times as much. */
result_t *rps_pass1(rps_t *rps, const caller_t *caller, const json_t *body, apr_pool_t *p)
{
    pass1_request_t request;
    result_t *refusal = split_ready(rps, caller, p);
    if (refusal)
        return refusal;
    const char *wrong = read_pass1(rps, &request, body, p);
    if (wrong)
        return result_error(p, 403, "pass1_malformed", wrong);

    identity_t identity;
    user_t user;
    verdict_t standing;
    store_status_t status = rps_standing(rps, request.id.handle, &identity, &user, &standing, p);
    if (status != STORE_OK)
        return store_refusal(status, p);
    if (standing != VERDICT_NONE) {
        log_debug(caller->log, "MPIN0763", "pass1: identity %s is %s; it gets the usual answer",
                  people_label(request.id.handle, p), verdict_text(standing));
        return idle_pass1_answer(p);
    }
    if (mpin_check_g1(request.u) != MPIN_ACCEPTED)
        return result_error(p, 403, "pass1_malformed",
                            apr_pstrcat(p, "Invalid data received. ", commitment_field(rps),
                                        " is no point of the group", NULL));
    result_t *withdrawn =
        application_permits(rps, caller, json_string_value(json_object_get(body, "mpin_id")), p);
    if (withdrawn)
        return rps_audited(withdrawn, "login_refused", identity.name, identity.handle, p);

    pass1_t pass;
    fill_pass1(rps, &pass, &request, caller, identity.name);
    return keep_pass1(rps, caller, &identity, &pass, p);
}
