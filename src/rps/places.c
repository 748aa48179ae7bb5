/* SPDX-License-Identifier: Apache-2.0 */
#include "rps/places.h"

#include <apr_strings.h>
#include <sodium.h>
#include "base/json.h"
#include "rps/mailed.h"

/* Milliseconds since 1970, as browsers count. */
static json_t *moment(uint32_t seconds)
{
    return json_integer((json_int_t)seconds * 1000);
}

static store_status_t list_devices(rps_t *rps, const caller_t *caller,
                                   const unsigned char uid[UID_BYTES], json_t *devices,
                                   apr_pool_t *p)
{
    identity_t *list;
    int count;
    store_status_t status = people_identities(rps->people, uid, &list, &count, p);
    for (int i = 0; status == STORE_OK && i < count; i++) {
        uint32_t used;
        status = people_last_use(rps->people, &list[i], caller->now, &used, p);
        json_t *device = json_object();
        json_set_text(device, "deviceName", list[i].device);
        json_object_set_new(device, "added", moment(list[i].created));
        if (status == STORE_OK)
            json_object_set_new(device, "lastUsed", moment(used));
        json_array_append_new(devices, device);
    }
    return status;
}

/* Names and times only: nothing by which a device could be locked. */
result_t *places_none(rps_t *rps, const caller_t *caller, const unsigned char uid[UID_BYTES],
                      apr_pool_t *p)
{
    json_t *json = json_tie(p, json_pack("{s:[]}", "devices"));
    store_status_t status = list_devices(rps, caller, uid, json_object_get(json, "devices"), p);
    if (status != STORE_OK)
        return store_refusal(status, p);
    result_t *result = result_error(p, 403, "too_many_identities",
                                    "This name has as many devices as it may have.");
    result->json = json;
    return result;
}

static store_status_t device_to_go(rps_t *rps, const caller_t *caller,
                                   const unsigned char uid[UID_BYTES], identity_t *device,
                                   apr_pool_t *p)
{
    store_status_t status = people_longest_unused(rps->people, uid, caller->now, device, p);
    log_debug(caller->log, "MPIN0590", "all places for devices are taken: %s",
              status == STORE_OK ? apr_psprintf(p, "%s, unused for %d days, gives way",
                                                people_label(device->handle, p), UNUSED_DAYS)
                                 : "each was in use in the last 30 days");
    return status;
}

result_t *places_left(rps_t *rps, const caller_t *caller, const pending_t *pending, apr_pool_t *p)
{
    identity_t unused;
    int taken;
    if (!sodium_is_zero(pending->replaces, sizeof pending->replaces))
        return NULL;
    store_status_t status = people_places_taken(rps->people, pending->uid, &taken, p);
    if (status == STORE_OK && taken < IDENTITIES_MAX)
        return NULL;
    if (status == STORE_OK)
        status = device_to_go(rps, caller, pending->uid, &unused, p);
    if (status == STORE_MISSING)
        return places_none(rps, caller, pending->uid, p);
    return status == STORE_OK ? NULL : store_refusal(status, p);
}

/* STORE_MISSING where none goes; none has to where others have left one meanwhile. */
static store_status_t free_place(rps_t *rps, const caller_t *caller,
                                 const unsigned char uid[UID_BYTES], apr_pool_t *p)
{
    identity_t unused;
    int taken;
    store_status_t status = people_places_taken(rps->people, uid, &taken, p);
    if (status != STORE_OK || taken < IDENTITIES_MAX)
        return status;
    status = device_to_go(rps, caller, uid, &unused, p);
    if (status == STORE_OK)
        status = people_revoke_identity(rps->people, unused.handle, caller->now, p);
    if (status != STORE_OK)
        return status;
    log_info(rps->log, "MPIN0591", "identity %s of %s gives way to a new device: unused too long",
             people_label(unused.handle, p), name_masked(unused.name, p));
    mailed_tell(rps, caller, NOTICE_UNUSED, &unused, p);
    return STORE_OK;
}

/* Others that are added at once may take the place that was made, so it is made again. */
store_status_t places_take(rps_t *rps, const caller_t *caller, arriving_t *arrival, apr_pool_t *p)
{
    const identity_t *identity = &arrival->identity;
    arrival_device(arrival, p);
    store_status_t status = arrival_commit(rps->people, arrival, p);
    for (int i = 0; status == STORE_FULL && together_refused(arrival->place) && i < IDENTITIES_MAX;
         i++) {
        status = free_place(rps, caller, arrival->user.uid, p);
        if (status == STORE_MISSING)
            return STORE_FULL;
        if (status != STORE_OK) {
            arrival->place = NULL; /* it is the store that refuses */
            return status;
        }
        status = arrival_commit(rps->people, arrival, p);
    }
    if (status != STORE_OK)
        return status;
    people_note_use(rps->people, identity->handle, caller->now, p);
    return people_supersede(rps->people, identity, caller->now, p);
}
