/* SPDX-License-Identifier: Apache-2.0 */
/* What checking a passkey's answer costs: `passkey` prints microseconds; callgrind counts the
 * instructions of `passkey STEP`, which collects nothing but that step, once. The answers are examples of
 * WebAuthn Level 3 (section 16). */
#include <apr_general.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <valgrind/callgrind.h>
#include "base/base64.h"
#include "factor/webauthn.h"

#define MIN_SECONDS 0.5
#define SITE "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b5"

static const struct {
    const char *name, *data, *client, *signature, *key;
    int32_t algorithm;
} answers[] = {
    {"passkey-es256", SITE "1900000000",
     "{\"type\":\"webauthn.get\",\"challenge\":\"OcDnUhQXulTUPo3JUXT0I97pvzzYBP9tZchXyav01Ag\","
     "\"origin\":\"https://example.org\",\"crossOrigin\":false}",
     "3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd380221008480ac0f0b935"
     "3"
     "8174f575bf11a1dd5d78c6e486013f937295ea13653e331e87",
     "afefa16f97ca9b2d23eb86ccb64098d20db90856062eb249c33a9b672f26df61930a56b87a2fca66334b03458abf8"
     "7"
     "9717c12cc68ed73290af2e2664796b9220",
     COSE_ES256},
    {"passkey-eddsa", SITE "0100000000",
     "{\"type\":\"webauthn.get\",\"challenge\":\"iVlX4BxjOmmDSKLYoxpUt9sn6MHEOyCA15riGQJnv9I\","
     "\"origin\":\"https://example.org\",\"crossOrigin\":false}",
     "f5c59c7e46c34f6f8cc197101ddf9934fa2595f68eb1913a637e8419eb9ba4cfdfc48f85393bc0d40b011f0d6fecb"
     "0"
     "97d6607525713223a0dc0d453993dae00b",
     "44e06ddd331c36a8dc667bab52bcae63486c916aa5e339e6acebaa84934bf832", COSE_EDDSA},
};
#define ANSWERS (sizeof answers / sizeof *answers)

static apr_pool_t *pool;
static relying_party_t party;
static cose_key_t keys[ANSWERS];
static json_t *asked[ANSWERS];
static volatile int outcome;

static size_t bytes_of(const char *hex, unsigned char *bytes, size_t max)
{
    size_t len = 0;
    sodium_hex2bin(bytes, max, hex, strlen(hex), NULL, &len, NULL);
    return len;
}

static const char *base64_of(const char *hex)
{
    unsigned char bytes[128];
    const size_t len = bytes_of(hex, bytes, sizeof bytes);
    return base64_encode(pool, bytes, len);
}

/* From the JSON that came to yes or no. */
static void check_answer(size_t i)
{
    webauthn_t answer;
    outcome = webauthn_read_signed(asked[i], &answer, pool) &&
              !webauthn_signed_wrong(&party, &answer, false);
    const cose_signed_t what = {.rp_id = party.id,
                                .authdata = answer.data_bytes,
                                .client_data = answer.client_bytes,
                                .signature = answer.signature,
                                .authdata_len = answer.data_len,
                                .client_data_len = answer.client_len,
                                .signature_len = answer.signature_len};
    outcome = outcome && cose_holds(&keys[i], &what);
}

static int prepare(void)
{
    apr_initialize();
    apr_pool_create(&pool, NULL);
    party = relying_party("example.org", "https://example.org");
    for (size_t i = 0; i < ANSWERS; i++) {
        const char *client = base64_encode(pool, (const unsigned char *)answers[i].client,
                                           strlen(answers[i].client));
        asked[i] =
            json_pack("{s:s, s:s, s:s, s:{s:s, s:s, s:s}}", "type", "public-key", "id", "AAAA",
                      "rawId", "AAAA", "response", "clientDataJSON", client, "authenticatorData",
                      base64_of(answers[i].data), "signature", base64_of(answers[i].signature));
        keys[i].algorithm = answers[i].algorithm;
        keys[i].len = bytes_of(answers[i].key, keys[i].bytes, sizeof keys[i].bytes);
        check_answer(i); /* and OpenSSL is warm */
        if (!outcome)
            return 0;
    }
    return 1;
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static double microseconds(size_t i)
{
    double start = seconds(), spent;
    long runs = 0;
    do {
        check_answer(i);
        runs++;
        spent = seconds() - start;
    } while (spent < MIN_SECONDS);
    return 1e6 * spent / (double)runs;
}

int main(int argc, char **argv)
{
    if (sodium_init() < 0 || !prepare())
        return 1;
    for (size_t i = 0; i < ANSWERS; i++) {
        if (argc > 1 && strcmp(argv[1], answers[i].name) != 0)
            continue;
        if (argc == 1)
            printf("%-16s %9.1f us\n", answers[i].name, microseconds(i));
        CALLGRIND_TOGGLE_COLLECT;
        check_answer(i);
        CALLGRIND_TOGGLE_COLLECT;
    }
    return !outcome;
}
