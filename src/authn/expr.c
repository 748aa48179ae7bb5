/* SPDX-License-Identifier: Apache-2.0 */
#include "authn/expr.h"
#include "authn/caching.h"
#include "authn/check.h"
#include "base/name.h"
#include "web/provided.h"

#include <ap_expr.h>
#include <apr_strings.h>
#include <string.h>

/* A page that depends on such an expression is the user's own, for every cache. */
static const session_t *session_of_expression(const ap_expr_eval_ctx_t *ctx)
{
    request_t *request = ctx->r ? request_of(ctx->r) : NULL;
    if (!request || !request->site->sessions)
        return NULL;
    caching_depends(ctx->r, request);
    const session_t *let_in = check_user(ctx->r);
    return let_in ? let_in : request_session(ctx->r);
}

static const char *amr_in_expression(ap_expr_eval_ctx_t *ctx, const void *data)
{
    const session_t *session = session_of_expression(ctx);
    (void)data;
    return session ? session_amr_text(session->amr, ctx->p) : "";
}

static const char *time_in_expression(ap_expr_eval_ctx_t *ctx, const void *data)
{
    const session_t *session = session_of_expression(ctx);
    (void)data;
    return session ? apr_psprintf(ctx->p, "%u", session->auth_time) : "";
}

static const char *email_in_expression(ap_expr_eval_ctx_t *ctx, const void *data)
{
    const session_t *session = session_of_expression(ctx);
    const subject_t *told = session ? provided_of(ctx->r, session) : NULL;
    (void)data;
    if (told && *told->email)
        return told->email;
    return session && name_domain(session->name) ? session->name : "";
}

static const char *subject_in_expression(ap_expr_eval_ctx_t *ctx, const void *data)
{
    const session_t *session = session_of_expression(ctx);
    const subject_t *told = session ? provided_of(ctx->r, session) : NULL;
    (void)data;
    return told ? told->subject : "";
}

static const char *provider_in_expression(ap_expr_eval_ctx_t *ctx, const void *data)
{
    const session_t *session = session_of_expression(ctx);
    (void)data;
    return session ? session->provider : "";
}

static const char *handle_in_expression(ap_expr_eval_ctx_t *ctx, const void *data)
{
    const session_t *session = session_of_expression(ctx);
    char *text = apr_palloc(ctx->p, SESSION_HANDLE_SIZE);
    (void)data;
    if (!session)
        return "";
    session_write_handle(text, request_of(ctx->r)->site->sessions, session);
    return text;
}

static const struct {
    const char *name;
    ap_expr_var_func_t *value;
} variables_in_expressions[] = {
    {"MPIN_AMR", amr_in_expression},         {"MPIN_AUTH_TIME", time_in_expression},
    {"MPIN_EMAIL", email_in_expression},     {"MPIN_PROVIDER", provider_in_expression},
    {"MPIN_SUBJECT", subject_in_expression}, {"MPIN_SESSION", handle_in_expression}};

static int find_in_expression(ap_expr_lookup_parms *parms)
{
    const size_t count = sizeof(variables_in_expressions) / sizeof(*variables_in_expressions);
    if (parms->type != AP_EXPR_FUNC_VAR)
        return DECLINED;
    for (size_t i = 0; i < count; i++)
        if (strcasecmp(parms->name, variables_in_expressions[i].name) == 0) {
            *parms->func = (const void *)variables_in_expressions[i].value;
            *parms->data = NULL;
            return OK;
        }
    return DECLINED;
}

void expr_register(void)
{
    ap_hook_expr_lookup(find_in_expression, NULL, NULL, APR_HOOK_MIDDLE);
}
