/* SPDX-License-Identifier: Apache-2.0 */
#include "web/warn.h"

#include <http_log.h>
#include <string.h>

#include "base/log.h"
#include "base/name.h"

APLOG_USE_MODULE(auth_mpin);

/* The address stands before whatever the client has a hand in, so that nobody can have another
 * address banned. The name is masked: people type passwords there. */
void warn_of_failure(request_rec *r, const result_t *result)
{
    static const struct {
        const char *event, *line;
    } failures[] = {
        {"password_wrong", "MPIN0581: wrong password"},
        {"pin_wrong", "MPIN0582: wrong PIN"},
        {"identity_locked", "MPIN0583: wrong PIN, which locks the device,"},
        {"throttled", "MPIN0584: too many failures"},
    };
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++)
        if (!strcmp(result->event, failures[i].event))
            ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r, "%s from %s, for %s", failures[i].line,
                          r->useragent_ip,
                          result->user ? name_masked(result->user, r->pool) : "no name");
}

void warn_of_refusal(request_rec *r, const result_t *refusal)
{
    static const struct {
        const char *code, *line;
    } refusals[] = {
        {"service_closed",
         "MPIN0585: an application was refused: write secret=FILE behind MPinService, and the "
         "secret into the URLs that the application asks"},
        {"rps_only", "MPIN0586: who asked is not the RPS of MPinRPS: let it ask from this machine, "
                     "or write secret=FILE there and the secret into its URLs"},
        {"dta_signature_wrong", "MPIN0587: a request to the D-TA is not signed by its application: "
                                "carry the key file to that one again"},
        {"dta_request_expired", "MPIN0588: a request to the D-TA is too old: set the clocks of "
                                "both machines right"},
    };
    static apr_time_t said[sizeof refusals / sizeof *refusals];
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        if (!strcmp(refusal->code, refusals[i].code) && log_may_say(&said[i]))
            ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r, "%s (asked from %s)", refusals[i].line,
                          r->useragent_ip);
}
