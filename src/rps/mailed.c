#include "rps/mailed.h"

#include <apr_strings.h>
#include <sodium.h>
#include <string.h>
#include "base/hex.h"
#include "remote/remote_mail.h"

/* A link's token: what it is about 1 | handle 16 | MAC 16, in hex. */
#define MAC_BYTES 16
#define TOKEN_LEN (1 + HANDLE_BYTES + MAC_BYTES)

static result_t *gone(apr_pool_t *p)
{
    return result_error(p, 410, "link_gone", "This link has been used, or is too old.");
}

/* ---- links ----------------------------------------------------------------------------------- */

static void mac_of(const rps_t *rps, const unsigned char token[TOKEN_LEN],
                   unsigned char mac[MAC_BYTES])
{
    crypto_generichash(mac, MAC_BYTES, token, TOKEN_LEN - MAC_BYTES, rps->link_key->bytes,
                       rps->link_key->len);
}

static const char *link_to(const rps_t *rps, link_kind_t kind,
                           const unsigned char handle[HANDLE_BYTES], apr_pool_t *p)
{
    unsigned char token[TOKEN_LEN] = {(unsigned char)kind};
    memcpy(token + 1, handle, HANDLE_BYTES);
    mac_of(rps, token, token + 1 + HANDLE_BYTES);
    return apr_pstrcat(p, rps->settings->activate_url, "?t=", hex_encode(p, token, sizeof token),
                       NULL);
}

static bool read_token(const rps_t *rps, const char *text, link_kind_t *kind,
                       unsigned char handle[HANDLE_BYTES])
{
    unsigned char token[TOKEN_LEN], mac[MAC_BYTES];
    if (!text || !hex_decode(text, token, sizeof token))
        return false;
    mac_of(rps, token, mac);
    if (sodium_memcmp(mac, token + 1 + HANDLE_BYTES, sizeof mac) != 0)
        return false;
    *kind = (link_kind_t)token[0];
    memcpy(handle, token + 1, HANDLE_BYTES);
    return true;
}

/* ---- mails ----------------------------------------------------------------------------------- */

uint32_t mailed_number(void)
{
    return 1 + randombytes_uniform(999999);
}

const char *mailed_number_text(uint32_t number, apr_pool_t *p)
{
    return apr_psprintf(p, "%06u", number);
}

static notice_t notice_for(const caller_t *caller, notice_kind_t kind, const char *to,
                           const char *device)
{
    notice_t notice;
    memset(&notice, 0, sizeof notice);
    notice.kind = (unsigned char)kind;
    apr_cpystrn(notice.to, to, sizeof notice.to);
    apr_cpystrn(notice.device, device, sizeof notice.device);
    apr_cpystrn(notice.address, caller->address, sizeof notice.address);
    apr_cpystrn(notice.lang, caller->lang ? caller->lang : "", sizeof notice.lang);
    return notice;
}

static result_t *queue_link(rps_t *rps, const caller_t *caller, const mpin_id_t *id,
                            const pending_t *pending, apr_pool_t *p)
{
    notice_t notice = notice_for(caller, pending->silent ? NOTICE_NONE : NOTICE_ACTIVATE,
                                 pending->name, pending->device);
    apr_cpystrn(notice.link, link_to(rps, LINK_ACTIVATE, id->handle, p), sizeof notice.link);
    store_status_t status = outbox_count_link(&rps->outbox, pending->name, caller->now, p);
    const bool often = status == STORE_FULL;
    if (status == STORE_OK)
        status = outbox_add(&rps->outbox, &notice, caller->now, p);
    if (status == STORE_OK)
        return NULL;
    return often
               ? result_later(p, "too_many_mails", "This mailbox has had three mails in this hour.",
                              3600 - (int)(apr_time_sec(caller->now) % 3600))
               : store_refusal(status, p);
}

result_t *mailed_send(rps_t *rps, const caller_t *caller, const mpin_id_t *id,
                      const pending_t *pending, apr_pool_t *p)
{
    result_t *refusal = queue_link(rps, caller, id, pending, p);
    if (refusal)
        pending_take(rps, id->handle, p);
    return refusal;
}

result_t *mailed_again(rps_t *rps, const caller_t *caller, const mpin_id_t *id, const char *name,
                       const char *reg_ott, pending_t *old, apr_pool_t *p)
{
    store_status_t status = pending_find(rps, caller, id->handle, reg_ott, old, p);
    if (status != STORE_OK || old->origin != ORIGIN_MAIL || strcmp(old->name, name) != 0)
        return NULL;
    result_t *refusal = old->active ? NULL : queue_link(rps, caller, id, old, p);
    return refusal ? refusal : result_ok(p, NULL);
}

static void queue(rps_t *rps, const caller_t *caller, const notice_t *notice, apr_pool_t *p)
{
    if (rps->settings->mail_site && outbox_add(&rps->outbox, notice, caller->now, p) != STORE_OK)
        log_error(rps->log, "MPIN0310",
                  "%s cannot be told about a device of theirs: no mail can be queued",
                  name_masked(notice->to, p));
}

void mailed_tell_device(rps_t *rps, const caller_t *caller, const mpin_id_t *id,
                        const pending_t *pending, apr_pool_t *p)
{
    static const unsigned char none[HANDLE_BYTES];
    const bool reset = memcmp(pending->replaces, none, sizeof none) != 0;
    notice_t notice =
        notice_for(caller, reset ? NOTICE_PIN : NOTICE_DEVICE, pending->name, pending->device);
    if (!rps->settings->mail_site)
        return;
    apr_cpystrn(notice.link, link_to(rps, LINK_NOT_ME, id->handle, p), sizeof notice.link);
    queue(rps, caller, &notice, p);
}

