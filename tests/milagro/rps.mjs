// SPDX-License-Identifier: Apache-2.0
// A Milagro MFA server as it was (version 0.3, curve BN254CX), its weaknesses included: what this module must get on
// with. For tests only.
//
//   node tests/milagro/rps.mjs PORT RPA_URL [--public URL] [--verify URL] [--permit URL] [--no-login-result]
//
// The RPS listens on PORT, its own D-TA on PORT + 1, the second one, which clients ask themselves, on PORT + 2; all on
// 127.0.0.1. It asks RPA_URL/mpinVerify and RPA_URL/mpinPermitUser. `--public` is the address that clientSettings name.

import { randomBytes, randomInt } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { answer, parse, Refusal, serve } from './http.mjs';
import { startDta } from './dta.mjs';
import { addG2, day, hashId, hmac, randomScalar, verify } from './bn254cx.mjs';

const VERSION = { version: '0.3' };
const REGISTRATION = 3600_000, PASS1 = 15_000, AUTH_OTT = 60_000, CODE = 300_000, PATIENCE = 10_000; // ms
const MAX_FAILURES = 3;
const APP_NAME = 'Milagro MFA Demo', APP_LOGO = 'http://example.com/icon.jpg';
const NO_STORE = { 'Cache-Control': 'no-cache, no-store, max-age=0, must-revalidate' };

const random = () => randomBytes(16).toString('hex');
const seconds = (ms) => Math.floor(ms / 1000) * 1000;
/** JSON as Python writes it. */
const ascii = (text) => JSON.stringify(text)
    .replace(/[\x7f-\uffff]/g, (char) => '\\u' + char.charCodeAt(0).toString(16).padStart(4, '0'));
const micro = (ms) => new Date(ms).toISOString().slice(0, 23) + '000';

const badJson = new Refusal(400, 'BAD REQUEST. INVALID JSON');
const badData = () => new Refusal(400, 'BAD REQUEST. INVALID DATA');
const invalid = (what) => {
    const message = `Invalid data received. ${what}`;
    return new Refusal(403, message, { message, ...VERSION });
};

/** Things that are forgotten after a time. */
class Fleeting extends Map {
    constructor(clock, life) {
        super();
        Object.assign(this, { clock, life });
    }

    keep(key, value) {
        value.until = this.clock() + this.life;
        this.set(key, value);
        return value;
    }

    live(key) {
        const value = this.get(key);
        return value && value.until >= this.clock() ? value : undefined;
    }
}

/** Six digits and their check digit; numbers whose check digit were 0 or 10 are not used. */
function accessNumber() {
    for (;;) {
        const digits = String(randomInt(1_000_000)).padStart(6, '0');
        const sum = [...digits].reduce((total, digit, i) => total + Number(digit) * (7 - i), 0);
        const check = (11 - sum % 11) % 11;
        if (check % 10)
            return digits + check;
    }
}

/**
 * @param {object} options
 * @param {number} options.port
 * @param {string} options.rpa the relying party's address
 * @param {string} [options.publicUrl] the RPS as clients reach it
 * @param {string} [options.verifyUrl]
 * @param {string} [options.permitUrl]
 * @param {string} [options.secondUrl] the second D-TA as clients reach it (api_url of credentials.json)
 * @param {string} [options.storageUrl] where permits are stored, as that D-TA's /apiSettings say
 * @param {boolean} [options.native] mobileUseNative: there are QR codes
 * @param {boolean} [options.loginResult] phones wait for the relying party's /loginResult, not for its /authenticate
 * @param {() => number} [options.clock] ms
 * @returns {Promise<{url: string, appId: string, appKey: string, stop: () => Promise<void>}>}
 */
