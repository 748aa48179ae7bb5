/* SPDX-License-Identifier: Apache-2.0 */
/* A batch of proofs is judged as each of them alone, whatever stands beside it; and what its weights
 * are for: the attack works where they are known, and fails where they are not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>
#include <sodium.h>
#include <string.h>
#include "mpin/pairing.h"
#include "mpin/point.h"
#include "mpin/weigh.h"
#include "mpin_login.h"

/* ---- proofs of every kind -------------------------------------------------------------------- */

typedef enum {
    RIGHT,
    WRONG,
    ANOTHERS_Y,
    NO_COMMITMENT, /* U + y*H is the identity */
    OTHER_V,       /* -V */
    V_OUTSIDE,     /* V and a part of small order */
    V_OFF_CURVE,
    V_MALFORMED,
    U_OUTSIDE, /* U of small order: pass1 takes none, and nobody looks again */
    U_BESIDE,  /* U and a part of small order */
    U_MALFORMED,
    NO_Y,
    NO_IDENTITY,
    KINDS
} kind_t;

typedef struct sample_t {
    g1_t identity, u, v;
    scalar_t y;
    mpin_status_t alone; /* what mpin_verify_kept says */
} sample_t;

static login_t *desk; /* its master share and server are everybody's */
static sample_t sample[MPIN_BATCH_MAX][KINDS];

static void add_point(g1_t point, const blst_p1 *part)
{
    blst_p1_affine affine;
    blst_p1 sum;
    assert_int_equal(mpin_g1_decode_on_curve(&affine, point), MPIN_ACCEPTED);
    blst_p1_from_affine(&sum, &affine);
    blst_p1_add_or_double(&sum, &sum, part);
    blst_p1_to_affine(&affine, &sum);
    mpin_g1_encode(point, &affine);
}

/* A point of order 11. */
static void small_order(blst_p1 *point)
{
    static const char wire[] =
        "04"
        "19b3e2c8c6bbf59d3c326b531fc1e639d29200c28624ac604f251a12908c9b7f735318617f625954cc71cdf0"
        "3229b1ef"
        "15d1455562b9a28d0f11a69ecd34f5a8ade01df410168a09cf16ccfbcbfc69403c7c5771a05d217a122b7955"
        "29939e03";
    g1_t bytes;
    blst_p1_affine affine;
    login_from_hex(bytes, sizeof bytes, wire);
    assert_int_equal(mpin_g1_decode_on_curve(&affine, bytes), MPIN_ACCEPTED);
    blst_p1_from_affine(point, &affine);
}

/* One that would be accepted, of a fresh identity. */
static void make_right(sample_t *right, sample_t *wrong)
{
    unsigned char hash[MPIN_HASH_BYTES];
    scalar_t x;
    g1_t secret, token;
    randombytes_buf(hash, sizeof hash);
    mpin_random_scalar(x);
    mpin_random_scalar(right->y);
    mpin_identity(hash, right->identity);
    assert_int_equal(mpin_client_secret(desk->master, hash, secret), MPIN_ACCEPTED);
    client_token(secret, hash, LOGIN_PIN, token);
    client_pass1(hash, x, right->u);
    client_pass2(token, hash, LOGIN_PIN, x, right->y, right->v);
    *wrong = *right;
    client_pass2(token, hash, LOGIN_PIN + 1, x, right->y, wrong->v);
}

static void spoil(sample_t *s, kind_t kind)
{
    blst_p1 small;
    blst_p1_affine alone;
    small_order(&small);
    switch (kind) {
    case ANOTHERS_Y:
        mpin_random_scalar(s->y);
        break;
    case OTHER_V:
        login_negate(s->v);
        break;
    case V_OUTSIDE:
        add_point(s->v, &small);
        break;
    case V_OFF_CURVE:
        s->v[MPIN_G1_BYTES - 1] ^= 1;
        break;
    case V_MALFORMED:
        s->v[0] = 2;
        break;
    case U_OUTSIDE:
        blst_p1_to_affine(&alone, &small);
        mpin_g1_encode(s->u, &alone);
        break;
    case U_BESIDE:
        add_point(s->u, &small);
        break;
    case U_MALFORMED:
        s->u[1] |= 0x80;
        break;
    case NO_Y:
        memset(s->y, 0, sizeof s->y);
        break;
    case NO_IDENTITY:
        memset(s->identity, 0, sizeof s->identity);
        break;
    default:
        break;
    }
}

