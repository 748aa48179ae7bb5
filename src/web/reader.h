/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_WEB_READER_H
#define MPIN_WEB_READER_H

#include <httpd.h>
#include <stdbool.h>

/* Does a person read the answer, and where? Told by what a request says about itself, which decides
 * about looks and cookies only, never about who may see what. */

/* A browser fetches ahead of its user, who may never come (Sec-Purpose; Purpose and X-Moz before
 * it). */
bool reader_is_prefetch(const request_rec *r);

/* A browser shows the answer inside of another page (Sec-Fetch-Dest: iframe and the like). */
bool reader_is_framed(const request_rec *r);

/* Nobody opens this as a page: a script's, an image's, a font's, a worker's request, an
 * EventSource, a websocket's handshake, a prefetch, a client that doesn't say what it takes. */
bool reader_is_nobody(const request_rec *r);

/* No browser asks at all, but a program that may be given a password to send: git, curl, WebDAV. */
bool reader_is_program(const request_rec *r);

/* A script asks, and will look into the answer: an administrator's page would tell it nothing. */
bool reader_is_script(const request_rec *r);

#endif
