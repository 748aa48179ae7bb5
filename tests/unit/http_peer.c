/* SPDX-License-Identifier: Apache-2.0 */
#include "http_peer.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#define TEXT_MAX 8192

/* What both processes see. */
typedef struct talk_t {
    int count;
    char answer[TEXT_MAX], request[TEXT_MAX];
} talk_t;

static talk_t *talk;
static pid_t peer;
static char url[64];

/* True once headers and as much body as they announce are there. */
static int is_whole(const char *text)
{
    const char *end = strstr(text, "\r\n\r\n"), *length = strcasestr(text, "Content-Length:");
    if (!end)
        return 0;
    return !length || length > end ||
           strlen(end + 4) >= strtoul(length + strlen("Content-Length:"), NULL, 10);
}

static void read_request(int client)
{
    char text[TEXT_MAX] = "";
    for (size_t len = 0; !is_whole(text) && len < sizeof text - 1;) {
        const ssize_t got = recv(client, text + len, sizeof text - 1 - len, 0);
        if (got <= 0)
            break;
        len += (size_t)got;
        text[len] = '\0';
    }
    memcpy(talk->request, text, sizeof text);
    __atomic_add_fetch(&talk->count, 1, __ATOMIC_RELEASE);
}

static void serve(int listener, int pause_ms)
{
    for (;;) {
        int client = accept(listener, NULL, NULL);
        if (client < 0)
            _exit(1);
        read_request(client);
        usleep((useconds_t)pause_ms * 1000);
        send(client, talk->answer, strlen(talk->answer), MSG_NOSIGNAL);
        close(client);
    }
}

void http_peer_start(const char *answer, int pause_ms)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(listener, 8), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &len), 0);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", ntohs(address.sin_port));
    if (!talk)
        talk = mmap(NULL, sizeof *talk, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    memset(talk, 0, sizeof *talk);
    http_peer_answers(answer);
    peer = fork();
    if (peer == 0)
        serve(listener, pause_ms);
    close(listener);
}

int http_peer_stop(void **state)
{
    (void)state;
    if (peer > 0) {
        kill(peer, SIGKILL);
        waitpid(peer, NULL, 0);
    }
    peer = 0;
    return 0;
}

const char *http_peer_url(void)
{
    return url;
}

void http_peer_answers(const char *answer)
{
    snprintf(talk->answer, sizeof talk->answer, "%s", answer);
}

const char *http_peer_request(void)
{
    return talk->request;
}

int http_peer_requests(void)
{
    return __atomic_load_n(&talk->count, __ATOMIC_ACQUIRE);
}
