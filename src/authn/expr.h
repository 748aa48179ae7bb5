/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_AUTHN_EXPR_H
#define MPIN_AUTHN_EXPR_H

/* The session in httpd's expressions: %{MPIN_AMR} and the other variables of applications, in
 * Require expr, <If> and wherever else one may stand. Environment variables are set in fixups, which
 * is too late for these; the session's own can be read at any time, and cost nothing where no
 * expression names one. */
void expr_register(void);

#endif
