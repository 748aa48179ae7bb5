/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HTTP_PEER_H
#define HTTP_PEER_H

/* An HTTP server in a process of its own, that answers every request with the same bytes after a
 * pause. One at a time. */
void http_peer_start(const char *answer, int pause_ms);

/* cmocka: ends it, where there is one. */
int http_peer_stop(void **state);

/* "http://127.0.0.1:PORT/" */
const char *http_peer_url(void);

/* From now on the answer is another one. */
void http_peer_answers(const char *answer);

/* The last request, headers and body as they came, and how many there were. */
const char *http_peer_request(void);
int http_peer_requests(void);

#endif
