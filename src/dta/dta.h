#ifndef MPIN_DTA_DTA_H
#define MPIN_DTA_DTA_H

#include <apr_pools.h>
#include "keys/keys.h"
#include "mpin/mpin.h"

/* The issuer of secrets. The local one holds the master share of the key file. */
typedef struct dta_t dta_t;

/* `keys` must outlive it. */
dta_t *dta_local(const keys_t *keys, apr_pool_t *p);

/* Beside it, where secrets are split: the second D-TA (dta/second.h), NULL without. Set before it
 * is used. */
struct second_dta_t;
void dta_set_second(dta_t *dta, struct second_dta_t *second);
struct second_dta_t *dta_second(const dta_t *dta);

/* A client's secret share, s * H(ID), for hash_mpin_id. The caller wipes it. */
mpin_status_t dta_client_secret(const dta_t *dta, const unsigned char hash_mpin_id[MPIN_HASH_BYTES],
                                unsigned char secret[MPIN_G1_BYTES]);

/* The share of a time permit, s * H_T(date, ID), for a UTC day number. */
mpin_status_t dta_time_permit(const dta_t *dta, uint32_t date,
                              const unsigned char hash_mpin_id[MPIN_HASH_BYTES],
                              unsigned char permit[MPIN_G1_BYTES]);

/* The server's secret share, s * Q. As confidential as a master key for who holds a stolen token:
 * wiped. */
mpin_status_t dta_server_secret(const dta_t *dta, unsigned char secret[MPIN_G2_BYTES]);

#endif