/* U = -y*H */
static void take_commitment(sample_t *s)
{
    blst_p1_affine affine;
    blst_p1 h;
    blst_scalar y;
    assert_int_equal(mpin_g1_decode(&affine, s->identity), MPIN_ACCEPTED);
    blst_p1_from_affine(&h, &affine);
    blst_scalar_from_bendian(&y, s->y);
    blst_p1_mult(&h, &h, y.b, 256);
    blst_p1_cneg(&h, true);
    blst_p1_to_affine(&affine, &h);
    mpin_g1_encode(s->u, &affine);
}

static int make_samples(void **state)
{
    if (login_make(state) != 0)
        return 1;
    desk = *state;
    for (int i = 0; i < MPIN_BATCH_MAX; i++) {
        make_right(&sample[i][RIGHT], &sample[i][WRONG]);
        for (kind_t kind = 0; kind < KINDS; kind++) {
            sample_t *s = &sample[i][kind];
            if (kind != WRONG)
                *s = sample[i][RIGHT];
            spoil(s, kind);
            if (kind == NO_COMMITMENT)
                take_commitment(s);
            s->alone = mpin_verify_kept(desk->server, s->identity, s->u, s->y, s->v);
        }
    }
    return 0;
}

static mpin_proof_t proof_of(const sample_t *s)
{
    return (mpin_proof_t){.identity = s->identity, .u = s->u, .y = s->y, .v = s->v};
}

/* As each alone; whatever stood in `status` before is nobody's judgement. */
static void assert_judged(const sample_t *const samples[], int count)
{
    mpin_proof_t proofs[MPIN_BATCH_MAX], *batch[MPIN_BATCH_MAX] = {0};
    for (int i = 0; i < count; i++) {
        proofs[i] = proof_of(samples[i]);
        proofs[i].status = MPIN_ACCEPTED;
        batch[i] = &proofs[i];
    }
    mpin_verify_batch(desk->server, batch, count);
    for (int i = 0; i < count; i++)
        assert_int_equal(proofs[i].status, samples[i]->alone);
}

/* ---- as each alone --------------------------------------------------------------------------- */

static void samples_are_what_they_are_called(void **state)
{
    (void)state;
    static const mpin_status_t alone[KINDS] = {
        [RIGHT] = MPIN_ACCEPTED,        [WRONG] = MPIN_WRONG_PIN,
        [ANOTHERS_Y] = MPIN_WRONG_PIN,  [NO_COMMITMENT] = MPIN_REFUSED,
        [OTHER_V] = MPIN_WRONG_PIN,     [V_OUTSIDE] = MPIN_REFUSED,
        [V_OFF_CURVE] = MPIN_REFUSED,   [V_MALFORMED] = MPIN_MALFORMED,
        [U_OUTSIDE] = MPIN_WRONG_PIN,   [U_BESIDE] = MPIN_ACCEPTED,
        [U_MALFORMED] = MPIN_MALFORMED, [NO_Y] = MPIN_REFUSED,
        [NO_IDENTITY] = MPIN_MALFORMED};
    for (int i = 0; i < MPIN_BATCH_MAX; i++) {
        for (kind_t kind = 0; kind < KINDS; kind++)
            assert_int_equal(sample[i][kind].alone, alone[kind]);
    }
}

/* Every mixture of the first `kinds` kinds. */
static void assert_mixtures(int count, kind_t kinds)
{
    unsigned mixtures = 1;
    for (int i = 0; i < count; i++)
        mixtures *= kinds;
    for (unsigned mixture = 0; mixture < mixtures; mixture++) {
        const sample_t *samples[MPIN_BATCH_MAX];
        unsigned rest = mixture;
        for (int i = 0; i < count; i++, rest /= kinds)
            samples[i] = &sample[i][rest % kinds];
        assert_judged(samples, count);
    }
}

