/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_BASE_TOKEN_H
#define MPIN_BASE_TOKEN_H

/* The protocol's one-time tokens, which whoever holds them may use once: regOTT, passId, webOTT,
 * wid, authOTT. They are random, and 32 hex digits on the wire. */
#define TOKEN_BYTES 16

#endif
