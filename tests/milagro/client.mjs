// SPDX-License-Identifier: Apache-2.0
// The original's browser client over HTTP, for tests without a browser.

import { addG1, commit, makeToken } from './bn254cx.mjs';

/** @returns {Promise<{status: number, reason: string, json: any, text: string}>} */
export async function ask(url, method = 'GET', body = undefined) {
    const response = await fetch(url, {
        method,
        headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
        body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await response.text();
    return {
        status: response.status, reason: response.statusText, text,
        json: /^[[{]/.test(text) ? JSON.parse(text) : undefined,
    };
}

async function must(request, status = 200) {
    const answer = await request;
    if (answer.status !== status)
        throw new Error(`${answer.status} ${answer.reason} ${answer.text}`);
    return answer.json;
}

export const clientSettings = (rps) => must(ask(`${rps}/rps/clientSettings`));

/** A new identity, once it is active: both shares, and what a device keeps. */
export async function finish(settings, { mpinId, regOTT }, pin) {
    const { clientSecretShare, params } = await must(ask(`${settings.signatureURL}/${mpinId}?regOTT=${regOTT}`));
    const { clientSecret } = await must(ask(`${settings.certivoxURL}clientSecret?${params}`));
    await must(ask(`${settings.setupDoneURL}/${mpinId}`, 'POST', {}));
    return { mpinId, token: makeToken(mpinId, addG1(clientSecretShare, clientSecret), pin) };
}

export async function register(settings, userId, pin, mobile = 0) {
    return finish(settings, await must(ask(settings.registerURL, 'PUT', { userId, mobile })), pin);
}

/** Both shares of today's permit: the second from the storage, else from the second D-TA. */
export async function permit(settings, mpinId) {
    const { timePermit, date, signature, storageId } = await must(ask(`${settings.timePermitsURL}/${mpinId}`));
    const stored = await ask(`${settings.timePermitsStorageURL}/${settings.appID}/${date}/${storageId}`);
    const second = stored.status === 200 ? stored.text : (await must(ask(`${settings.certivoxURL}timePermit?`
        + `app_id=${settings.appID}&mobile=0&hash_mpin_id=${storageId}&signature=${signature}`))).timePermit;
    return { date, permit: addG1(timePermit, second) };
}

/** Both passes; the answer to pass 2. */
export async function passes(settings, { mpinId, token }, pin, WID = '0', OTP = false) {
    const { date, permit: sum } = await permit(settings, mpinId);
    const { U, UT, prove } = commit(mpinId, token, pin, date, sum);
    const { y } = await must(ask(`${settings.mpinAuthServerURL}/pass1`, 'POST', { UT, U, mpin_id: mpinId, pass: 1 }));
    return must(ask(`${settings.mpinAuthServerURL}/pass2`, 'POST', { OTP, WID, pass: 2, mpin_id: mpinId, V: prove(y) }));
}
