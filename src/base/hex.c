/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hex.h"

#include <string.h>

const char hex_pairs[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
                         "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
                         "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
                         "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f"
                         "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
                         "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
                         "c0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedf"
                         "e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff";

char *hex_encode(apr_pool_t *p, const unsigned char *bytes, apr_size_t len)
{
    char *text = apr_palloc(p, 2 * len + 1);
    hex_write(text, bytes, len);
    text[2 * len] = '\0';
    return text;
}

int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* 0..15, or -1. */
static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

bool hex_decode_upto(const char *text, unsigned char *bytes, apr_size_t max, apr_size_t *len)
{
    apr_size_t digits = strnlen(text, 2 * max + 1);
    if (digits > 2 * max || digits % 2)
        return false;

    for (apr_size_t i = 0; i < digits / 2; i++) {
        int high = digit_value(text[2 * i]);
        int low = digit_value(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        bytes[i] = (unsigned char)(high << 4 | low);
    }
    *len = digits / 2;
    return true;
}

bool hex_decode(const char *text, unsigned char *bytes, apr_size_t len)
{
    apr_size_t got;
    return strnlen(text, 2 * len + 1) == 2 * len && hex_decode_upto(text, bytes, len, &got);
}
