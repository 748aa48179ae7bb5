/* SPDX-License-Identifier: Apache-2.0 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../unit/mpin_client.h"

/* The client's side of M-Pin on a pipe, for tests in other languages: one request a line, one
 * answer a line, in hex but for the PIN and the day.
 *
 *   add SHARE SHARE                        -> SUM
 *   token SECRET HASH PIN                  -> TOKEN
 *   pass1 HASH                             -> X U
 *   pass1permit HASH DAY                   -> X UT
 *   pass2 TOKEN HASH PIN X Y               -> V    (Y as on the wire: 48 bytes)
 *   pass2permit TOKEN HASH PIN PERMIT X Y  -> V */

static void read_hex(unsigned char *bytes, size_t len)
{
    const char *word = strtok(NULL, " \n");
    if (!word || strlen(word) != 2 * len ||
        sodium_hex2bin(bytes, len, word, 2 * len, NULL, NULL, NULL) != 0) {
        fprintf(stderr, "mpin-client: expected %zu bytes of hex\n", len);
        exit(2);
    }
}

static uint32_t read_number(void)
{
    const char *word = strtok(NULL, " \n");
    return word ? (uint32_t)strtoul(word, NULL, 10) : 0;
}

static void write_hex(const unsigned char *bytes, size_t len, char end)
{
    char text[2 * MPIN_G1_BYTES + 1];
    printf("%s%c", sodium_bin2hex(text, sizeof text, bytes, len), end);
}

static void add(void)
{
    unsigned char one[MPIN_G1_BYTES], other[MPIN_G1_BYTES];
    read_hex(one, sizeof one);
    read_hex(other, sizeof other);
    if (mpin_recombine_g1(one, other, one) != MPIN_ACCEPTED)
        exit(2);
    write_hex(one, sizeof one, '\n');
}

static void token(void)
{
    unsigned char secret[MPIN_G1_BYTES], hash[MPIN_HASH_BYTES], kept[MPIN_G1_BYTES];
    read_hex(secret, sizeof secret);
    read_hex(hash, sizeof hash);
    client_token(secret, hash, read_number(), kept);
    write_hex(kept, sizeof kept, '\n');
}

static void pass1(void)
{
    unsigned char hash[MPIN_HASH_BYTES], x[MPIN_SCALAR_BYTES], u[MPIN_G1_BYTES];
    read_hex(hash, sizeof hash);
    mpin_random_scalar(x);
    client_pass1(hash, x, u);
    write_hex(x, sizeof x, ' ');
    write_hex(u, sizeof u, '\n');
}

static void pass1_permit(void)
{
    unsigned char hash[MPIN_HASH_BYTES], x[MPIN_SCALAR_BYTES], ut[MPIN_G1_BYTES];
    read_hex(hash, sizeof hash);
    mpin_random_scalar(x);
    client_pass1_permit(hash, read_number(), x, ut);
    write_hex(x, sizeof x, ' ');
    write_hex(ut, sizeof ut, '\n');
}

static void pass2_permit(void)
{
    unsigned char kept[MPIN_G1_BYTES], hash[MPIN_HASH_BYTES], permit[MPIN_G1_BYTES];
    unsigned char x[MPIN_SCALAR_BYTES], y[MPIN_WIRE_SCALAR_BYTES], v[MPIN_G1_BYTES];
    read_hex(kept, sizeof kept);
    read_hex(hash, sizeof hash);
    client_unlock(kept, hash, read_number(), kept);
    read_hex(permit, sizeof permit);
    if (mpin_recombine_g1(kept, permit, kept) != MPIN_ACCEPTED)
        exit(2);
    read_hex(x, sizeof x);
    read_hex(y, sizeof y);
    client_answer(kept, x, y + sizeof y - MPIN_SCALAR_BYTES, v);
    write_hex(v, sizeof v, '\n');
}

static void pass2(void)
{
    unsigned char kept[MPIN_G1_BYTES], hash[MPIN_HASH_BYTES], x[MPIN_SCALAR_BYTES],
        v[MPIN_G1_BYTES];
    unsigned char y[MPIN_WIRE_SCALAR_BYTES];
    read_hex(kept, sizeof kept);
    read_hex(hash, sizeof hash);
    const uint32_t pin = read_number();
    read_hex(x, sizeof x);
    read_hex(y, sizeof y);
    client_pass2(kept, hash, pin, x, y + sizeof y - MPIN_SCALAR_BYTES, v);
    write_hex(v, sizeof v, '\n');
}

int main(void)
{
    char line[2048];
    while (fgets(line, sizeof line, stdin)) {
        const char *command = strtok(line, " \n");
        if (command && strcmp(command, "token") == 0)
            token();
        else if (command && strcmp(command, "pass1") == 0)
            pass1();
        else if (command && strcmp(command, "pass2") == 0)
            pass2();
        else if (command && strcmp(command, "add") == 0)
            add();
        else if (command && strcmp(command, "pass1permit") == 0)
            pass1_permit();
        else if (command && strcmp(command, "pass2permit") == 0)
            pass2_permit();
        else
            return 2;
        fflush(stdout);
    }
    return 0;
}