static void every_mixture_of_few_proofs_is_judged_as_each_alone(void **state)
{
    (void)state;
    assert_mixtures(0, KINDS);
    assert_mixtures(1, KINDS);
    assert_mixtures(2, KINDS);
    assert_mixtures(3, NO_COMMITMENT + 1);
    assert_mixtures(4, ANOTHERS_Y);
    assert_mixtures(5, ANOTHERS_Y);
}

static void a_wrong_proof_is_found_at_every_place_of_a_batch_of_every_length(void **state)
{
    (void)state;
    const sample_t *samples[MPIN_BATCH_MAX];
    for (int count = 1; count <= 19; count++) {
        for (int wrong = 0; wrong < count; wrong++) {
            for (int i = 0; i < count; i++)
                samples[i] = &sample[i][i == wrong ? WRONG : RIGHT];
            assert_judged(samples, count);
        }
    }
}

static void the_largest_batch_is_judged_as_each_alone(void **state)
{
    (void)state;
    const sample_t *samples[MPIN_BATCH_MAX];
    const kind_t most[] = {RIGHT, WRONG, U_BESIDE, NO_Y};
    for (int round = 0; round < 12; round++) {
        for (int i = 0; i < MPIN_BATCH_MAX; i++) {
            kind_t kind = most[round % 4];
            if (randombytes_uniform(16) < (uint32_t)round)
                kind = randombytes_uniform(KINDS);
            samples[i] = &sample[i][kind];
        }
        assert_judged(samples, MPIN_BATCH_MAX);
    }
}

static void one_proof_many_times_is_judged_each_time(void **state)
{
    (void)state;
    const sample_t *samples[MPIN_BATCH_MAX];
    for (kind_t kind = 0; kind < KINDS; kind++) {
        for (int i = 0; i < 9; i++)
            samples[i] = &sample[0][kind];
        assert_judged(samples, 9);
    }
    for (int i = 0; i < 9; i++)
        samples[i] = &sample[0][i % 2 ? OTHER_V : RIGHT]; /* V, -V, V, .. */
    assert_judged(samples, 9);
}

static void anothers_u_or_v_beside_its_owner_is_a_wrong_pin(void **state)
{
    (void)state;
    sample_t mixed[] = {sample[0][RIGHT], sample[1][RIGHT]};
    memcpy(mixed[0].v, sample[1][RIGHT].v, sizeof mixed[0].v);
    memcpy(mixed[1].v, sample[0][RIGHT].v, sizeof mixed[1].v);
    mixed[0].alone = mixed[1].alone = MPIN_WRONG_PIN;
    assert_judged((const sample_t *[]){&mixed[0], &mixed[1], &sample[2][RIGHT]}, 3);

    memcpy(mixed[0].u, sample[1][RIGHT].u, sizeof mixed[0].u);
    memcpy(mixed[1].u, sample[0][RIGHT].u, sizeof mixed[1].u);
    assert_judged((const sample_t *[]){&mixed[0], &mixed[1], &sample[2][RIGHT]}, 3);
}

/* A part of small order in U counts as nothing, so two of them can't be made to cancel; and one that
 * is nothing else must not make nothing of the others' points. */
static void a_u_of_small_order_changes_nothing_for_others(void **state)
{
    (void)state;
    for (int round = 0; round < 30; round++) {
        assert_judged((const sample_t *[]){&sample[0][WRONG], &sample[1][U_OUTSIDE],
                                           &sample[2][RIGHT], &sample[3][U_BESIDE]},
                      4);
        assert_judged((const sample_t *[]){&sample[0][U_BESIDE], &sample[1][U_BESIDE]}, 2);
        assert_judged((const sample_t *[]){&sample[0][U_OUTSIDE], &sample[1][U_OUTSIDE]}, 2);
    }
}

