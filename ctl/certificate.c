/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/certificate.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

static X509 *first_of(const char *pem)
{
    BIO *in = BIO_new_mem_buf(pem, (int)strlen(pem));
    X509 *x509 = in ? PEM_read_bio_X509(in, NULL, NULL, NULL) : NULL;
    BIO_free(in);
    return x509;
}

bool certificate_read(certificate_t *certificate, const char *pem, const char *host)
{
    X509 *x509 = first_of(pem);
    int days = 0, seconds = 0;
    if (!x509)
        return false;
    certificate->names_host =
        X509_check_host(x509, host, 0, 0, NULL) == 1 || X509_check_ip_asc(x509, host, 0) == 1;
    if (!ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(x509)))
        days = seconds = -1;
    certificate->days = days || seconds >= 0 ? days : -1;
    X509_free(x509);
    return true;
}
