/* SPDX-License-Identifier: Apache-2.0 */
#include "factor/cbor.h"

typedef enum { UNSIGNED, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE } major_t;

/* The first byte of an item: three bits of what it is, five of its number or where that stands. */
typedef struct head_t {
    major_t major;
    uint64_t number;
} head_t;

static uint64_t read_number(bytes_in_t *in, int size)
{
    uint64_t number = 0;
    for (int i = 0; i < size; i++)
        number = number << 8 | bytes_get_u8(in);
    return number;
}

static head_t read_head(bytes_in_t *in)
{
    static const uint64_t least[] = {24, 1u << 8, 1u << 16, 1ull << 32};
    const uint8_t first = bytes_get_u8(in);
    const uint8_t info = first & 0x1f;
    head_t head = {(major_t)(first >> 5), info};
    if (info < 24)
        return head;
    in->ok = in->ok && info < 28; /* 31 is an indefinite length */
    if (!in->ok)
        return (head_t){SIMPLE, 0};
    head.number = read_number(in, 1 << (info - 24));
    if (head.major != SIMPLE) /* there it may be a floating point number */
        in->ok = in->ok && head.number >= least[info - 24];
    return head;
}

static head_t read_head_of(bytes_in_t *in, major_t major)
{
    head_t head = read_head(in);
    in->ok = in->ok && head.major == major;
    if (!in->ok)
        head.number = 0;
    return head;
}

static const unsigned char *read_span(bytes_in_t *in, uint64_t len)
{
    const unsigned char *span = in->next;
    in->ok = in->ok && len <= (uint64_t)(in->end - in->next);
    if (!in->ok)
        return NULL;
    in->next += len;
    return span;
}

int64_t cbor_number(bytes_in_t *in)
{
    const head_t head = read_head(in);
    in->ok =
        in->ok && (head.major == UNSIGNED || head.major == NEGATIVE) && head.number <= INT64_MAX;
    if (!in->ok)
        return 0;
    return head.major == UNSIGNED ? (int64_t)head.number : -1 - (int64_t)head.number;
}

const unsigned char *cbor_bytes(bytes_in_t *in, size_t *len)
{
    const head_t head = read_head_of(in, BYTES);
    *len = (size_t)head.number;
    return read_span(in, head.number);
}

const char *cbor_text(bytes_in_t *in, size_t *len)
{
    const head_t head = read_head_of(in, TEXT);
    *len = (size_t)head.number;
    return (const char *)read_span(in, head.number);
}

uint64_t cbor_map(bytes_in_t *in)
{
    return read_head_of(in, MAP).number;
}

bool cbor_is_number(const bytes_in_t *in)
{
    return in->ok && in->next < in->end && *in->next >> 5 <= NEGATIVE;
}

/* Each item that a length announces takes a byte at least, so that no length makes this long. */
void cbor_skip(bytes_in_t *in)
{
    uint64_t left[CBOR_LEVELS] = {1};
    int level = 0;
    while (in->ok && level >= 0) {
        if (!left[level]) {
            level--;
            continue;
        }
        left[level]--;
        const head_t head = read_head(in);
        if (head.major == BYTES || head.major == TEXT)
            read_span(in, head.number);
        if (head.major != ARRAY && head.major != MAP && head.major != TAG)
            continue;
        in->ok = in->ok && level + 1 < CBOR_LEVELS && head.number <= INT32_MAX;
        if (in->ok)
            left[++level] = head.major == TAG   ? 1
                            : head.major == MAP ? 2 * head.number
                                                : head.number;
    }
}
