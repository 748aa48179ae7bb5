/* SPDX-License-Identifier: Apache-2.0 */
/* Signs devices in by PIN again and again over HTTP: `login PORT TIMES`, a device a line on stdin
 * (mpinId, hash, token, PIN, Cookie header), each in a thread and on a connection of its own.
 * Prints the seconds that all took, the milliseconds of the median login and of one in a hundred.
 *
 * What does not depend on the server's y is done before the clock runs: x, U and what the PIN makes
 * of the token. V = -(x + y) * secret remains. A few x come round again and again, which nobody but
 * a benchmark may do: two answers under one x tell the secret. */
#include <arpa/inet.h>
#include <pthread.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "../unit/mpin_client.h"

#define DEVICES_MAX 128
#define PROOFS 8
#define TEXT_MAX 4096
#define G1_HEX (2 * MPIN_G1_BYTES + 1)

typedef struct proof_t {
    unsigned char x[MPIN_SCALAR_BYTES];
    char u[G1_HEX];
} proof_t;

typedef struct device_t {
    char id[1024], cookie[1024];
    unsigned char secret[MPIN_G1_BYTES];
    proof_t proofs[PROOFS];
    double *took; /* [times], milliseconds */
    int socket;
    pthread_t thread;
} device_t;

static int port, times;

static void die(const char *what)
{
    fprintf(stderr, "login: %.2000s\n", what);
    exit(1);
}

static void from_hex(unsigned char *bytes, size_t len, const char *hex)
{
    size_t got;
    if (!hex || sodium_hex2bin(bytes, len, hex, strlen(hex), NULL, &got, NULL) || got != len)
        die("expected hex");
}

static void prepare(device_t *device, char *line)
{
    unsigned char hash[MPIN_HASH_BYTES], token[MPIN_G1_BYTES], u[MPIN_G1_BYTES];
    const char *id = strtok(line, " ");
    if (!id || strlen(id) >= sizeof device->id)
        die("expected an mpinId");
    strcpy(device->id, id);
    from_hex(hash, sizeof hash, strtok(NULL, " "));
    from_hex(token, sizeof token, strtok(NULL, " "));
    const char *pin = strtok(NULL, " "), *cookie = strtok(NULL, "\n");
    if (!cookie || strlen(cookie) >= sizeof device->cookie)
        die("expected PIN and cookie");
    strcpy(device->cookie, cookie);
    client_unlock(token, hash, (uint32_t)strtoul(pin, NULL, 10), device->secret);

    device->took = calloc((size_t)times, sizeof *device->took);
    for (int i = 0; i < PROOFS; i++) {
        proof_t *proof = &device->proofs[i];
        mpin_random_scalar(proof->x);
        client_pass1(hash, proof->x, u);
        sodium_bin2hex(proof->u, sizeof proof->u, u, sizeof u);
    }
}

static void join(device_t *device)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    device->socket = socket(AF_INET, SOCK_STREAM, 0);
    if (device->socket < 0 || connect(device->socket, (struct sockaddr *)&address, sizeof address))
        die("no connection");
}

/* True when the answer is whole. */
static bool is_whole(const char *answer, size_t len)
{
    const char *body = strstr(answer, "\r\n\r\n"), *length = strstr(answer, "Content-Length: ");
    return body && length && len >= (size_t)(body + 4 - answer) + strtoul(length + 16, NULL, 10);
}

/* False: the connection was closed before any of an answer came. */
static bool exchange(const device_t *device, const char *text, size_t len, char answer[TEXT_MAX])
{
    size_t have = 0;
    answer[0] = '\0';
    if (send(device->socket, text, len, MSG_NOSIGNAL) != (ssize_t)len)
        return false;
    while (!is_whole(answer, have)) {
        const ssize_t got = recv(device->socket, answer + have, TEXT_MAX - 1 - have, 0);
        if (got <= 0 && have == 0)
            return false;
        if (got <= 0)
            die("half an answer");
        have += (size_t)got;
        answer[have] = '\0';
    }
    return true;
}

