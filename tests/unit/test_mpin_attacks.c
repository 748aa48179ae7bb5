/* SPDX-License-Identifier: Apache-2.0 */
/* What the protocol rests on beside the verifier: each attack works where its rule is broken, and
 * fails where it is kept. If one stopped working here, the rule's reason would be gone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>
#include <sodium.h>
#include <string.h>
#include "mpin/point.h"
#include "mpin_login.h"

static void decode(blst_p1 *point, const g1_t wire)
{
    blst_p1_affine affine;
    assert_int_equal(mpin_g1_decode(&affine, wire), MPIN_ACCEPTED);
    blst_p1_from_affine(point, &affine);
}

static void encode(g1_t wire, const blst_p1 *point)
{
    blst_p1_affine affine;
    blst_p1_to_affine(&affine, point);
    mpin_g1_encode(wire, &affine);
}

/* Eve is enrolled, and guesses y before she sends U: U = k*H(Eve) - y*H(victim), V = -k*s*H(Eve).
 */
static void enrolled_stranger_who_knows_y_before_u_is_anyone(void **state)
{
    const login_t *victim = *state;
    unsigned char eves_hash[MPIN_HASH_BYTES];
    scalar_t k;
    g1_t eves_secret, part, u, v;
    blst_p1 sum, minus;
    randombytes_buf(eves_hash, sizeof eves_hash);
    mpin_random_scalar(k);
    assert_int_equal(mpin_client_secret(victim->master, eves_hash, eves_secret), MPIN_ACCEPTED);

    client_pass1(victim->hash, victim->y, part);
    login_negate(part);
    decode(&minus, part);
    client_pass1(eves_hash, k, u);
    decode(&sum, u);
    blst_p1_add_or_double(&sum, &sum, &minus);
    encode(u, &sum);

    blst_scalar scalar;
    blst_scalar_from_bendian(&scalar, k);
    decode(&sum, eves_secret);
    blst_sign_pk_in_g2(&sum, &sum, &scalar);
    blst_p1_cneg(&sum, true);
    encode(v, &sum);

    assert_int_equal(mpin_verify(victim->server, victim->hash, u, victim->y, v), MPIN_ACCEPTED);

    scalar_t drawn_after_u;
    mpin_random_scalar(drawn_after_u);
    assert_int_equal(mpin_verify(victim->server, victim->hash, u, drawn_after_u, v),
                     MPIN_WRONG_PIN);
}

/* V - V' = -(y - y')*s*H(ID): two answers to one U give the client secret away. */
static void one_u_answered_under_two_y_gives_the_client_secret_away(void **state)
{
    const login_t *l = *state;
    scalar_t second_y;
    g1_t second_v, stolen;
    mpin_random_scalar(second_y);
    client_pass2(l->token, l->hash, LOGIN_PIN, l->x, second_y, second_v);

    blst_scalar difference, second;
    blst_scalar_from_bendian(&difference, l->y);
    blst_scalar_from_bendian(&second, second_y);
    assert_true(blst_sk_sub_n_check(&difference, &second, &difference));
    blst_sk_inverse(&difference, &difference);

    blst_p1 point, other;
    login_negate(second_v);
    decode(&point, l->v);
    decode(&other, second_v);
    blst_p1_add_or_double(&point, &point, &other);
    blst_sign_pk_in_g2(&point, &point, &difference);
    encode(stolen, &point);
    assert_memory_equal(stolen, l->secret, sizeof stolen);

    /* Answers to two U's don't. */
    scalar_t other_x;
    mpin_random_scalar(other_x);
    client_pass2(l->token, l->hash, LOGIN_PIN, other_x, second_y, second_v);
    login_negate(second_v);
    decode(&point, l->v);
    decode(&other, second_v);
    blst_p1_add_or_double(&point, &point, &other);
    blst_sign_pk_in_g2(&point, &point, &difference);
    encode(stolen, &point);
    assert_memory_not_equal(stolen, l->secret, sizeof stolen);
}

/* With sQ a thief plays the server too, and tries PINs on a stolen token without asking anybody. */
static void server_secret_and_a_stolen_token_give_the_pin_away(void **state)
{
    const login_t *l = *state;
    mpin_server_t *thiefs = mpin_server_make(l->server_secret);
    assert_non_null(thiefs);
    uint32_t found = 0;
    for (uint32_t pin = LOGIN_PIN - 20; pin < LOGIN_PIN + 20; pin++) {
        g1_t v;
        client_pass2(l->token, l->hash, pin, l->x, l->y, v);
        if (mpin_verify(thiefs, l->hash, l->u, l->y, v) == MPIN_ACCEPTED) {
            assert_int_equal(found, 0);
            found = pin;
        }
    }
    assert_int_equal(found, LOGIN_PIN);
    mpin_server_free(thiefs);

    /* Under any other sQ all PINs look alike. */
    scalar_t other;
    g2_t other_secret;
    mpin_random_scalar(other);
    assert_int_equal(mpin_server_secret(other, other_secret), MPIN_ACCEPTED);
    thiefs = mpin_server_make(other_secret);
    assert_int_equal(mpin_verify(thiefs, l->hash, l->u, l->y, l->v), MPIN_WRONG_PIN);
    mpin_server_free(thiefs);
}

/* A stranger knows nothing but the identity, and answers with what it was sent or with small
 * numbers. */
static void stranger_without_a_secret_is_refused(void **state)
{
    const login_t *l = *state;
    const unsigned char *known[] = {l->u, NULL, NULL};
    g1_t h, yh;
    scalar_t one = {[MPIN_SCALAR_BYTES - 1] = 1};
    client_pass1(l->hash, one, h);
    client_pass1(l->hash, l->y, yh);
    known[1] = h;
    known[2] = yh;
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 3; j++) {
            mpin_status_t status = mpin_verify(l->server, l->hash, known[i], l->y, known[j]);
            assert_int_equal(status, MPIN_WRONG_PIN);
        }
    }
}

int main(void)
{
    if (sodium_init() < 0)
        return 1;
    const struct CMUnitTest tests[] = {
        LOGIN_TEST(enrolled_stranger_who_knows_y_before_u_is_anyone),
        LOGIN_TEST(one_u_answered_under_two_y_gives_the_client_secret_away),
        LOGIN_TEST(server_secret_and_a_stolen_token_give_the_pin_away),
        LOGIN_TEST(stranger_without_a_secret_is_refused),
    };
    return cmocka_run_group_tests_name("mpin_attacks", tests, NULL, NULL);
}
