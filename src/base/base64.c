#include "base/base64.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* What is no letter has a bit above the 24 that four letters fill: wherever it stands among them it
 * lands still higher, and one look at the end finds it. */
#define NO (1 << 24)
static const uint32_t values[256] = {
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, 62, NO, NO,
    52, 53, 54, 55, 56, 57, 58, 59, 60, 61, NO, NO, NO, NO, NO, NO, NO, 0,  1,  2,  3,  4,  5,  6,
    7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, NO, NO, NO, NO, 63,
    NO, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48,
    49, 50, 51, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
};

char *base64_encode(apr_pool_t *p, const unsigned char *bytes, apr_size_t len)
{
    char *text = apr_palloc(p, BASE64_TEXT_LEN(len) + 1);
    char *out = text;
    unsigned bits = 0;
    int have = 0;

    for (apr_size_t i = 0; i < len; i++) {
        bits = bits << 8 | bytes[i];
        for (have += 8; have >= 6; have -= 6)
            *out++ = letters[bits >> (have - 6) & 63];
    }
    if (have)
        *out++ = letters[bits << (6 - have) & 63];
    *out = '\0';
    return text;
}

bool base64_decode(const char *text, apr_size_t len, unsigned char *bytes, apr_size_t *got)
{
    const unsigned char *in = (const unsigned char *)text;
    const unsigned char *end = in + len / 4 * 4;
    unsigned char *out = bytes;
    uint64_t seen = 0;

    /* Four bytes are stored for three: the fourth is overwritten, or lies in BASE64_BYTES_MAX. */
    for (; in < end; in += 4, out += 3) {
        uint64_t bits = values[in[0]];
        bits = bits << 6 | values[in[1]];
        bits = bits << 6 | values[in[2]];
        bits = bits << 6 | values[in[3]];
        seen |= bits;
        uint32_t stored = htonl((uint32_t)bits << 8);
        memcpy(out, &stored, sizeof stored);
    }
    if (len % 4 == 1)
        return false;
    if (len % 4) {
        uint64_t a = values[in[0]], b = values[in[1]], c = len % 4 == 3 ? values[in[2]] : 0;
        uint64_t unused = len % 4 == 3 ? c & 3 : b & 15;
        seen |= a | b | c | (unused ? NO : 0);
        *out++ = (unsigned char)(a << 2 | b >> 4);
        if (len % 4 == 3)
            *out++ = (unsigned char)(b << 4 | c >> 2);
    }
    *got = (apr_size_t)(out - bytes);
    return seen < NO;
}
