/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"

#include <endian.h>
#include <stdint.h>
#include <string.h>

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* What a letter says at each of four places, in three bytes of which the first is the lowest, so
 * that all of them are stored at once; and above these a bit for the place: where one of the four
 * bits is missing in the end, there was what is no letter. */
#define LETTERS(at)                                                                                \
    ['A'] = at(0), ['B'] = at(1), ['C'] = at(2), ['D'] = at(3), ['E'] = at(4), ['F'] = at(5),      \
    ['G'] = at(6), ['H'] = at(7), ['I'] = at(8), ['J'] = at(9), ['K'] = at(10), ['L'] = at(11),    \
    ['M'] = at(12), ['N'] = at(13), ['O'] = at(14), ['P'] = at(15), ['Q'] = at(16),                \
    ['R'] = at(17), ['S'] = at(18), ['T'] = at(19), ['U'] = at(20), ['V'] = at(21),                \
    ['W'] = at(22), ['X'] = at(23), ['Y'] = at(24), ['Z'] = at(25), ['a'] = at(26),                \
    ['b'] = at(27), ['c'] = at(28), ['d'] = at(29), ['e'] = at(30), ['f'] = at(31),                \
    ['g'] = at(32), ['h'] = at(33), ['i'] = at(34), ['j'] = at(35), ['k'] = at(36),                \
    ['l'] = at(37), ['m'] = at(38), ['n'] = at(39), ['o'] = at(40), ['p'] = at(41),                \
    ['q'] = at(42), ['r'] = at(43), ['s'] = at(44), ['t'] = at(45), ['u'] = at(46),                \
    ['v'] = at(47), ['w'] = at(48), ['x'] = at(49), ['y'] = at(50), ['z'] = at(51),                \
    ['0'] = at(52), ['1'] = at(53), ['2'] = at(54), ['3'] = at(55), ['4'] = at(56),                \
    ['5'] = at(57), ['6'] = at(58), ['7'] = at(59), ['8'] = at(60), ['9'] = at(61),                \
    ['-'] = at(62), ['_'] = at(63)
#define FIRST(n) ((n) << 2 | 1 << 24)
#define SECOND(n) ((n) >> 4 | ((n)&15) << 12 | 1 << 25)
#define THIRD(n) ((n) >> 2 << 8 | ((n)&3) << 22 | 1 << 26)
#define FOURTH(n) ((n) << 16 | 1 << 27)
static const uint32_t values[4][256] = {
    {LETTERS(FIRST)}, {LETTERS(SECOND)}, {LETTERS(THIRD)}, {LETTERS(FOURTH)}};
#define ALL(places) (((1u << (places)) - 1) << 24)

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
    const unsigned left = len % 4;
    unsigned char *out = bytes;
    uint32_t seen = ALL(4), bits;

    /* Four bytes are stored for three: the fourth is overwritten, or lies in BASE64_BYTES_MAX.
     * Unrolled, as every request decodes a cookie. */
#pragma GCC unroll 4
    for (; in < end; in += 4, out += 3) {
        bits = values[0][in[0]] | values[1][in[1]] | values[2][in[2]] | values[3][in[3]];
        seen &= bits;
        bits = htole32(bits);
        memcpy(out, &bits, sizeof bits);
    }
    bits = 0;
    for (unsigned i = 0; i < left; i++)
        bits |= values[i][in[i]];
    if (left > 1)
        *out++ = (unsigned char)bits;
    if (left > 2)
        *out++ = (unsigned char)(bits >> 8);
    *got = (apr_size_t)(out - bytes);

    const uint32_t unused = left == 2 ? bits & 0xf000 : left == 3 ? bits & 0xc00000 : 0;
    return (seen & ALL(4)) == ALL(4) && (bits & ALL(4)) == ALL(left) && left != 1 && !unused;
}
