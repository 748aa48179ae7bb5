/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_PHONE_CODE_H
#define MPIN_PHONE_CODE_H

#include "base/name.h"
#include "phone/phone.h"

/* A code is what a desktop shows to be signed in by a phone, and how far that is: one fleeting
 * record, changed by compare-and-swap only. Three names lead to it: the webOTT, which is the
 * desktop's secret; the wid, which stands in the QR; and the access number. The wid is a
 * pseudorandom function of the webOTT: a poll is one look-up, and nobody polls with the wid. */
#define CODE_SECONDS 300
#define CODES_OF_ADDRESS 5    /* live ones of one address, an IPv6 /64 */
#define CODES_OF_SITE 80      /* of an IPv6 /48 */
#define CODES_OF_PROVIDER 800 /* of a /32: two fifths of all */
#define CODE_WORD_MAX 4096    /* bytes of the relying party's word */

typedef enum {
    CODE_NEW = 1, /* nobody has scanned or typed it */
    CODE_WID,     /* a phone has */
    CODE_USER,    /* ... and has said who will sign in, and picked the right number where it can */
    CODE_OFFERED, /* the PIN was right: the desktop may redeem the authOTT */
    CODE_ENTERED, /* it did, and the relying party has not said how that went */
    CODE_DONE,    /* it has */
    CODE_OVER,    /* wrong pick, time out, or somebody else redeemed */
    CODE_ABORTED  /* the phone gave it up */
} code_state_t;

typedef enum { PHONE_NONE = 0, PHONE_BY_COOKIE, PHONE_BY_ADDRESS } phone_known_by_t;

typedef struct code_t {
    unsigned char version, state; /* code_state_t */
    unsigned char bound;          /* `browser` counts; one that is not is redeemed by nobody */
    unsigned char phone_known_by; /* phone_known_by_t */
    unsigned char pick;           /* the phone lets its user pick `match` among `choices` */
    unsigned char match, choices[3];
    unsigned char zero[7];
    apr_time_t expires;
    unsigned char browser[PRELOGIN_ID_BYTES]; /* the desktop's pre-login cookie */
    known_t known;                            /* the users who have signed in from the desktop */
    unsigned char phone[16];                  /* that claimed it: pre-login cookie or address */
    unsigned char auth_ott[TOKEN_BYTES];      /* from CODE_OFFERED on */
    char number[8];                           /* access number, "" without */

    /* Texts, of which as much is stored as there is; names are canonical. */
    char address[48]; /* the desktop's, for people */
    char browser_name[40];
    char preroll[NAME_MAX_BYTES + 1];   /* whom the desktop expects, "" nobody */
    char announced[NAME_MAX_BYTES + 1]; /* by anybody who has the wid: proven by nothing */
    char proven[NAME_MAX_BYTES + 1];    /* from CODE_OFFERED on */
} code_t;

/* 412 for what leads to no live code. */
result_t *code_unknown(apr_pool_t *p);

/* The wid of a webOTT. */
void code_wid_of(const phones_t *phones, const unsigned char web_ott[TOKEN_BYTES],
                 unsigned char wid[WID_BYTES]);

/* Keeps a new code under a fresh webOTT. Nothing is counted here. */
store_status_t code_keep(phones_t *phones, const code_t *code, const unsigned char wid[WID_BYTES],
                         apr_pool_t *p);

/* One look-up. STORE_MISSING: there is none, or it has expired. */
store_status_t code_read(phones_t *phones, const unsigned char wid[WID_BYTES], apr_time_t now,
                         code_t *code, apr_pool_t *p);

/* The wid of what a phone sent: 32 hex digits, or an access number, which is looked up.
 * STORE_MISSING: no such number is live, or `text` is neither. */
store_status_t code_find(phones_t *phones, const char *text, apr_time_t now,
                         unsigned char wid[WID_BYTES], apr_pool_t *p);

/* True where `text` has the form of one. */
bool code_is_wid(const char *text);

/* Reads the code, lets `step` change it, and writes it where `step` says so; again when somebody
 * was quicker (store/change.h). STORE_CHANGED: too often. `step` sees the word that the relying
 * party left (NULL none yet), which lives as long as the step, and may set it. */
typedef bool (*code_step_t)(void *baton, code_t *code, const char **word);
store_status_t code_change(phones_t *phones, const unsigned char wid[WID_BYTES], apr_time_t now,
                           code_step_t step, void *baton, apr_pool_t *p);

/* True where the code is this phone's, or becomes it now: the first one claims it. A phone is known
 * by its pre-login cookie or, where it keeps none, by its address. */
bool code_claim(code_t *code, const caller_t *caller);

/* ---- places: what is live is counted by where it lies ---- */

/* A place among those of the caller's address, if need be that of a code that is over or of this
 * browser's oldest one, one among those of each network around it, and one of the numbers.
 * STORE_EXISTS: no more are to be had. Unless it is STORE_OK, nothing is taken. */
store_status_t code_take_places(phones_t *phones, const caller_t *caller,
                                const unsigned char wid[WID_BYTES], code_t *code, apr_pool_t *p);

/* Gives back those of its addresses: a desktop has come in with it. */
void code_free_places(phones_t *phones, const unsigned char wid[WID_BYTES], const code_t *code,
                      apr_pool_t *p);

/* Gives back all: this code is over, and its number leads nowhere. */
void code_free_all(phones_t *phones, const unsigned char wid[WID_BYTES], const code_t *code,
                   apr_time_t now, apr_pool_t *p);

#endif