/* httpd closes connections that are kept when all its workers are busy: then another one. */
static void post(device_t *device, const char *path, const char *body, char answer[TEXT_MAX])
{
    char text[2 * TEXT_MAX];
    const int len =
        snprintf(text, sizeof text,
                 "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nOrigin: http://127.0.0.1:%d\r\n"
                 "Content-Type: application/json\r\nCookie: %s\r\nContent-Length: %zu\r\n\r\n%s",
                 path, port, port, device->cookie, strlen(body), body);
    if (len < 0 || (size_t)len >= sizeof text)
        die("too long");

    for (int tries = 0; !exchange(device, text, (size_t)len, answer); tries++) {
        if (tries == 5)
            die("no answer");
        close(device->socket);
        join(device);
    }
    if (strncmp(answer, "HTTP/1.1 200 ", 13))
        die(answer);
}

/* A text field of an answer, in place. */
static const char *field(char *answer, const char *start)
{
    char *value = strstr(answer, start), *end = value ? strchr(value + strlen(start), '"') : NULL;
    if (!end)
        die(answer);
    *end = '\0';
    return value + strlen(start);
}

static void sign_in(device_t *device, const proof_t *proof)
{
    char body[TEXT_MAX], answer[TEXT_MAX], pass_id[65], v_hex[G1_HEX];
    unsigned char y[MPIN_WIRE_SCALAR_BYTES], v[MPIN_G1_BYTES];

    snprintf(body, sizeof body, "{\"mpin_id\":\"%s\",\"U\":\"%s\",\"UT\":\"\",\"pass\":1}",
             device->id, proof->u);
    post(device, "/rps/pass1", body, answer);
    char *rest = strdup(answer);
    snprintf(pass_id, sizeof pass_id, "%s", field(answer, "\"passId\":\""));
    from_hex(y, sizeof y, field(rest, "\"y\":\""));
    free(rest);

    client_answer(device->secret, proof->x, y + sizeof y - MPIN_SCALAR_BYTES, v);
    sodium_bin2hex(v_hex, sizeof v_hex, v, sizeof v);
    snprintf(
        body, sizeof body,
        "{\"mpin_id\":\"%s\",\"V\":\"%s\",\"WID\":\"0\",\"OTP\":0,\"passId\":\"%s\",\"pass\":2}",
        device->id, v_hex, pass_id);
    post(device, "/rps/pass2", body, answer);

    snprintf(body, sizeof body, "{\"mpinResponse\":{\"authOTT\":\"%s\"}}",
             field(answer, "\"authOTT\":\""));
    post(device, "/mpinAuthenticate", body, answer);
}

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return 1e3 * (double)now.tv_sec + 1e-6 * (double)now.tv_nsec;
}

static void *run(void *baton)
{
    device_t *device = baton;
    for (int i = 0; i < times; i++) {
        const double start = now_ms();
        sign_in(device, &device->proofs[i % PROOFS]);
        device->took[i] = now_ms() - start;
    }
    return NULL;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print_result(const device_t *devices, int count, double ms)
{
    const int all = count * times;
    double *took = calloc((size_t)all, sizeof *took);
    for (int i = 0; i < count; i++)
        memcpy(took + i * times, devices[i].took, (size_t)times * sizeof *took);
    qsort(took, (size_t)all, sizeof *took, compare);
    printf("%.3f %.2f %.2f\n", ms / 1e3, took[all / 2], took[all - 1 - all / 100]);
    free(took);
}

int main(int argc, char **argv)
{
    static device_t devices[DEVICES_MAX];
    char line[TEXT_MAX];
    int count = 0;

    if (argc != 3 || sodium_init() < 0)
        die("usage: login PORT TIMES < devices");
    port = atoi(argv[1]);
    times = atoi(argv[2]);
    while (count < DEVICES_MAX && fgets(line, sizeof line, stdin))
        prepare(&devices[count++], line);

    const double start = now_ms();
    for (int i = 0; i < count; i++) {
        join(&devices[i]);
        if (pthread_create(&devices[i].thread, NULL, run, &devices[i]))
            die("no thread");
    }
    for (int i = 0; i < count; i++) {
        pthread_join(devices[i].thread, NULL);
        close(devices[i].socket);
    }
    print_result(devices, count, now_ms() - start);
    return 0;
}
