/* SPDX-License-Identifier: Apache-2.0 */
#include "notice/about.h"

#include <apr_strings.h>
#include <string.h>

#include "base/unicode.h"

notice_t notice_about(const caller_t *caller, notice_kind_t kind, const char *to,
                      const char *device, apr_pool_t *p)
{
    notice_t notice;
    memset(&notice, 0, sizeof notice);
    notice.kind = (unsigned char)kind;
    apr_cpystrn(notice.to, to, sizeof notice.to);
    apr_cpystrn(notice.device, unicode_reduced(device, sizeof notice.device - 1, p),
                sizeof notice.device);
    apr_cpystrn(notice.address, caller->address, sizeof notice.address);
    apr_cpystrn(notice.lang, caller->lang ? caller->lang : "", sizeof notice.lang);
    return notice;
}