static void a_permits_proof_is_judged_beside_others(void **state)
{
    (void)state;
    sample_t with = {0}, yesterdays;
    g1_t permit, both;
    assert_int_equal(mpin_time_permit(desk->master, LOGIN_DAY, desk->hash, permit), MPIN_ACCEPTED);
    assert_int_equal(mpin_recombine_g1(desk->secret, permit, both), MPIN_ACCEPTED);
    mpin_random_scalar(with.y);
    client_pass1_permit(desk->hash, LOGIN_DAY, desk->x, with.u);
    client_answer(both, desk->x, with.y, with.v);
    assert_int_equal(judge_with_permit(desk->server, desk->hash, with.u, LOGIN_DAY, with.y, with.v),
                     MPIN_ACCEPTED);

    mpin_identity_on(LOGIN_DAY, desk->hash, with.identity);
    yesterdays = with;
    mpin_identity_on(LOGIN_DAY - 1, desk->hash, yesterdays.identity);
    yesterdays.alone = MPIN_WRONG_PIN;
    assert_judged((const sample_t *[]){&with, &yesterdays, &sample[0][RIGHT]}, 3);
    assert_judged((const sample_t *[]){&with, &sample[0][RIGHT]}, 2);
}

/* ---- weights --------------------------------------------------------------------------------- */

/* The generator, replaced: it gives `planned` where that is set, and tells what it gave. */
static const unsigned char *planned;
static unsigned char drawn[2 * MPIN_BATCH_MAX * sizeof(mpin_weight_t)];
static size_t drawn_bytes, draws;

static const char *watched_name(void)
{
    return "watched";
}

static uint32_t watched_random(void)
{
    return 4; /* nobody here asks for one */
}

static void watched_buf(void *const buf, const size_t size)
{
    if (planned)
        memcpy(buf, planned, size);
    else
        randombytes_sysrandom_implementation.buf(buf, size);
    assert_true(drawn_bytes + size <= sizeof drawn);
    memcpy(drawn + drawn_bytes, buf, size);
    drawn_bytes += size;
    draws++;
}

static int watch(void **state)
{
    (void)state;
    static randombytes_implementation watched = {
        .implementation_name = watched_name, .random = watched_random, .buf = watched_buf};
    planned = NULL;
    drawn_bytes = draws = 0;
    return randombytes_set_implementation(&watched);
}

static int unwatch(void **state)
{
    (void)state;
    randombytes_set_implementation(&randombytes_sysrandom_implementation);
    return 0;
}

static void every_batch_draws_weights_of_its_own(void **state)
{
    (void)state;
    const sample_t *samples[] = {&sample[0][RIGHT], &sample[1][WRONG], &sample[2][V_MALFORMED],
                                 &sample[3][RIGHT]};
    assert_judged(samples, 4);
    assert_int_equal(drawn_bytes, 3 * sizeof(mpin_weight_t));
    assert_judged(samples, 4);
    assert_int_equal(drawn_bytes, 6 * sizeof(mpin_weight_t));
    assert_int_equal(draws, 2);
    for (int i = 0; i < 6; i++) {
        for (int j = 0; j < i; j++)
            assert_memory_not_equal(drawn + i * 16, drawn + j * 16, 16);
    }
}

static void a_proof_alone_needs_no_weight(void **state)
{
    (void)state;
    assert_judged((const sample_t *[]){&sample[0][WRONG]}, 1);
    assert_judged((const sample_t *[]){&sample[0][RIGHT], &sample[1][V_OUTSIDE]}, 2);
    assert_int_equal(draws, 0);
}

/* With a weight of 0 any proof would pass. */
static void weights_of_zero_accept_nothing_wrong(void **state)
{
    (void)state;
    static const mpin_weight_t zeros[3] = {{0}}, one_zero[3] = {{1, 0}, {0, 0}, {0, 1}};
    const sample_t *samples[] = {&sample[0][RIGHT], &sample[1][WRONG], &sample[2][RIGHT]};
    planned = (const unsigned char *)zeros;
    assert_judged(samples, 3);
    planned = (const unsigned char *)one_zero;
    assert_judged(samples, 3);
    assert_int_equal(draws, 2);
}

/* Digits, carries and both halves at their ends. */
static void weights_at_their_ends_judge_as_any(void **state)
{
    (void)state;
    static const uint64_t ends[] = {0, 1, 7, 8, 15, 16, UINT64_MAX, UINT64_MAX - 7, 1ull << 63};
    const sample_t *samples[] = {&sample[0][RIGHT], &sample[1][WRONG], &sample[2][RIGHT]};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        for (size_t j = 0; j < sizeof ends / sizeof *ends; j++) {
            const mpin_weight_t weights[3] = {
                {ends[i], ends[j]}, {ends[j], ends[i]}, {ends[i], ends[i]}};
            planned = (const unsigned char *)weights;
            drawn_bytes = 0;
            assert_judged(samples, 3);
        }
    }
}