export async function startMilagro({
    port, rpa, publicUrl = `http://127.0.0.1:${port}`, verifyUrl = rpa + '/mpinVerify',
    permitUrl = rpa + '/mpinPermitUser', secondUrl = `http://127.0.0.1:${port + 2}`, loginResult = true, clock = Date.now,
    storageUrl = secondUrl + '/timePermitsStorage', native = true,
}) {
    const appId = random(), appKey = randomBytes(32).toString('hex');
    const [dta, second] = [port + 1, port + 2].map((number) => `http://127.0.0.1:${number}`);
    const registrations = new Fleeting(clock, REGISTRATION); // by mpinId
    const commitments = new Fleeting(clock, PASS1); // pass 1, by mpinId
    const proofs = new Fleeting(clock, AUTH_OTT); // pass 2, by authOTT
    const codes = new Fleeting(clock, CODE); // access numbers and QR ids, by wid and by webOTT
    const failures = new Map(); // by mpinId

    const stops = [await startDta({ port: port + 1, appId, appKey, clock }),
        await startDta({ port: port + 2, appId, appKey, clock })];
    const expires = new Date(clock() + 60_000).toISOString().slice(0, 19) + 'Z';
    const shares = await Promise.all([dta, second].map(async (url) => (await (await fetch(`${url}/serverSecret?`
        + new URLSearchParams({ app_id: appId, expires, signature: hmac(appKey, 'serverSecret' + appId + expires) }))).json())
        .serverSecret));
    const secret = addG2(...shares);

    // ---- what the routes do ----------------------------------------------------------------------

    const settings = () => answer(200, 'OK', {
        timePermitsURL: `${publicUrl}/rps/timePermit`, authenticateURL: '/mpinAuthenticate',
        timePermitsStorageURL: storageUrl, certivoxURL: `${secondUrl}/`, accessNumberUseCheckSum: true,
        ...native && { codeStatusURL: `${publicUrl}/rps/codeStatus`, getQrUrl: `${publicUrl}/rps/getQrUrl` }, getAccessNumberURL: `${publicUrl}/rps/getAccessNumber`,
        setDeviceName: false, seedValue: randomBytes(100).toString('hex'), cSum: 1, mpinAuthServerURL: `${publicUrl}/rps`,
        useNFC: false, accessNumberDigits: 7, useWebSocket: false, signatureURL: `${publicUrl}/rps/signature`,
        requestOTP: false, setupDoneURL: `${publicUrl}/rps/setupDone`, accessNumberURL: `${publicUrl}/rps/access`,
        registerURL: `${publicUrl}/rps/user`, appID: appId,
        mobileAuthenticateURL: `${publicUrl}/rps/authenticate`,
    }, NO_STORE);

    /** Registers, or with an mpinId and its regOTT registers again: then the relying party sends its mail again. */
    async function user(mpinId, { body }) {
        const data = parse(body, badJson);
        if (Array.isArray(data))
            throw new Error('as Python would');
        const { userId, mobile = 0, deviceName = '', userData = '' } = data;
        if (!userId)
            throw new Refusal(400, 'BAD REQUEST. INVALID USERID');
        if (!/^\d+$/.test(String(mobile)))
            throw badJson;
        const known = registrations.live(mpinId);
        if (known && known.regOTT !== data.regOTT)
            throw new Refusal(400, 'BAD REQUEST. INVALID REGOTT');
        const now = clock();
        const id = known ? mpinId : Buffer.from(`{"mobile": ${Number(mobile)}, "issued": "${micro(now).replace('T', ' ')}", `
            + `"userID": ${ascii(userId)}, "salt": "${random()}"}`).toString('hex');
        const regOTT = known?.regOTT ?? random();
        const expireTime = micro(now + REGISTRATION);

        let verdict;
        try {
            verdict = await fetch(verifyUrl, {
                method: 'POST',
                headers: { 'RPS-BASE-URL': publicUrl }, // and no type of its own
                body: JSON.stringify({
                    userId, mpinId: id, mobile: Number(mobile), activateKey: hmac(appKey, id + regOTT), expireTime,
                    resend: !!known, deviceName, userData,
                }),
            });
        } catch {
            throw new Refusal(500, 'RPA verification request error');
        }
        if (!verdict.ok)
            throw new Refusal(Math.min(verdict.status, 500), verdict.statusText);
        const said = await verdict.text();
        const active = said ? parse(said, new Refusal(500, 'Internal Server Error')).forceActivate ?? false : false;
        registrations.keep(id, { regOTT, userId, mobile: Number(mobile), active });
        return answer(200, 'OK', { expireTime, active, regOTT, nowTime: micro(now), mpinId: id });
    }

    /** The first share, and what the client shows the second D-TA. Whatever is wrong, the registration is lost. */
    async function signature(mpinId, { query }) {
        const regOTT = query.get('regOTT');
        if (!regOTT)
            throw new Refusal(400, 'Bad Request', { message: 'Bad Request', ...VERSION });
        const known = registrations.live(mpinId);
        if (mpinId.length % 2)
            throw new Error('as Python would');
        if (!known || known.regOTT !== regOTT) {
            registrations.delete(mpinId);
            throw new Refusal(400, 'M-Pin ID not found.');
        }
        if (!known.active)
            throw new Refusal(401, 'Identity not verified');
        registrations.delete(mpinId);
        const expires = new Date(clock() + 60_000).toISOString().slice(0, 19) + 'Z';
        const hash = hashId(mpinId);
        const params = String(new URLSearchParams({
            mobile: known.mobile, expires, app_id: appId, hash_mpin_id: hash,
            signature: hmac(appKey, 'clientSecret' + appId + hash + expires), hash_user_id: '',
        }));
        const { clientSecret } = await (await fetch(`${dta}/clientSecret?${params}`)).json();
        return answer(200, 'OK', { clientSecretShare: clientSecret, params });
    }

    /** Anybody's, registered or not. */
    async function permit(mpinId) {
        if (mpinId.length % 2)
            throw new Error('as Python would');
        const verdict = await fetch(`${permitUrl}?mpin_id=${mpinId}`);
        if (verdict.status !== 200)
            throw new Refusal(verdict.status, verdict.statusText, { message: verdict.statusText, ...VERSION });
        const hash = hashId(mpinId);
        const sign = hmac(appKey, hash);
        const { timePermits } = await (await fetch(`${dta}/timePermits?count=1&hash_mpin_id=${hash}&signature=${sign}`)).json();
        const date = day(clock());
        return answer(200, 'OK', {
            ...VERSION, storageId: hash, signature: sign, date, message: 'M-Pin Time Permit Generated',
            timePermit: timePermits[date],
        }, { 'Cache-Control': 'no-cache' });
    }

    function pass(body, ...names) {
        const data = parse(body, invalid('No JSON object could be decoded'));
        if (Array.isArray(data))
            throw invalid('list indices must be integers, not unicode');
        for (const name of names) {
            if (!(name in data))
                throw invalid(`${name} argument missing`);
        }
        if (!/^[0-9a-fA-F]*$/.test(data.mpin_id))
            throw invalid('Non-hexadecimal digit found');
        if (data.mpin_id.length % 2)
            throw invalid('Odd-length string');
        return data;
    }

    function pass1({ body }) {
        const { mpin_id: mpinId, U, UT } = pass(body, 'UT', 'U', 'mpin_id');
        const { y } = commitments.keep(mpinId, { U, UT, y: randomScalar() });
        return answer(200, 'OK', { y, message: 'OK', ...VERSION, pass: 1 });
    }

    /** An authOTT comes back whatever the proof is worth; nothing is counted here. */
    function pass2({ body }) {
        const { mpin_id: mpinId, V, WID, OTP } = pass(body, 'mpin_id', 'V', 'WID', 'OTP');
        const first = commitments.live(mpinId);
        if (!first)
            throw new Refusal(500, 'Invalid pass one data', { message: 'Invalid pass one data', ...VERSION });
        if (![first.U, first.UT, V].every((hex) => /^([0-9a-f]{2})+$/.test(hex) && typeof hex === 'string'))
            throw new Error('as Python would');
        const today = day(clock());
        const dates = new Date(clock()).getUTCHours() ? [today] : [today, today - 1];
        const right = dates.some((date) => verify(secret, date, mpinId, first, V));
        const otp = OTP ? { OTP: String(randomInt(1_000_000)).padStart(6, '0') } : {};
        const authOTT = random();
        proofs.keep(authOTT, { mpinId, right, wid: String(WID), otp });
        return answer(200, 'OK', { ...otp, ...VERSION, authOTT, pass: 2 });
    }

    /** The status of a proof; a wrong one counts each time that it is shown. */
    function judge({ mpinId, right }) {
        const count = failures.get(mpinId) ?? 0;
        if (count >= MAX_FAILURES)
            return 410;
        if (right) {
            failures.delete(mpinId);
            return 200;
        }
        failures.set(mpinId, count + 1);
        return count + 1 < MAX_FAILURES ? 401 : 410;
    }

    const userOf = (mpinId) => JSON.parse(Buffer.from(mpinId, 'hex')).userID;
    const MESSAGES = { 200: 'Authentication successful', 401: 'Wrong PIN.', 410: 'Wrong PIN.' };

    /** The relying party redeems an authOTT. */
    function authenticate({ body }) {
        const { authOTT, logoutData, logoutURL } = parse(body, badJson) ?? {};
        if (!authOTT)
            throw badData();
        const proof = proofs.live(authOTT);
        if (!proof || proof.redeemed) {
            const message = 'Expired authentication request';
            throw new Refusal(408, message, { status: 408, message, userId: '', mpinId: '' });
        }
        const status = judge(proof);
        proof.redeemed = status === 200;
        if (proof.redeemed && !loginResult)
            proof.finish?.({ status, logoutData, logoutURL });
        return answer(status, MESSAGES[status],
            { status, ...proof.otp, message: MESSAGES[status], userId: userOf(proof.mpinId), mpinId: proof.mpinId });
    }

    /** The relying party's last word, for a phone that waits. */
    function result({ body }) {
        const { authOTT, status, message, logoutData, logoutURL } = parse(body, badJson) ?? {};
        if (!authOTT || !status)
            throw badData();
        if (!loginResult)
            throw new Refusal(404, 'Not Found');
        const proof = proofs.live(authOTT);
        if (!proof)
            throw new Refusal(408, 'Invalid or expired authOTT');
        proof.finish?.({ status, message, logoutData, logoutURL });
        return answer(200, 'OK');
    }

    // ---- a phone signs a desktop in --------------------------------------------------------------

    function newCode(wid) {
        const webOTT = random();
        const code = codes.keep(webOTT, { status: 'new', userId: '', authOTT: '' });
        codes.set(wid, code);
        const start = seconds(clock());
        return { localTimeStart: start, ttlSeconds: CODE / 1000, webOTT, localTimeEnd: start + CODE };
    }

    function number() {
        const wid = accessNumber();
        return answer(200, 'OK', { ...newCode(wid), accessNumber: wid });
    }

    function qr() {
        const wid = random();
        return answer(200, 'OK', { ...newCode(wid), qrUrl: `${publicUrl}#${wid}` });
    }

    function access({ body }) {
        const { webOTT } = parse(body, badJson);
        if (typeof webOTT !== 'string')
            throw new Error('as Python would');
        const { status, userId, authOTT } = codes.live(webOTT) ?? { status: 'expired', userId: '', authOTT: '' };
        return answer(200, 'OK', { status, redirectURL: '', userId, authOTT, statusCode: 0 });
    }

    /** The status is the phone's own word, and so is the name. */
    function codeStatus({ body }) {
        const { status, wid, userId = '' } = parse(body, badJson);
        if (!status || !wid)
            throw badData();
        const code = codes.live(wid);
        if (code)
            Object.assign(code, { status, userId });
        return answer(200, 'OK', code && status === 'wid'
            ? { PrerollId: '', AppLogoUrl: APP_LOGO, AppName: APP_NAME } : { Status: 'OK' });
    }

    async function phone({ body }) {
        const { mpinResponse } = parse(body, badJson);
        if (!mpinResponse?.authOTT)
            throw badData();
        const proof = proofs.live(mpinResponse.authOTT);
        const code = proof && codes.live(proof.wid);
        if (!code) {
            const message = 'Invalid or expired access number';
            throw new Refusal(412, message, { message });
        }
        const status = judge(proof);
        if (status !== 200)
            throw new Refusal(status, MESSAGES[status], { message: MESSAGES[status] });
        Object.assign(code, { status: 'authenticate', authOTT: mpinResponse.authOTT });
        let timer;
        const end = await new Promise((resolve) => {
            proof.finish = resolve;
            timer = setTimeout(resolve, PATIENCE, { status: 408, message: 'Authentication timed out' });
        });
        clearTimeout(timer);
        if (end.status !== 200)
            throw new Refusal(end.status, end.message, { message: end.message });
        return answer(200, MESSAGES[200], { logoutData: end.logoutData ?? '', logoutURL: end.logoutURL ?? '' });
    }

    // ---- activation --------------------------------------------------------------------------------

    function activate(mpinId, { body }) {
        const { activateKey } = parse(body, badJson);
        const known = registrations.live(mpinId);
        if (!known)
            throw new Refusal(401, 'M-Pin ID not found.');
        if (activateKey !== hmac(appKey, mpinId + known.regOTT))
            throw new Refusal(401, 'Invalid activation key');
        known.active = true;
        return answer(200, 'OK');
    }

    stops.push(await serve({
        port,
        version: VERSION,
        missing: () => answer(404, 'URI NOT FOUND',
            { service_name: 'M-Pin authentication server', message: 'URI NOT FOUND', ...VERSION }),
        routes: [
            ['GET', /^\/rps\/clientSettings$/, settings],
            ['PUT', /^\/rps\/user(?:\/(.*))?$/, user],
            ['GET', /^\/rps\/signature\/(.+)$/, signature],
            ['GET', /^\/rps\/timePermit\/(.+)$/, permit],
            ['POST', /^\/rps\/setupDone\/.+$/, () => answer(200, 'OK')],
            ['POST', /^\/rps\/pass1$/, pass1],
            ['POST', /^\/rps\/pass2$/, pass2],
            ['POST', /^\/rps\/getAccessNumber$/, number],
            ['POST', /^\/rps\/getQrUrl$/, qr],
            ['POST', /^\/rps\/access$/, access],
            ['POST', /^\/rps\/codeStatus$/, codeStatus],
            ['POST', /^\/rps\/authenticate$/, phone],
            ['GET', /^\/rps\/mobileConfig$/, () => answer(403, 'No config is available')],
            ['GET', /^\/service$/, () => answer(200, 'OK',
                { url: publicUrl, rps_prefix: 'rps', logo_url: APP_LOGO, type: 'online', name: APP_NAME })],
            ['POST', /^\/user\/(.+)$/, activate],
            ['POST', /^\/authenticate$/, authenticate],
            ['POST', /^\/loginResult$/, result],
            ['GET', /^\/status$/, () => answer(200, 'OK', { message: 'active', ...VERSION })],
            ['GET', /^\/dynamicOptions$/, () => answer(403, 'Dynamic options are disabled')],
            ['POST', /^\/dynamicOptions$/, () => answer(403, 'Dynamic options are disabled')],
        ],
    }));

    return { url: publicUrl, appId, appKey, stop: async () => void await Promise.all(stops.map((stop) => stop())) };
}

/** The command line. */
async function main([port, rpa, ...rest]) {
    const flags = { loginResult: !rest.includes('--no-login-result') };
    for (const [flag, option] of [['--public', 'publicUrl'], ['--verify', 'verifyUrl'], ['--permit', 'permitUrl']]) {
        if (rest.includes(flag))
            flags[option] = rest[rest.indexOf(flag) + 1];
    }
    const { stop } = await startMilagro({ port: Number(port), rpa, ...flags });
    console.log(`Milagro RPS on http://127.0.0.1:${port}, its D-TAs on the two ports above, for ${rpa}`);
    for (const signal of ['SIGTERM', 'SIGINT'])
        process.once(signal, async () => process.exit(await stop()));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
    await main(process.argv.slice(2));
