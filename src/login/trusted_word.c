/* SPDX-License-Identifier: Apache-2.0 */
#include "login/trusted_word.h"

#include "base/saml.h"

#include <ap_expr.h>
#include <apr_strings.h>
#include <string.h>

#define SID_MAX 1000 /* bytes */

/* A text of another module's that can stand in a header of ours: of a length, and of one line. */
static const char *heard(const facts_t *facts, const char *variable, apr_size_t max)
{
    const char *value = variable ? apr_table_get(facts->r->subprocess_env, variable) : NULL;
    bool plain = value && *value && strlen(value) <= max;
    for (const char *c = value; plain && *c; c++)
        plain = (unsigned char)*c >= ' ' && *c != 0x7f;
    if (value && *value && !plain)
        log_debug(facts->caller.log, "MPIN0907",
                  "the variable %s has more than %d bytes, or control characters: it counts for "
                  "nothing",
                  variable, (int)max);
    return plain ? value : NULL;
}

static bool says_yes(const char *value)
{
    return value && (!strcasecmp(value, "1") || !strcasecmp(value, "true") ||
                     !strcasecmp(value, "yes") || !strcasecmp(value, "on"));
}

/* ---- whose name it is ---- */

static const char *raw_user(const facts_t *facts, const trusted_login_t *login)
{
    const char *wrong = NULL;
    if (!login->user)
        return facts->r->user;
    const char *text = ap_expr_str_exec(facts->r, login->user, &wrong);
    if (wrong)
        log_warn(facts->caller.log, "MPIN0901", "user= of the trusted login %s fails: %s",
                 login->set->name, wrong);
    return wrong ? NULL : text;
}

static bool is_listed_domain(const trusted_setting_t *set, const char *domain)
{
    for (const char *const *each = set->domains; domain && *each; each++)
        if (!strcmp(*each, domain))
            return true;
    return false;
}

/* An e-mail that the provider itself calls unverified is none. */
static const char *email_heard(const facts_t *facts, const trusted_setting_t *set)
{
    const char *value = heard(facts, set->email, NAME_MAX_BYTES);
    const char *verified = heard(facts, set->email_verified, SID_MAX);
    const char *email = value ? name_canonical(value, facts->r->pool) : NULL;
    if (!email || !name_domain(email) || (verified && !says_yes(verified)))
        return "";
    return email;
}

/* Of an address it is said outright that it is verified. */
static const char *local_email(const facts_t *facts, const trusted_setting_t *set,
                               const char *email)
{
    return says_yes(heard(facts, set->email_verified, SID_MAX)) &&
                   is_listed_domain(set, name_domain(email))
               ? name_of_site(facts->site->rps_settings.names, email, facts->r->pool)
               : NULL;
}

static const char *name_heard(const facts_t *facts, const trusted_setting_t *set,
                              const subject_t *subject)
{
    const name_rules_t rules = facts->site->rps_settings.names;
    apr_pool_t *p = facts->r->pool;
    const char *local;
    switch (set->local) {
    case LOCAL_PLAIN:
        return strchr(subject->subject, '@') ? NULL : name_of_site(rules, subject->subject, p);
    case LOCAL_USER_OF:
        local = name_of_site(rules, subject->subject, p);
        return local && is_listed_domain(set, name_domain(local)) ? local : NULL;
    case LOCAL_EMAIL_OF:
        return local_email(facts, set, subject->email);
    case LOCAL_NEVER:
        break;
    }
    return name_of_provider(rules, apr_pstrcat(p, set->name, ":", subject->subject, NULL), p);
}

static result_t *no_name(const facts_t *facts, const trusted_setting_t *set)
{
    static apr_time_t told;
    if (log_may_say(&told))
        log_warn(facts->caller.log, "MPIN0902",
                 "the trusted login %s calls somebody by what is no name here: %s; nobody is "
                 "signed in by it",
                 set->name,
                 set->local == LOCAL_EMAIL_OF
                     ? "as-local takes verified e-mails of its domains only (email=, and the same "
                       "variable with _verified)"
                 : set->local == LOCAL_USER_OF ? "as-local takes users of its domains only"
                 : set->local == LOCAL_PLAIN
                     ? "as-local takes names without @, :, spaces and the like"
                     : "it is too long, or has spaces or one of , ; \" \\ < > { }; name another "
                       "variable with user=");
    return result_error(facts->r->pool, HTTP_FORBIDDEN, "trusted_name",
                        "the other login gives a name that is none here");
}