void mailed_tell(rps_t *rps, const caller_t *caller, notice_kind_t kind, const identity_t *identity,
                 apr_pool_t *p)
{
    const notice_t notice = notice_for(caller, kind, identity->name, identity->device);
    queue(rps, caller, &notice, p);
}

/* ---- where links lead ------------------------------------------------------------------------ */

static bool same_browser(const caller_t *caller, const pending_t *pending)
{
    return pending->bound && caller->prelogin &&
           sodium_memcmp(pending->browser, caller->prelogin, sizeof pending->browser) == 0;
}

static result_t *look_at_pending(rps_t *rps, const caller_t *caller,
                                 const unsigned char handle[HANDLE_BYTES], link_t *link,
                                 apr_pool_t *p)
{
    pending_t pending;
    const store_status_t status = pending_get(rps, handle, &pending, p);
    if (status == STORE_MISSING || (status == STORE_OK && pending.origin != ORIGIN_MAIL))
        return gone(p);
    if (status != STORE_OK)
        return store_refusal(status, p);
    link->name = apr_pstrdup(p, pending.name);
    link->device = apr_pstrdup(p, pending.device);
    link->address = apr_pstrdup(p, pending.address);
    link->made = apr_time_from_sec(pending.made);
    link->done = pending.active;
    link->same_browser = same_browser(caller, &pending);
    link->wants_number = !link->same_browser && pending.number;
    return NULL;
}

static result_t *look_at_identity(rps_t *rps, const unsigned char handle[HANDLE_BYTES],
                                  link_t *link, apr_pool_t *p)
{
    identity_t identity;
    const store_status_t status = people_identity(rps->people, handle, &identity, p);
    if (status == STORE_MISSING)
        return gone(p);
    if (status != STORE_OK)
        return store_refusal(status, p);
    link->name = apr_pstrdup(p, identity.name);
    link->device = apr_pstrdup(p, identity.device);
    link->address = "";
    link->made = apr_time_from_sec(identity.created);
    link->done = identity.state == IDENTITY_REVOKED;
    return NULL;
}

result_t *rps_link(rps_t *rps, const caller_t *caller, const char *token, link_t *link,
                   apr_pool_t *p)
{
    unsigned char handle[HANDLE_BYTES];
    memset(link, 0, sizeof *link);
    if (!read_token(rps, token, &link->kind, handle))
        return gone(p);
    return link->kind == LINK_ACTIVATE ? look_at_pending(rps, caller, handle, link, p)
                                       : look_at_identity(rps, handle, link, p);
}

/* ---- following them -------------------------------------------------------------------------- */

/* Six digits, however they are grouped; 0 for anything else. */
static uint32_t read_number(const char *text)
{
    uint32_t number = 0;
    int digits = 0;
    for (; text && *text; text++) {
        if (*text == ' ' || *text == '-')
            continue;
        if (*text < '0' || *text > '9' || ++digits > 6)
            return 0;
        number = number * 10 + (uint32_t)(*text - '0');
    }
    return digits == 6 ? number : 0;
}

static result_t *activated(const link_t *link, const unsigned char handle[HANDLE_BYTES],
                           apr_pool_t *p)
{
    return rps_audited(result_ok(p, NULL), "activated_by_mail", link->name, handle, p);
}

static result_t *activate(rps_t *rps, const caller_t *caller, const link_t *link,
                          const unsigned char handle[HANDLE_BYTES], const char *number,
                          apr_pool_t *p)
{
    store_status_t status;
    if (link->same_browser && rps->remote) {
        result_t *refusal = remote_activate(rps, caller, handle, p);
        return refusal ? refusal : activated(link, handle, p);
    }
    if (link->same_browser)
        status = pending_activate(rps, handle, p);
    else if (link->wants_number)
        status = pending_confirm(rps, handle, read_number(number), p);
    else
        return result_error(p, 403, "other_browser",
                            "Open the link in the browser in which the registration began.");
    if (status == STORE_CHANGED)
        return rps_audited(result_error(p, 403, "number_wrong",
                                        "That is not the number that the other device shows."),
                           "activation_refused", link->name, handle, p);
    if (status == STORE_MISSING)
        return gone(p);
    return status == STORE_OK ? activated(link, handle, p) : store_refusal(status, p);
}

/* The device is gone, with every session that it made. */
static result_t *withdraw(rps_t *rps, const caller_t *caller, const link_t *link,
                          const unsigned char handle[HANDLE_BYTES], apr_pool_t *p)
{
    identity_t identity;
    store_status_t status = people_revoke_identity(rps->people, handle, caller->now, p);
    if (status == STORE_OK)
        status = people_identity(rps->people, handle, &identity, p);
    if (status != STORE_OK)
        return status == STORE_MISSING ? gone(p) : store_refusal(status, p);
    if (!link->done)
        mailed_tell(rps, caller, NOTICE_REVOKED, &identity, p);
    return rps_audited(result_ok(p, NULL), "identity_revoked_by_mail", link->name, handle, p);
}

result_t *rps_link_follow(rps_t *rps, const caller_t *caller, const char *token, const char *number,
                          apr_pool_t *p)
{
    unsigned char handle[HANDLE_BYTES];
    link_t link;
    result_t *refusal = rps_link(rps, caller, token, &link, p);
    if (refusal)
        return refusal;
    read_token(rps, token, &link.kind, handle);
    return link.kind == LINK_ACTIVATE ? activate(rps, caller, &link, handle, number, p)
                                      : withdraw(rps, caller, &link, handle, p);
}
