// SPDX-License-Identifier: Apache-2.0
// The Milagro server that tests stand in front of (tests/milagro) behaves as the original did where it was recorded:
// statuses, reason phrases, and the shapes of its answers.
const { port } = require('../lib/ports.cjs');
const assert = require('node:assert/strict');
const { createServer } = require('node:http');
const { json: jsonOf } = require('node:stream/consumers');

const rps = `http://127.0.0.1:${port}`;

/** A value's shape: the type of every field; hex and decimal strings by their length. */
function shape(value) {
    if (typeof value === 'string')
        return /^[0-9a-f]{8,}$/.test(value) ? `hex ${value.length < 200 ? value.length : 'long'}` : /^\d+$/.test(value) ? `digits ${value.length}` : 'text';
    return value && typeof value === 'object'
        ? Object.fromEntries(Object.keys(value).sort().map((key) => [key, shape(value[key])])) : typeof value;
}

/** What the original was recorded to answer. */
const RECORDED = {
    clientSettings: {
        accessNumberDigits: 'number', accessNumberURL: 'text', accessNumberUseCheckSum: 'boolean', appID: 'hex 32',
        authenticateURL: 'text', cSum: 'number', certivoxURL: 'text', codeStatusURL: 'text', getAccessNumberURL: 'text',
        getQrUrl: 'text', mobileAuthenticateURL: 'text', mpinAuthServerURL: 'text', registerURL: 'text',
        requestOTP: 'boolean', seedValue: 'hex long', setDeviceName: 'boolean', setupDoneURL: 'text', signatureURL: 'text',
        timePermitsStorageURL: 'text', timePermitsURL: 'text', useNFC: 'boolean', useWebSocket: 'boolean',
    },
    user: { active: 'boolean', expireTime: 'text', mpinId: 'hex long', nowTime: 'text', regOTT: 'hex 32' },
    signature: { clientSecretShare: 'hex 130', params: 'text' },
    timePermit: {
        date: 'number', message: 'text', signature: 'hex 64', storageId: 'hex 64', timePermit: 'hex 130', version: 'text',
    },
    pass1: { message: 'text', pass: 'number', version: 'text', y: 'hex 64' },
    pass2: { authOTT: 'hex 32', pass: 'number', version: 'text' },
    authenticate: { message: 'text', mpinId: 'hex long', status: 'number', userId: 'text' },
    accessNumber: {
        accessNumber: 'digits 7', localTimeEnd: 'number', localTimeStart: 'number', ttlSeconds: 'number', webOTT: 'hex 32',
    },
    qr: { localTimeEnd: 'number', localTimeStart: 'number', qrUrl: 'text', ttlSeconds: 'number', webOTT: 'hex 32' },
    service: { logo_url: 'text', name: 'text', rps_prefix: 'text', type: 'text', url: 'text' },
    serverSecret: { message: 'text', serverSecret: 'hex long', startTime: 'text' },
};

const state = { asked: [], verdict: { forceActivate: true }, verifies: 200, permits: 200 };

/** The relying party: says what the test wants, keeps what it was asked. */
const rpa = createServer(async (request, response) => {
    if (request.url.startsWith('/mpinPermitUser?mpin_id=')) {
        response.writeHead(state.permits).end();
        return;
    }
    state.asked.push({ url: request.url, base: request.headers['rps-base-url'], json: await jsonOf(request) });
    response.writeHead(state.verifies, { 'Content-Type': 'application/json' }).end(JSON.stringify(state.verdict));
});

