/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_BASE_BYTES_H
#define MPIN_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Fixed binary layouts, big-endian, field after field. Every step checks the bound; the first one
 * that does not fit makes `ok` false and it stays so (what is read then is zero), so a layout is
 * written or read straight through and judged once, at the end. */
typedef struct bytes_out_t {
    unsigned char *start, *next, *end;
    bool ok;
} bytes_out_t;

typedef struct bytes_in_t {
    const unsigned char *next, *end;
    bool ok;
} bytes_in_t;

static inline bytes_out_t bytes_out(unsigned char *buffer, size_t size)
{
    return (bytes_out_t){.start = buffer, .next = buffer, .end = buffer + size, .ok = true};
}

/* How much was written; 0 when it did not fit. */
static inline size_t bytes_written(const bytes_out_t *out)
{
    return out->ok ? (size_t)(out->next - out->start) : 0;
}

static inline void bytes_put(bytes_out_t *out, const void *bytes, size_t len)
{
    if (!out->ok || len > (size_t)(out->end - out->next)) {
        out->ok = false;
        return;
    }
    memcpy(out->next, bytes, len);
    out->next += len;
}

static inline void bytes_put_u8(bytes_out_t *out, uint8_t n)
{
    bytes_put(out, &n, 1);
}

static inline void bytes_put_u32(bytes_out_t *out, uint32_t n)
{
    unsigned char field[4] = {(unsigned char)(n >> 24), (unsigned char)(n >> 16),
                              (unsigned char)(n >> 8), (unsigned char)n};
    bytes_put(out, field, sizeof field);
}

/* A number in as few bytes as it needs (LEB128): one below 128, at most five. */
#define BYTES_NUMBER_MAX 5
static inline void bytes_put_number(bytes_out_t *out, uint32_t n)
{
    for (; n >= 0x80; n >>= 7)
        bytes_put_u8(out, (uint8_t)(n | 0x80));
    bytes_put_u8(out, (uint8_t)n);
}

/* A text of at most 255 bytes, after its length. */
static inline void bytes_put_text(bytes_out_t *out, const char *text)
{
    size_t len = strlen(text);
    out->ok = out->ok && len <= UINT8_MAX;
    bytes_put_u8(out, (uint8_t)len);
    bytes_put(out, text, len);
}

static inline bytes_in_t bytes_in(const void *bytes, size_t len)
{
    const unsigned char *start = (const unsigned char *)bytes;
    return (bytes_in_t){.next = start, .end = start + len, .ok = true};
}

/* True when everything fitted and nothing is left over. */
static inline bool bytes_all_read(const bytes_in_t *in)
{
    return in->ok && in->next == in->end;
}

static inline void bytes_get(bytes_in_t *in, void *bytes, size_t len)
{
    if (!in->ok || len > (size_t)(in->end - in->next)) {
        in->ok = false;
        memset(bytes, 0, len);
        return;
    }
    memcpy(bytes, in->next, len);
    in->next += len;
}

static inline uint8_t bytes_get_u8(bytes_in_t *in)
{
    uint8_t n;
    bytes_get(in, &n, 1);
    return n;
}

static inline uint32_t bytes_get_u32(bytes_in_t *in)
{
    unsigned char field[4];
    bytes_get(in, field, sizeof field);
    return (uint32_t)field[0] << 24 | (uint32_t)field[1] << 16 | (uint32_t)field[2] << 8 | field[3];
}

static inline uint32_t bytes_get_number(bytes_in_t *in)
{
    uint32_t n = 0;
    for (int shift = 0; shift < 7 * BYTES_NUMBER_MAX; shift += 7) {
        uint32_t part = bytes_get_u8(in);
        n |= (part & 0x7f) << shift;
        if (part < 0x80)
            return n;
    }
    in->ok = false;
    return 0;
}

/* A text written by bytes_put_text into `text` of `size` bytes, NUL included. One with a NUL inside
 * is refused: C would see another text than the one that was written. */
static inline void bytes_get_text(bytes_in_t *in, char *text, size_t size)
{
    size_t len = bytes_get_u8(in);
    if (len >= size) {
        in->ok = false;
        len = 0;
    }
    bytes_get(in, text, len);
    text[len] = '\0';
    in->ok = in->ok && strlen(text) == len;
}

#endif
