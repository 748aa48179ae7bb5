/* SPDX-License-Identifier: Apache-2.0 */
#include "rps/become.h"

#include <string.h>
#include "store/change.h"
#include "rps/allowed.h"
#include "rps/invited.h"
#include "rps/link.h"
#include "rps/mailed.h"
#include "rps/places.h"

static result_t *name_taken(apr_pool_t *p)
{
    return result_error(p, 403, "name_taken", "This name is taken. Sign in to add a device to it.");
}

static result_t *account_disabled(apr_pool_t *p)
{
    return result_error(p, 403, "user_disabled", "This account is disabled.");
}

/* Adds the mail by which the device is told. */
typedef store_piece_t *tell_t(rps_t *rps, const caller_t *caller, const mpin_id_t *id,
                              const pending_t *pending, store_together_t *together, apr_pool_t *p);

typedef struct becoming_t {
    const mpin_id_t *id;
    const pending_t *pending;
    arriving_t arrival;
    const store_piece_t *told; /* NULL: there is nobody to tell */
    store_piece_t *invited;    /* NULL: it comes by no invitation */
} becoming_t;

/* The first to come here gets the name, of all who registered it while it was free. */
static result_t *claim_free_name(rps_t *rps, const caller_t *caller, becoming_t *becoming,
                                 apr_pool_t *p)
{
    store_status_t status =
        arrival_create(rps->people, &becoming->arrival, becoming->pending->name, caller->now, p);
    if (status == STORE_EXISTS)
        return name_taken(p);
    return status == STORE_OK ? NULL : store_refusal(status, p);
}

/* Has the session that proved the name ended? A step-up, which gives it another id, is no end. */
static bool session_has_ended(rps_t *rps, const caller_t *caller, const pending_t *pending)
{
    static const unsigned char any_id[SESSION_ID_BYTES];
    const uint32_t now = (uint32_t)apr_time_sec(caller->now);
    return pending->expires <= now || !rps->revocations || !revocations_refresh(rps->revocations) ||
           revocations_hit(rps->revocations, any_id, pending->family, pending->identity,
                           pending->uid, pending->user_version, pending->sealed, now) == REVOKED;
}

/* Signing out or being disabled since the PUT ends the registration too. */
static result_t *same_user_still(rps_t *rps, const caller_t *caller, const pending_t *pending,
                                 user_t *user, apr_pool_t *p)
{
    store_status_t status = people_get(rps->people, pending->uid, user, p);
    if (status == STORE_MISSING)
        return pending_unknown(p);
    if (status != STORE_OK)
        return store_refusal(status, p);
    if (user->state != USER_ACTIVE)
        return account_disabled(p);
    if (user->version == pending->user_version && !session_has_ended(rps, caller, pending))
        return NULL;
    log_debug(caller->log, "MPIN0752",
              "the session by which %s began this registration has ended, and it ends, too",
              name_masked(pending->name, p));
    return pending_unknown(p);
}

static result_t *note_name_proven(rps_t *rps, const caller_t *caller, user_t *user, apr_pool_t *p)
{
    store_status_t status = people_name_proven(rps->people, user, caller->now, p);
    return status == STORE_OK ? NULL : store_refusal(status, p);
}

/* The active account that has the name; a new one where nobody has it. */
static result_t *claim_name(rps_t *rps, const caller_t *caller, becoming_t *becoming, bool proven,
                            apr_pool_t *p)
{
    arriving_t *arrival = &becoming->arrival;
    store_status_t status =
        arrival_claim(rps->people, arrival, becoming->pending->name, proven, caller->now, p);
    if (status == STORE_EXISTS)
        return name_taken(p);
    if (status != STORE_OK)
        return store_refusal(status, p);
    return arrival->user.state == USER_ACTIVE ? NULL : account_disabled(p);
}

/* Its owner takes the name from a person who was merely first. */
static result_t *claim_own_name(rps_t *rps, const caller_t *caller, becoming_t *becoming,
                                apr_pool_t *p)
{
    result_t *refusal = claim_name(rps, caller, becoming, true, p);
    return refusal || becoming->arrival.named
               ? refusal
               : note_name_proven(rps, caller, &becoming->arrival.user, p);
}

static result_t *become_of_session(rps_t *rps, const caller_t *caller, becoming_t *becoming,
                                   apr_pool_t *p)
{
    user_t *user = &becoming->arrival.user;
    result_t *refusal = same_user_still(rps, caller, becoming->pending, user, p);
    return refusal ? refusal : note_name_proven(rps, caller, user, p);
}

/* The reader of that mailbox owns the name. Since the mail was sent, the name may have been taken off
 * the list, or the account closed. */
static result_t *become_mailed(rps_t *rps, const caller_t *caller, becoming_t *becoming,
                               apr_pool_t *p)
{
    result_t *refusal = rps_not_allowed(rps, caller, becoming->pending->name,
                                        "This name may not register here.", p);
    return refusal ? refusal : claim_own_name(rps, caller, becoming, p);
}

