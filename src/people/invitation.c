/* SPDX-License-Identifier: Apache-2.0 */
#include "people/invitation.h"

#include <apr_strings.h>
#include <sodium.h>
#include <string.h>

#include "base/bytes.h"
#include "base/hex.h"
#include "people/records.h"
#include "store/change.h"
#include "store/key.h"

/* invitation:<hash>  layout 1 | made 4 | browser 16 | name text; lasting
 * invited:<browser>  hash; coming in, for an hour */
#define INVITATION_LAYOUT 1
#define INVITATION_RECORD (1 + 4 + PRELOGIN_ID_BYTES + 1 + NAME_MAX_BYTES)
#define ACCEPTED_LIFE apr_time_from_sec(3600)

static const char *invitation_key(const unsigned char hash[INVITATION_HASH], apr_pool_t *p)
{
    return store_key("invitation", hash, INVITATION_HASH, p);
}

static const char *invited_key(const unsigned char browser[PRELOGIN_ID_BYTES], apr_pool_t *p)
{
    return store_key("invited", browser, PRELOGIN_ID_BYTES, p);
}

static apr_size_t write_invitation(const invitation_t *invitation,
                                   unsigned char record[INVITATION_RECORD])
{
    bytes_out_t out = bytes_out(record, INVITATION_RECORD);
    bytes_put_u8(&out, INVITATION_LAYOUT);
    bytes_put_u32(&out, invitation->made);
    bytes_put(&out, invitation->browser, sizeof invitation->browser);
    bytes_put_text(&out, invitation->name);
    return bytes_written(&out);
}

static bool decode_invitation(const store_record_t *record, invitation_t *invitation)
{
    bytes_in_t in = bytes_in(record->data, record->len);
    const uint8_t layout = bytes_get_u8(&in);
    invitation->made = bytes_get_u32(&in);
    bytes_get(&in, invitation->browser, sizeof invitation->browser);
    bytes_get_text(&in, invitation->name, sizeof invitation->name);
    return bytes_all_read(&in) && layout == INVITATION_LAYOUT && invitation->name[0];
}

static bool hash_secret_part(const char *token, unsigned char hash[INVITATION_HASH])
{
    unsigned char bytes[INVITATION_BYTES];
    if (!token || strlen(token) != 2 * sizeof bytes || !hex_decode(token, bytes, sizeof bytes))
        return false;
    crypto_hash_sha256(hash, bytes, sizeof bytes);
    return true;
}

static store_status_t load_invitation(people_t *people, invitation_t *invitation, apr_pool_t *p)
{
    store_record_t record;
    const char *key = invitation_key(invitation->hash, p);
    const store_status_t status = store_get(people->store, STORE_LASTING, key, p, &record);
    if (status)
        return status;
    return decode_invitation(&record, invitation) ? STORE_OK : people_unreadable(people, key);
}

store_status_t invitation_make(people_t *people, const char *name, apr_time_t now, apr_time_t until,
                               char token[INVITATION_TEXT], apr_pool_t *p)
{
    unsigned char bytes[INVITATION_BYTES], record[INVITATION_RECORD];
    invitation_t invitation = {.made = people_seconds(now)};
    randombytes_buf(bytes, sizeof bytes);
    apr_cpystrn(token, hex_encode(p, bytes, sizeof bytes), INVITATION_TEXT);
    apr_cpystrn(invitation.name, name, sizeof invitation.name);
    if (!hash_secret_part(token, invitation.hash))
        return STORE_DOWN;
    return store_add(people->store, STORE_LASTING, invitation_key(invitation.hash, p), record,
                     write_invitation(&invitation, record), until);
}

store_status_t invitation_read(people_t *people, const char *token, invitation_t *invitation,
                               apr_pool_t *p)
{
    memset(invitation, 0, sizeof *invitation);
    return hash_secret_part(token, invitation->hash) ? load_invitation(people, invitation, p)
                                                     : STORE_MISSING;
}

/* ---- accepted -------------------------------------------------------------------------------- */

typedef struct acceptance_t {
    const unsigned char *browser;
    invitation_t *invitation;
} acceptance_t;

static store_status_t give_to_browser(void *baton, store_change_t *change, apr_pool_t *scratch)
{
    const acceptance_t *mine = baton;
    invitation_t *invitation = mine->invitation;
    unsigned char *record = apr_palloc(scratch, INVITATION_RECORD);
    if (!change->seen)
        return STORE_MISSING;
    if (!decode_invitation(change->seen, invitation))
        return STORE_DOWN;
    if (sodium_memcmp(invitation->browser, mine->browser, PRELOGIN_ID_BYTES) == 0)
        return STORE_OK;
    if (!sodium_is_zero(invitation->browser, PRELOGIN_ID_BYTES))
        return STORE_EXISTS;
    memcpy(invitation->browser, mine->browser, PRELOGIN_ID_BYTES);
    change->data = record;
    change->len = write_invitation(invitation, record);
    change->expires = change->seen->expires;
    return STORE_OK;
}

store_status_t invitation_accept(people_t *people, const char *token,
                                 const unsigned char browser[PRELOGIN_ID_BYTES], apr_time_t now,
                                 invitation_t *invitation, apr_pool_t *p)
{
    acceptance_t mine = {browser, invitation};
    memset(invitation, 0, sizeof *invitation);
    if (!hash_secret_part(token, invitation->hash))
        return STORE_MISSING;
    const store_status_t status =
        store_change(people->store, STORE_LASTING, invitation_key(invitation->hash, p),
                     give_to_browser, &mine, p);
    return status ? status
                  : store_put(people->store, STORE_COMING_IN, invited_key(browser, p),
                              invitation->hash, INVITATION_HASH, now + ACCEPTED_LIFE);
}

store_status_t invitation_of(people_t *people, const unsigned char browser[PRELOGIN_ID_BYTES],
                             invitation_t *invitation, apr_pool_t *p)
{
    store_record_t record;
    store_status_t status =
        store_get(people->store, STORE_COMING_IN, invited_key(browser, p), p, &record);
    if (status || record.len != INVITATION_HASH)
        return status ? status : STORE_MISSING;
    memset(invitation, 0, sizeof *invitation);
    memcpy(invitation->hash, record.data, INVITATION_HASH);
    status = load_invitation(people, invitation, p);
    if (status)
        return status;
    return sodium_memcmp(invitation->browser, browser, PRELOGIN_ID_BYTES) == 0 ? STORE_OK
                                                                               : STORE_MISSING;
}

store_piece_t *invitation_join(const invitation_t *invitation, store_together_t *together,
                               apr_pool_t *p)
{
    return together_take(together, invitation_key(invitation->hash, p));
}
