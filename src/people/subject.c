/* SPDX-License-Identifier: Apache-2.0 */
#include "people/subject.h"

#include <apr_strings.h>
#include <string.h>

#include "base/bytes.h"
#include "people/records.h"
#include "store/key.h"

/* subject:<uid>, lasting: layout 1 | provider text | subject text | email text | count 1 | of each
 * claim: name text | length 2 | value. told:<uid>, behind: seconds 4. */
#define SUBJECT_LAYOUT 1
#define TOLD_RECORD 4
#define TOLD_LIFE apr_time_from_sec(400L * 24 * 3600)

static const char *subject_key(const unsigned char uid[UID_BYTES], apr_pool_t *p)
{
    return store_key("subject", uid, UID_BYTES, p);
}

static const char *told_key(const unsigned char uid[UID_BYTES], apr_pool_t *p)
{
    return store_key("told", uid, UID_BYTES, p);
}

/* ---- the record ---- */

static void put_claim(bytes_out_t *out, const claim_t *claim)
{
    const apr_size_t len = strlen(claim->value);
    out->ok = out->ok && len <= SUBJECT_CLAIM_VALUE;
    bytes_put_text(out, claim->name);
    bytes_put_u8(out, (uint8_t)(len >> 8));
    bytes_put_u8(out, (uint8_t)len);
    bytes_put(out, claim->value, len);
}

apr_size_t people_write_subject(const subject_t *subject, unsigned char *record)
{
    bytes_out_t out = bytes_out(record, SUBJECT_RECORD_MAX);
    bytes_put_u8(&out, SUBJECT_LAYOUT);
    bytes_put_text(&out, subject->provider);
    bytes_put_text(&out, subject->subject);
    bytes_put_text(&out, subject->email);
    bytes_put_u8(&out, (uint8_t)subject->claim_count);
    for (int i = 0; i < subject->claim_count; i++)
        put_claim(&out, &subject->claims[i]);
    return bytes_written(&out);
}

static const char *get_text(bytes_in_t *in, apr_size_t len, apr_pool_t *p)
{
    char *text = apr_pcalloc(p, len + 1);
    bytes_get(in, text, len);
    in->ok = in->ok && strlen(text) == len;
    return text;
}

static apr_size_t get_length(bytes_in_t *in)
{
    const apr_size_t high = bytes_get_u8(in);
    return high << 8 | bytes_get_u8(in);
}

bool people_read_subject(const unsigned char *record, apr_size_t len, subject_t *subject,
                         apr_pool_t *p)
{
    bytes_in_t in = bytes_in(record, len);
    const uint8_t layout = bytes_get_u8(&in);
    memset(subject, 0, sizeof(*subject));
    subject->provider = get_text(&in, bytes_get_u8(&in), p);
    subject->subject = get_text(&in, bytes_get_u8(&in), p);
    subject->email = get_text(&in, bytes_get_u8(&in), p);
    subject->claim_count = bytes_get_u8(&in);
    in.ok = in.ok && subject->claim_count <= SUBJECT_CLAIMS;
    for (int i = 0; in.ok && i < subject->claim_count; i++) {
        subject->claims[i].name = get_text(&in, bytes_get_u8(&in), p);
        subject->claims[i].value = get_text(&in, get_length(&in), p);
    }
    return bytes_all_read(&in) && layout == SUBJECT_LAYOUT;
}

/* ---- */

static void note_told(people_t *people, const unsigned char uid[UID_BYTES], apr_time_t now,
                      apr_pool_t *p)
{
    unsigned char record[TOLD_RECORD];
    bytes_out_t out = bytes_out(record, sizeof(record));
    bytes_put_u32(&out, people_seconds(now));
    store_put(people->store, STORE_BEHIND, told_key(uid, p), record, sizeof(record),
              now + TOLD_LIFE);
}

store_status_t people_tell_subject(people_t *people, const unsigned char uid[UID_BYTES],
                                   const subject_t *subject, apr_time_t now, apr_pool_t *p)
{
    unsigned char *record = apr_palloc(p, SUBJECT_RECORD_MAX);
    const apr_size_t len = people_write_subject(subject, record);
    store_record_t seen;
    store_status_t status = store_get(people->store, STORE_LASTING, subject_key(uid, p), p, &seen);
    if (status != STORE_OK && status != STORE_MISSING)
        return status;
    if (!len)
        return STORE_DOWN;
    const bool news = status == STORE_MISSING || seen.len != len || memcmp(seen.data, record, len);
    status = news ? store_put(people->store, STORE_LASTING, subject_key(uid, p), record, len, 0)
                  : STORE_OK;
    if (status == STORE_OK)
        note_told(people, uid, now, p);
    return status;
}

/* A time that was lost lets nobody in who should be asked again. */
static uint32_t told_at(people_t *people, const unsigned char uid[UID_BYTES], apr_pool_t *p)
{
    store_record_t record;
    if (store_get(people->store, STORE_BEHIND, told_key(uid, p), p, &record) != STORE_OK)
        return 0;
    bytes_in_t in = bytes_in(record.data, record.len);
    return bytes_get_u32(&in);
}

store_status_t people_subject(people_t *people, const unsigned char uid[UID_BYTES],
                              subject_t *subject, apr_pool_t *p)
{
    store_record_t record;
    const store_status_t status =
        store_get(people->store, STORE_LASTING, subject_key(uid, p), p, &record);
    if (status != STORE_OK)
        return status;
    if (!people_read_subject(record.data, record.len, subject, p))
        return people_unreadable(people, subject_key(uid, p));
    subject->at = told_at(people, uid, p);
    return STORE_OK;
}

const char *subject_claim(const subject_t *subject, const char *name)
{
    for (int i = 0; i < subject->claim_count; i++)
        if (strcmp(subject->claims[i].name, name) == 0)
            return subject->claims[i].value;
    return NULL;
}

const char *people_mailbox(people_t *people, const unsigned char uid[UID_BYTES], const char *name,
                           apr_pool_t *p)
{
    subject_t subject;
    if (name_domain(name))
        return name;
    const bool told = people_subject(people, uid, &subject, p) == STORE_OK && *subject.email;
    return told ? subject.email : name;
}

store_status_t people_forget_subject(people_t *people, const unsigned char uid[UID_BYTES],
                                     apr_pool_t *p)
{
    store_delete(people->store, STORE_BEHIND, told_key(uid, p));
    return store_delete(people->store, STORE_LASTING, subject_key(uid, p));
}
