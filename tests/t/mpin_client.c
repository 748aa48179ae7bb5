#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../unit/mpin_client.h"

/* The client's side of M-Pin on a pipe, for tests in other languages: one request a line, one
 * answer a line, in hex but for the PIN. token SECRET HASH PIN        -> TOKEN pass1 HASH -> X U
 *   pass2 TOKEN HASH PIN X Y     -> V    (Y as on the wire: 48 bytes) */

static void read_hex(unsigned char *bytes, size_t len)
{
    const char *word = strtok(NULL, " \n");
    if (!word || strlen(word) != 2 * len ||
        sodium_hex2bin(bytes, len, word, 2 * len, NULL, NULL, NULL) != 0) {
        fprintf(stderr, "mpin-client: expected %zu bytes of hex\n", len);
        exit(2);
    }
}

static uint32_t read_pin(void)
{
    const char *word = strtok(NULL, " \n");
    return word ? (uint32_t)strtoul(word, NULL, 10) : 0;
}

static void write_hex(const unsigned char *bytes, size_t len, char end)
{
    char text[2 * MPIN_G1_BYTES + 1];
    printf("%s%c", sodium_bin2hex(text, sizeof text, bytes, len), end);
}

static void token(void)
{
    unsigned char secret[MPIN_G1_BYTES], hash[MPIN_HASH_BYTES], kept[MPIN_G1_BYTES];
    read_hex(secret, sizeof secret);
    read_hex(hash, sizeof hash);
    client_token(secret, hash, read_pin(), kept);
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

static void pass2(void)
{
    unsigned char kept[MPIN_G1_BYTES], hash[MPIN_HASH_BYTES], x[MPIN_SCALAR_BYTES],
        v[MPIN_G1_BYTES];
    unsigned char y[MPIN_WIRE_SCALAR_BYTES];
    read_hex(kept, sizeof kept);
    read_hex(hash, sizeof hash);
    const uint32_t pin = read_pin();
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
        else
            return 2;
        fflush(stdout);
    }
    return 0;
}