/* ---- the rest ---- */

/* Those that MPinPassHeaders names. */
static void hear_claims(const facts_t *facts, subject_t *subject)
{
    const apr_array_header_t *headers = facts->site->pass_headers;
    for (int i = 0; i < headers->nelts; i++) {
        const pass_header_t *header = &APR_ARRAY_IDX(headers, i, pass_header_t);
        const char *value =
            header->field == PASS_CLAIM ? heard(facts, header->claim, SUBJECT_CLAIM_VALUE) : NULL;
        if (value && subject->claim_count < SUBJECT_CLAIMS &&
            !subject_claim(subject, header->claim))
            subject->claims[subject->claim_count++] =
                (claim_t){header->claim, apr_pstrdup(facts->r->pool, value)};
    }
}

/* A SAML assertion, in base64 (MellonSessionDump). One that says nothing proves nothing fresh, and
 * nor does a variable that is not there. */
static uint32_t seconds_of_saml(const facts_t *facts, const char *variable, const char *value)
{
    static apr_time_t told;
    const char *xml = value ? saml_of_form(value, facts->r->pool) : NULL;
    const uint32_t seconds = xml ? saml_seen_at(xml, facts->r->pool) : 0;
    if (!seconds && log_may_say(&told))
        log_warn(
            facts->caller.log, "MPIN0933",
            "the variable %s has neither seconds nor an assertion that says when the provider has "
            "seen somebody: it counts as long ago",
            variable);
    return seconds ? seconds : 1;
}

/* 0: just now. 1 is long ago. */
static uint32_t seconds_heard(const facts_t *facts, const char *variable)
{
    const char *value = heard(facts, variable, SAML_TEXT_MAX);
    if (!variable)
        return 0;
    if (!value || strlen(value) > 10 || value[strspn(value, "0123456789")])
        return seconds_of_saml(facts, variable, value);
    const apr_int64_t seconds = apr_atoi64(value);
    if (seconds > UINT32_MAX) /* nobody comes from the future */
        return 0;
    return seconds ? (uint32_t)seconds : 1;
}

/* ---- whose session there it is ---- */

const char *trusted_session_of(const char *issuer, const char *kind, const char *id, apr_pool_t *p)
{
    return apr_pstrcat(p, issuer, " ", kind, " ", id, NULL);
}

/* One module may know several issuers, each with sessions of its own. */
static void hear_session(const facts_t *facts, const trusted_setting_t *set, trusted_word_t *word)
{
    apr_pool_t *p = facts->r->pool;
    const char *issuer = heard(facts, set->issuer, SID_MAX);
    const char *id = heard(facts, set->id, SID_MAX);
    word->sid = heard(facts, set->sid, SID_MAX);
    if (!issuer)
        return;
    word->sid = word->sid ? trusted_session_of(issuer, "sid", word->sid, p) : NULL;
    word->all_of = id ? trusted_session_of(issuer, "sub", id, p) : NULL;
}

/* ---- what it has seen beside ---- */

/* Among several values that are joined by commas or spaces. */
static bool is_among_values(const char *values, const char *value)
{
    const size_t len = strlen(value);
    for (const char *at = values; (at = strstr(at, value)); at += len)
        if ((at == values || strchr(", ", at[-1])) && (!at[len] || strchr(", ", at[len])))
            return true;
    return false;
}

static uint32_t steps_heard(const facts_t *facts, const trusted_setting_t *set)
{
    uint32_t steps = 0;
    for (const counted_t *each = set->counted; each && each->value; each++) {
        const char *values = heard(facts, each->variable, SID_MAX);
        if (values && is_among_values(values, each->value))
            steps |= FACTOR_BIT(each->factor);
    }
    return steps;
}

result_t *trusted_hear(const facts_t *facts, const trusted_login_t *login, trusted_word_t *word)
{
    const trusted_setting_t *set = login->set;
    const char *raw = raw_user(facts, login);
    memset(word, 0, sizeof(*word));
    if (!raw || !*raw || strlen(raw) > NAME_MAX_BYTES)
        return no_name(facts, set);
    word->subject.provider = set->name;
    word->subject.subject = raw;
    word->subject.email = email_heard(facts, set);
    word->name = name_heard(facts, set, &word->subject);
    if (!word->name)
        return no_name(facts, set);
    hear_claims(facts, &word->subject);
    hear_session(facts, set, word);
    word->steps = steps_heard(facts, set);
    word->at = seconds_heard(facts, set->time);
    return NULL;
}
