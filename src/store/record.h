/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_STORE_RECORD_H
#define MPIN_STORE_RECORD_H

#include "store/backend.h"

/* The bytes of a value:  kind 1 | expiry 8 (big-endian microseconds, 0 = never) | body
 *   count:              body = value 8
 *   data, set, entry:   body = sealed(expiry 8 | data), AAD = schema version | class | kind | name
 * The outer expiry is the sweeper's; the inner one must be the same, or the record does not open.
 */
typedef enum {
    RECORD_DATA = 'd',
    RECORD_SET = 's',
    RECORD_ENTRY = 'e', /* of a log; its name ends with the sequence number */
    RECORD_COUNT = 'c'
} record_kind_t;

#define RECORD_HEAD 9
#define RECORD_OVERHEAD (RECORD_HEAD + SEAL_OVERHEAD + 8)
#define RECORD_RAW_MAX (STORE_RECORD_MAX + RECORD_OVERHEAD)

/* The name of a record, which its sealed value is bound to. */
typedef struct record_name_t {
    unsigned char aad[3 + STORE_KEY_MAX + 9];
    apr_size_t len;
} record_name_t;

void record_name(record_name_t *name, store_class_t in, record_kind_t kind, const char *key);
void record_name_entry(record_name_t *name, const char *log, uint64_t sequence);

/* Writes `len` + RECORD_OVERHEAD bytes (len at most STORE_RECORD_MAX). False: no randomness. */
bool record_seal(const sealer_t *sealer, const record_name_t *name, apr_time_t now,
                 apr_time_t expires, const void *data, apr_size_t len, unsigned char *raw);

/* Opens `raw` into `data`, which has room for raw->len - RECORD_OVERHEAD bytes; they are never more
 * than STORE_RECORD_MAX. STORE_MISSING: there is none, or it has expired. STORE_DOWN: it does not
 * open. */
store_status_t record_open(const sealer_t *sealer, const record_name_t *name, apr_time_t now,
                           const store_raw_t *raw, unsigned char *data, apr_size_t *len,
                           apr_time_t *expires);

/* The outer expiry; 0 where the value is too short to have one. */
apr_time_t record_expires(const store_raw_t *raw);

/* There is a value and it has not expired. */
bool record_live(const store_raw_t *raw, apr_time_t now);

/* A counter's value; false where it is not one. */
bool record_count_read(const store_raw_t *raw, int64_t *value);
#define RECORD_COUNT_BYTES (RECORD_HEAD + 8)
void record_count_write(unsigned char raw[RECORD_COUNT_BYTES], int64_t value, apr_time_t expires);

/* Big-endian numbers, so that keys sort by them. */
void record_put64(unsigned char *at, uint64_t value);
uint64_t record_get64(const unsigned char *at);

#endif
