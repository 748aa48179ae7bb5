-- SPDX-License-Identifier: Apache-2.0
-- Asks mod_auth_mpin who the client is: `http-request lua.mpin-check ORIGIN HOST PATH`. Sets txn.mpin_status to what httpd
-- says ("200", "401", "403"; anything else is no answer), and txn.mpin_user, mpin_email, mpin_amr, mpin_login and
-- mpin_cookie to what it says beside that.

-- Of the client's headers httpd gets these, and none that would name another request.
local PASSED = {"cookie", "accept", "accept-language", "referer", "user-agent", "x-requested-with",
    "sec-fetch-mode", "sec-fetch-dest", "sec-fetch-site", "sec-purpose"}

local SAID = {user = "x-user", email = "x-email", amr = "x-amr", login = "location", cookie = "set-cookie"}

local function first(values)
    return values and (values[0] or values[1])
end

local function check(txn, origin, host, path)
    local came, headers = txn.http:req_get_headers(), {}
    for _, name in ipairs(PASSED) do
        local values = {}
        for i = 0, 20 do
            if came[name] and came[name][i] then
                values[#values + 1] = came[name][i]
            end
        end
        if #values > 0 then
            headers[name] = values
        end
    end
    headers["host"] = {host}
    headers["x-original-url"] = {"https://" .. (first(came["host"]) or "") .. txn.f:pathq()}
    headers["x-original-method"] = {txn.f:method()}
    local answer = core.httpclient():get{url = origin .. path, headers = headers, timeout = 10000}
    if not answer or not answer.status then
        return
    end
    txn:set_var("txn.mpin_status", tostring(answer.status))
    for name, header in pairs(SAID) do
        local value = answer.headers and first(answer.headers[header])
        if value then
            txn:set_var("txn.mpin_" .. name, value)
        end
    end
end

core.register_action("mpin-check", {"http-req"}, check, 3)