const TESTS = {
    async the_recorded_story({ ask, settings, client }) {
        assert.deepEqual(shape(settings), RECORDED.clientSettings);
        assert.ok(!('suite' in settings));

        const user = await ask(settings.registerURL, 'PUT', { mobile: 0, userId: 'alice@example.com' });
        assert.deepEqual(shape(user.json), RECORDED.user);
        const { mpinId, regOTT } = user.json;
        assert.match(Buffer.from(mpinId, 'hex').toString(),
            /^\{"mobile": 0, "issued": "\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}", "userID": "alice@example\.com", "salt": "[0-9a-f]{32}"\}$/);
        assert.deepEqual(shape(state.asked.at(-1).json), {
            activateKey: 'hex 64', deviceName: 'text', expireTime: 'text', mobile: 'number', mpinId: 'hex long',
            resend: 'boolean', userData: 'text', userId: 'text',
        });
        assert.equal(state.asked.at(-1).base, rps);

        const signature = await ask(`${settings.signatureURL}/${mpinId}?regOTT=${regOTT}`);
        assert.deepEqual(shape(signature.json), RECORDED.signature);
        assert.match(signature.json.params, /^mobile=0&expires=[^&]+Z&app_id=\w{32}&hash_mpin_id=\w{64}&signature=\w{64}&hash_user_id=$/);
        const again = await ask(`${settings.signatureURL}/${mpinId}?regOTT=${regOTT}`);
        assert.deepEqual([again.status, again.reason, again.text], [400, 'M-Pin ID not found.', '']);

        const permit = await ask(`${settings.timePermitsURL}/${mpinId}`);
        assert.deepEqual(shape(permit.json), RECORDED.timePermit);
        const stored = await ask(`${settings.timePermitsStorageURL}/${settings.appID}/${permit.json.date}/${permit.json.storageId}`);
        assert.deepEqual([stored.status, stored.json], [404, { service_name: 'D-TA server', message: 'NOT FOUND' }]);

        const setUp = await ask(`${settings.setupDoneURL}/${mpinId}`, 'POST', {});
        assert.deepEqual([setUp.status, setUp.text], [200, '']);

        const device = await client.register(settings, 'carol@example.com', 1234);
        const proof = await client.passes(settings, device, 1234);
        assert.deepEqual(shape(proof), RECORDED.pass2);
        const done = await ask(`${rps}/authenticate`, 'POST', { authOTT: proof.authOTT });
        assert.deepEqual([done.status, done.reason], [200, 'Authentication successful']);
        assert.deepEqual(shape(done.json), RECORDED.authenticate);
        assert.equal(done.json.userId, 'carol@example.com');
        const twice = await ask(`${rps}/authenticate`, 'POST', { authOTT: proof.authOTT });
        assert.deepEqual([twice.status, twice.reason, twice.json], [408, 'Expired authentication request',
            { status: 408, message: 'Expired authentication request', userId: '', mpinId: '' }]);
    },

    async three_wrong_pins_are_410_and_a_right_one_between_resets({ ask, settings, client }) {
        const status = async (device, pin) => {
            const { authOTT } = await client.passes(settings, device, pin);
            return (await ask(`${rps}/authenticate`, 'POST', { authOTT })).status;
        };
        const bob = await client.register(settings, 'bob@example.com', 1234);
        const seen = [];
        for (const pin of [1, 2, 1234, 4, 5, 6, 1234])
            seen.push(await status(bob, pin));
        assert.deepEqual(seen, [401, 401, 200, 401, 401, 410, 410]);
        const zero = await client.register(settings, 'zero@example.com', 0);
        assert.equal(await status(zero, 0), 200);
    },

    async errors_are_the_recorded_ones({ ask, settings }) {
        const version = { version: '0.3' };
        const invalid = (what) => [403, `Invalid data received. ${what}`, { message: `Invalid data received. ${what}`, ...version }];
        const broken = [500, 'Internal Server Error', { message: 'Internal Server Error', ...version }];
        const id = Buffer.from('{"userID":"nobody"}').toString('hex');
        const point = '04' + '22'.repeat(64);
        const { json: { mpinId, regOTT } } = await ask(`${rps}/rps/user`, 'PUT', { mobile: 0, userId: 'gina' });
        for (const [method, path, body, ...expected] of [
            ['PUT', '/rps/user', '{', 400, 'BAD REQUEST. INVALID JSON', undefined],
            ['PUT', '/rps/user', { mobile: 0 }, 400, 'BAD REQUEST. INVALID USERID', undefined],
            ['PUT', '/rps/user', { mobile: 'x', userId: 'a' }, 400, 'BAD REQUEST. INVALID JSON', undefined],
            ['PUT', '/rps/user', [], ...broken],
            ['GET', `/rps/signature/${id}`, undefined, 400, 'Bad Request', { message: 'Bad Request', ...version }],
            ['GET', '/rps/signature/abc?regOTT=1', undefined, ...broken],
            ['GET', `/rps/signature/${mpinId}?regOTT=00`, undefined, 400, 'M-Pin ID not found.', undefined],
            ['GET', `/rps/signature/${mpinId}?regOTT=${regOTT}`, undefined, 400, 'M-Pin ID not found.', undefined],
            ['GET', '/rps/timePermit/abc', undefined, ...broken],
            ['POST', '/rps/pass1', '', ...invalid('No JSON object could be decoded')],
            ['POST', '/rps/pass1', { U: '04', mpin_id: id }, ...invalid('UT argument missing')],
            ['POST', '/rps/pass1', { U: '04', UT: '04' }, ...invalid('mpin_id argument missing')],
            ['POST', '/rps/pass1', { U: '04', UT: '04', mpin_id: 'zz' }, ...invalid('Non-hexadecimal digit found')],
            ['POST', '/rps/pass1', { U: '04', UT: '04', mpin_id: '7' }, ...invalid('Odd-length string')],
            ['POST', '/rps/pass1', [], ...invalid('list indices must be integers, not unicode')],
            ['GET', '/rps/pass1', undefined, 405, 'Method Not Allowed', { message: 'Method Not Allowed', ...version }],
            ['POST', '/rps/pass2', { OTP: false, WID: '0', pass: 2, mpin_id: '00', V: '04' },
                500, 'Invalid pass one data', { message: 'Invalid pass one data', ...version }],
            ['POST', '/rps/pass2', { OTP: false, WID: '0', mpin_id: id }, ...invalid('V argument missing')],
            ['POST', '/rps/pass2', { OTP: false, V: '04', mpin_id: id }, ...invalid('WID argument missing')],
            ['POST', '/authenticate', '{', 400, 'BAD REQUEST. INVALID JSON', undefined],
            ['POST', '/authenticate', {}, 400, 'BAD REQUEST. INVALID DATA', undefined],
            ['POST', '/rps/authenticate', {}, 400, 'BAD REQUEST. INVALID DATA', undefined],
            ['POST', '/rps/authenticate', { mpinResponse: { authOTT: '00' } },
                412, 'Invalid or expired access number', { message: 'Invalid or expired access number' }],
            ['POST', '/rps/access', {}, ...broken],
            ['POST', '/rps/access', '{', 400, 'BAD REQUEST. INVALID JSON', undefined],
            ['POST', '/loginResult', { status: 200, authOTT: '00' }, 408, 'Invalid or expired authOTT', undefined],
            ['POST', '/loginResult', { authOTT: '00' }, 400, 'BAD REQUEST. INVALID DATA', undefined],
            ['POST', '/user/00ff', { activateKey: 'x' }, 401, 'M-Pin ID not found.', undefined],
            ['POST', '/user/00ff', '{', 400, 'BAD REQUEST. INVALID JSON', undefined],
            ['GET', '/dynamicOptions', undefined, 403, 'Dynamic options are disabled', undefined],
            ['GET', '/rps/mobileConfig', undefined, 403, 'No config is available', undefined],
            ['GET', '/nothing', undefined, 404, 'URI NOT FOUND',
                { service_name: 'M-Pin authentication server', message: 'URI NOT FOUND', ...version }],
            ['OPTIONS', '/rps/pass1', undefined, 200, 'OK', { message: 'options request', ...version }],
            ['GET', '/status', undefined, 200, 'OK', { message: 'active', ...version }],
        ]) {
            const got = await ask(rps + path, method, body);
            assert.deepEqual([got.status, got.reason, got.json], expected, `${method} ${path} ${JSON.stringify(body)}`);
        }

        for (const [U, status] of [[point, 200], ['04', 200], ['zz', 500], [5, 500]]) {
            await ask(`${rps}/rps/pass1`, 'POST', { U, UT: U, mpin_id: id });
            const second = await ask(`${rps}/rps/pass2`, 'POST', { OTP: false, WID: '0', mpin_id: id, V: point });
            assert.equal(second.status, status, `U ${U}`);
            if (status === 200)
                assert.equal((await ask(`${rps}/authenticate`, 'POST', { authOTT: second.json.authOTT })).status, 401);
        }
        assert.deepEqual(shape((await ask(`${rps}/service`)).json), RECORDED.service);
    },

    async a_number_and_a_qr_code_sign_a_desktop_in({ ask, settings, client }) {
        const erin = await client.register(settings, 'erin@example.com', 1234, 1);
        const poll = async (webOTT) => (await ask(settings.accessNumberURL, 'POST', { webOTT })).json;
        const still = { status: 'new', redirectURL: '', userId: '', authOTT: '', statusCode: 0 };
        const logout = { logoutData: { sessionToken: 'c2e2' }, logoutURL: '/logout' };
        const phone = (authOTT) => ask(settings.mobileAuthenticateURL, 'POST', { mpinResponse: { authOTT } });

        const { json: number } = await ask(settings.getAccessNumberURL, 'POST');
        assert.deepEqual(shape(number), RECORDED.accessNumber);
        assert.deepEqual(await poll(number.webOTT), still);
        const { authOTT } = await client.passes(settings, erin, 1234, number.accessNumber);
        assert.deepEqual(await poll(number.webOTT), still);
        const waiting = phone(authOTT);
        for (;;) {
            if ((await poll(number.webOTT)).status === 'authenticate')
                break;
        }
        assert.deepEqual(await poll(number.webOTT), { ...still, status: 'authenticate', authOTT });
        assert.equal((await ask(`${rps}/authenticate`, 'POST', { authOTT, ...logout })).status, 200);
        const told = await ask(`${rps}/loginResult`, 'POST', { authOTT, status: 200, message: 'OK', ...logout });
        assert.deepEqual([told.status, told.text], [200, '']);
        const answer = await waiting;
        assert.deepEqual([answer.status, answer.reason, answer.json], [200, 'Authentication successful', logout]);

        const { json: qr } = await ask(settings.getQrUrl, 'POST', { prerollid: '' });
        assert.deepEqual(shape(qr), RECORDED.qr);
        const wid = qr.qrUrl.split('#')[1];
        assert.deepEqual(Object.keys((await ask(settings.codeStatusURL, 'POST', { status: 'wid', wid })).json).sort(),
            ['AppLogoUrl', 'AppName', 'PrerollId']);
        assert.equal((await poll(qr.webOTT)).status, 'wid');
        assert.deepEqual((await ask(settings.codeStatusURL, 'POST', { status: 'user', wid, userId: 'erin@example.com' })).json,
            { Status: 'OK' });
        assert.deepEqual(await poll(qr.webOTT), { ...still, status: 'user', userId: 'erin@example.com' });
        assert.deepEqual((await ask(settings.codeStatusURL, 'POST', { status: 'wid', wid: 'ff' })).json, { Status: 'OK' });
        assert.equal((await ask(settings.codeStatusURL, 'POST', { wid })).reason, 'BAD REQUEST. INVALID DATA');
        assert.equal((await poll('00')).status, 'expired');

        const wrong = await phone((await client.passes(settings, erin, 1, wid)).authOTT);
        assert.deepEqual([wrong.status, wrong.json], [401, { message: 'Wrong PIN.' }]);
        const unknown = await phone((await client.passes(settings, erin, 1234, '0000000')).authOTT);
        assert.equal(unknown.status, 412);
    },

    async what_is_too_old_is_refused({ ask, settings, client, clock }) {
        const device = await client.register(settings, 'old@example.com', 1234);
        const { authOTT } = await client.passes(settings, device, 1234);
        clock.ahead += 62_000;
        assert.equal((await ask(`${rps}/authenticate`, 'POST', { authOTT })).status, 408);
        clock.ahead += 86_400_000;
        const tomorrow = await client.passes(settings, device, 1234);
        assert.equal((await ask(`${rps}/authenticate`, 'POST', { authOTT: tomorrow.authOTT })).status, 200);
        clock.ahead = 0;
    },

    async the_relying_party_decides_who_registers_and_who_gets_a_permit({ ask, settings, client }) {
        const put = (body) => ask(settings.registerURL, 'PUT', body);
        state.verifies = 403;
        assert.equal((await put({ userId: 'mallory' })).status, 403);
        state.verifies = 502;
        assert.equal((await put({ userId: 'mallory' })).status, 500);
        state.verifies = 200;
        state.verdict = {};
        const { json } = await put({ userId: 'dora' });
        state.verdict = { forceActivate: true };
        assert.equal(json.active, false);
        const { activateKey } = state.asked.at(-1).json;
        assert.equal((await ask(`${rps}/user/${json.mpinId}`, 'POST', { activateKey: 'x' })).status, 401);
        assert.deepEqual((await ask(`${rps}/user/${json.mpinId}`, 'POST', { activateKey })).status, 200);
        const dora = await client.finish(settings, json, 1234);
        assert.ok((await client.passes(settings, dora, 1234)).authOTT);
        state.permits = 403;
        assert.equal((await ask(`${settings.timePermitsURL}/${dora.mpinId}`)).status, 403);
        state.permits = 200;
    },

    async one_time_codes_reach_client_and_relying_party({ ask, settings, client }) {
        const hal = await client.register(settings, 'hal@example.com', 1234);
        const { OTP, authOTT } = await client.passes(settings, hal, 1234, '0', true);
        assert.match(OTP, /^\d{6}$/);
        assert.equal((await ask(`${rps}/authenticate`, 'POST', { authOTT })).json.OTP, OTP);
    },

    async the_d_ta_answers_as_recorded({ ask, settings, appKey }) {
        const { hmac } = await import('../milagro/bn254cx.mjs');
        const dta = settings.certivoxURL;
        const hash = '5a'.repeat(32);
        const signature = hmac(appKey, hash);
        const three = (await ask(`${dta}timePermits?count=3&hash_mpin_id=${hash}&signature=${signature}`)).json;
        assert.equal(Object.keys(three.timePermits).length, 3);
        const expires = '2020-01-01T00:00:00Z';
        const secret = (until) => ask(`${dta}serverSecret?app_id=${settings.appID}&expires=${until}&signature=`
            + hmac(appKey, `serverSecret${settings.appID}${until}`));
        assert.deepEqual((await secret(expires)).json, { message: 'Request expired', code: 408 });
        assert.deepEqual(shape((await secret('2999-01-01T00:00:00Z')).json), RECORDED.serverSecret);
        for (const [query, status, json] of [
            ['clientSecret', 403, { message: 'Missing argument app_id' }],
            [`clientSecret?app_id=a&expires=${expires}&hash_mpin_id=${hash}&hash_user_id=&signature=00`, 401,
                { message: 'Invalid signature', code: 401 }],
            [`clientSecret?app_id=a&expires=${expires}&hash_mpin_id=${hash}00&hash_user_id=&signature=00`, 403,
                { message: 'Invalid data received. hash_mpin_id should be 64 bytes' }],
            [`clientSecret?app_id=a&expires=${expires}&hash_mpin_id=zz${hash}&hash_user_id=&signature=00`, 403,
                { message: 'Invalid data received. Hex object could be decoded' }],
            [`timePermits?count=x&hash_mpin_id=${hash}&signature=${signature}`, 403, { service_name: 'D-TA server', message: 'FORBIDDEN' }],
            [`timePermit?hash_mpin_id=${hash}&signature=00`, 401, { service_name: 'D-TA server', message: 'UNAUTHORIZED' }],
            [`timePermit?hash_mpin_id=${hash}`, 403, { service_name: 'D-TA server', message: 'FORBIDDEN' }],
            ['nothing', 404, { service_name: 'D-TA server', message: 'NOT FOUND' }],
        ]) {
            const got = await ask(dta + query);
            assert.deepEqual([got.status, got.json], [status, json], query);
        }
        assert.deepEqual(shape((await ask(`${dta}status`)).json), { message: 'text', service_name: 'text', startTime: { 0: 'text' } });
    },
};

async function main() {
    const { startMilagro } = await import('../milagro/rps.mjs');
    const client = await import('../milagro/client.mjs');
    const clock = { ahead: 0 };
    await new Promise((resolve) => rpa.listen(port + 3, '127.0.0.1', resolve));
    const { appKey, stop } = await startMilagro({
        port, rpa: `http://127.0.0.1:${port + 3}`, clock: () => Date.now() + clock.ahead,
    });
    const settings = await client.clientSettings(rps);
    const names = Object.keys(TESTS);
    console.log(`1..${names.length}`);
    for (const [i, name] of names.entries()) {
        let failure;
        try {
            await TESTS[name]({ ask: client.ask, settings, client, clock, appKey });
        } catch (error) {
            failure = error;
            process.exitCode = 1;
        }
        console.log(`${failure ? 'not ok' : 'ok'} ${i + 1} - ${name.replace(/_/g, ' ')}`);
        if (failure)
            console.error(String(failure.stack).replace(/^/gm, '# '));
    }
    await stop();
    rpa.close();
    rpa.closeAllConnections();
}

main();
