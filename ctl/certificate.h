/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_CTL_CERTIFICATE_H
#define MPIN_CTL_CERTIFICATE_H

#include <apr_pools.h>
#include <stdbool.h>

typedef struct certificate_t {
    bool names_host; /* as browsers compare them */
    int days;        /* that are left; negative once it has ended */
} certificate_t;

/* The first of a PEM text; false where there is none. */
bool certificate_read(certificate_t *certificate, const char *pem, const char *host);

#endif
