/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_LOGIN_SAML_OUT_H
#define MPIN_LOGIN_SAML_OUT_H

#include "web/request.h"

/* Hears what a SAML provider says to mod_auth_mellon of somebody who has signed out there. */
void saml_out_register(void);

/* As a request begins at the place of a trusted login, and once more where its answer is an error. */
void saml_out_listen(request_rec *r);

#endif