/* point += (negative ? -1 : 1) * (a + b*z^2) * G, by numbers and not by the way of mpin_weigh */
static void shift(g1_t point, const mpin_weight_t weight, bool negative)
{
    static const uint64_t square[4] = {0x0000000100000000, 0xac45a4010001a402};
    const uint64_t a[4] = {weight[0]}, b[4] = {weight[1]};
    blst_fr sum, part;
    blst_scalar scalar;
    blst_p1 product;
    blst_fr_from_uint64(&part, b);
    blst_fr_from_uint64(&sum, square);
    blst_fr_mul(&part, &part, &sum);
    blst_fr_from_uint64(&sum, a);
    blst_fr_add(&sum, &sum, &part);
    blst_scalar_from_fr(&scalar, &sum);
    blst_p1_mult(&product, blst_p1_generator(), scalar.b, 256);
    blst_p1_cneg(&product, negative);
    add_point(point, &product);
}

/* Two false proofs whose errors cancel once each has its weight: V1 + w2*G and V2 - w1*G. */
static void assert_false_pair(const mpin_weight_t first, const mpin_weight_t second,
                              mpin_status_t wanted)
{
    sample_t pair[] = {sample[0][RIGHT], sample[1][RIGHT]};
    shift(pair[0].v, second, false);
    shift(pair[1].v, first, true);
    pair[0].alone = pair[1].alone = wanted;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(
            mpin_verify_kept(desk->server, pair[i].identity, pair[i].u, pair[i].y, pair[i].v),
            MPIN_WRONG_PIN);
    }
    assert_judged((const sample_t *[]){&pair[0], &pair[1]}, 2);
    drawn_bytes = 0;
    assert_judged((const sample_t *[]){&pair[0], &pair[1], &sample[2][RIGHT], &sample[3][RIGHT]},
                  4);
}

static void errors_that_cancel_pass_only_where_weights_are_known(void **state)
{
    (void)state;
    mpin_weight_t known[4], equal[4];
    memset(equal, 0x5a, sizeof equal);
    randombytes_sysrandom_implementation.buf(known, sizeof known);
    for (int round = 0; round < 20; round++) {
        planned = NULL;
        drawn_bytes = 0;
        assert_false_pair(equal[0], equal[1], MPIN_WRONG_PIN);
        assert_false_pair(known[0], known[1], MPIN_WRONG_PIN);
    }
    planned = (const unsigned char *)equal;
    drawn_bytes = 0;
    assert_false_pair(equal[0], equal[1], MPIN_ACCEPTED);
    planned = (const unsigned char *)known;
    drawn_bytes = 0;
    assert_false_pair(known[0], known[1], MPIN_ACCEPTED);
    drawn_bytes = 0;
    assert_false_pair(known[1], known[0], MPIN_WRONG_PIN);
}

#define WATCHED(test) cmocka_unit_test_setup_teardown(test, watch, unwatch)

int main(void)
{
    if (sodium_init() < 0)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_are_what_they_are_called),
        cmocka_unit_test(every_mixture_of_few_proofs_is_judged_as_each_alone),
        cmocka_unit_test(a_wrong_proof_is_found_at_every_place_of_a_batch_of_every_length),
        cmocka_unit_test(the_largest_batch_is_judged_as_each_alone),
        cmocka_unit_test(one_proof_many_times_is_judged_each_time),
        cmocka_unit_test(anothers_u_or_v_beside_its_owner_is_a_wrong_pin),
        cmocka_unit_test(a_u_of_small_order_changes_nothing_for_others),
        cmocka_unit_test(a_permits_proof_is_judged_beside_others),
        WATCHED(every_batch_draws_weights_of_its_own),
        WATCHED(a_proof_alone_needs_no_weight),
        WATCHED(weights_of_zero_accept_nothing_wrong),
        WATCHED(weights_at_their_ends_judge_as_any),
        WATCHED(errors_that_cancel_pass_only_where_weights_are_known),
    };
    return cmocka_run_group_tests_name("mpin_batch", tests, make_samples, login_drop);
}