/* The administrator's word, which is good once. */
static result_t *become_invited(rps_t *rps, const caller_t *caller, becoming_t *becoming,
                                apr_pool_t *p)
{
    result_t *refusal = invited_join(rps, caller, becoming->pending, becoming->arrival.together,
                                     &becoming->invited, p);
    return refusal ? refusal : claim_own_name(rps, caller, becoming, p);
}

/* By how their name was proven. An application's word is worth nothing at a site, where names are
 * proven otherwise, so nothing there is replaced by it. */
static result_t *find_owner_of_device(rps_t *rps, const caller_t *caller, becoming_t *becoming,
                                      apr_pool_t *p)
{
    switch ((origin_t)becoming->pending->origin) {
    case ORIGIN_MAIL:
        return become_mailed(rps, caller, becoming, p);
    case ORIGIN_INVITATION:
        return become_invited(rps, caller, becoming, p);
    case ORIGIN_APPLICATION:
        return claim_name(rps, caller, becoming, false, p);
    case ORIGIN_SESSION:
        return become_of_session(rps, caller, becoming, p);
    case ORIGIN_OPEN:
        break;
    }
    return claim_free_name(rps, caller, becoming, p);
}

static void fill_identity(const caller_t *caller, const mpin_id_t *id, const pending_t *pending,
                          identity_t *identity)
{
    memset(identity, 0, sizeof *identity);
    memcpy(identity->handle, id->handle, sizeof identity->handle);
    identity->state = IDENTITY_ACTIVE;
    identity->origin = (origin_t)pending->origin;
    identity->created = (uint32_t)apr_time_sec(caller->now);
    memcpy(identity->replaces, pending->replaces, sizeof identity->replaces);
    memcpy(identity->device, pending->device, sizeof identity->device);
    memcpy(identity->name, pending->name, sizeof identity->name);
}

static becoming_t begin_becoming(rps_t *rps, const caller_t *caller, const mpin_id_t *id,
                                 const pending_t *pending, apr_pool_t *p)
{
    becoming_t becoming = {.id = id, .pending = pending};
    becoming.arrival.together = store_together(rps->store, p);
    fill_identity(caller, id, pending, &becoming.arrival.identity);
    return becoming;
}

/* Everything that is not there yet comes in one transaction. NULL also where somebody else has got
 * the name meanwhile. */
static result_t *arrive(rps_t *rps, const caller_t *caller, becoming_t *becoming, apr_pool_t *p)
{
    arriving_t *arrival = &becoming->arrival;
    const store_status_t status = places_take(rps, caller, arrival, p);
    if (status == STORE_OK || together_refused(arrival->named))
        return NULL;
    if (status == STORE_FULL && together_refused(becoming->told))
        return mailed_refusal(rps, becoming->pending, p);
    if (together_refused(becoming->invited))
        return link_gone(p);
    if (status == STORE_FULL && together_refused(arrival->place))
        return places_none(rps, caller, arrival->user.uid, p);
    return status == STORE_EXISTS ? pending_unknown(p) : store_refusal(status, p);
}

/* Of two who get a name at once, the second finds the user of the first. */
static result_t *become_by_origin(rps_t *rps, const caller_t *caller, const mpin_id_t *id,
                                  const pending_t *pending, tell_t *tell, apr_pool_t *p)
{
    for (int round = 0; round < STORE_CHANGE_ROUNDS; round++) {
        becoming_t becoming = begin_becoming(rps, caller, id, pending, p);
        if (tell)
            becoming.told = tell(rps, caller, id, pending, becoming.arrival.together, p);
        result_t *refusal = find_owner_of_device(rps, caller, &becoming, p);
        if (!refusal)
            refusal = arrive(rps, caller, &becoming, p);
        if (refusal || !together_refused(becoming.arrival.named))
            return refusal;
    }
    return store_refusal(STORE_CHANGED, p);
}

static result_t *become_and_say(rps_t *rps, const caller_t *caller, const mpin_id_t *id,
                                const pending_t *pending, tell_t *tell, apr_pool_t *p)
{
    result_t *refusal = become_by_origin(rps, caller, id, pending, tell, p);
    log_debug(caller->log, "MPIN0750", "registration %s of %s, %s, %s", people_label(id->handle, p),
              name_masked(pending->name, p), pending_origin_text(pending),
              refusal ? "becomes no identity" : "is an identity now");
    return refusal;
}

result_t *become_told(rps_t *rps, const caller_t *caller, const mpin_id_t *id,
                      const pending_t *pending, apr_pool_t *p)
{
    return become_and_say(rps, caller, id, pending, mailed_join_device, p);
}

result_t *become_identity(rps_t *rps, const caller_t *caller, const mpin_id_t *id,
                          const pending_t *pending, apr_pool_t *p)
{
    return become_and_say(rps, caller, id, pending, NULL, p);
}

result_t *become_device(rps_t *rps, const caller_t *caller, const mpin_id_t *id,
                        const pending_t *pending, const user_t *user, apr_pool_t *p)
{
    becoming_t becoming = begin_becoming(rps, caller, id, pending, p);
    becoming.arrival.user = *user;
    return arrive(rps, caller, &becoming, p);
}
