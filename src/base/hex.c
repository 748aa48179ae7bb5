#include "base/hex.h"

#include <string.h>

char *hex_encode(apr_pool_t *p, const unsigned char *bytes, apr_size_t len)
{
    static const char digits[] = "0123456789abcdef";
    char *text = apr_palloc(p, 2 * len + 1);

    for (apr_size_t i = 0; i < len; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    text[2 * len] = '\0';
    return text;
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
