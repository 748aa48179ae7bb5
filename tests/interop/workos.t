// SPDX-License-Identifier: Apache-2.0
// Second steps that WorkOS keeps. The stub that stands for WorkOS is held against WorkOS' own OpenAPI description, and asked
// by WorkOS' own SDK; then this module asks it.
const { Person, fieldsOf, port, run, startSite, tellsOf } = require('./sent_site.js');
const assert = require('node:assert/strict');
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const Ajv = require('ajv/dist/2020.js').default;
const addFormats = require('ajv-formats').default;
const yaml = require('yaml');
const { code } = require('../browser/authenticator.js');
const { MANNERS } = require('../lib/senders.cjs');
const { KEY, startWorkOS, totp } = require('../lib/workos.cjs');

const stubUrl = `http://127.0.0.1:${port + 1}`;

// ---- the description ----------------------------------------------------------------------------------------

const spec = yaml.parse(readFileSync(join(__dirname, '../../node_modules/@workos/openapi-spec/open-api-spec.yaml'), 'utf8'));
const ajv = addFormats(new Ajv({ strict: false }));
ajv.addSchema(spec, 'spec');

/** The schema of a request's or answer's JSON; undefined where the description has none, null where it has no such answer. */
function schemaOf(path, method, status) {
    const at = status ? spec.paths[path][method].responses[status] : spec.paths[path][method].requestBody;
    const pointer = ['paths', path, method, ...status ? ['responses', String(status)] : ['requestBody'], 'content', 'application/json', 'schema'];
    return !at ? null : at.content && ajv.getSchema(`spec#/${pointer.map((one) => encodeURIComponent(one.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`);
}

const PATHS = [[/^\/auth\/factors\/enroll$/, '/auth/factors/enroll'], [/^\/auth\/factors\/\w+\/challenge$/, '/auth/factors/{id}/challenge'],
    [/^\/auth\/factors\/\w+$/, '/auth/factors/{id}'], [/^\/auth\/challenges\/\w+\/verify$/, '/auth/challenges/{id}/verify']];
const pathOf = (url) => PATHS.find(([pattern]) => pattern.test(url))?.[1];

function holds(url, method, status, json) {
    const schema = schemaOf(pathOf(url), method.toLowerCase(), status);
    assert.notEqual(schema, null, `${method} ${url} has no ${status || 'body'}`);
    if (schema)
        assert.ok(schema(json), `${method} ${url} ${status ?? ''}: ${ajv.errorsText(schema.errors)} in ${JSON.stringify(json)}`);
}

// ---- people -------------------------------------------------------------------------------------------------

const other = (code) => String((Number(code) + 1) % 1_000_000).padStart(6, '0');

async function atAccount(name) {
    const person = await new Person().signIn(name);
    await person.get('/account');
    return person;
}

const formWith = (page, type) => ({ ...page, text: page.text.split(/<details>/).find((part) => part.includes(`name="type" value="${type}"`)) });

async function enrolTotp(name) {
    const person = await atAccount(name);
    await person.send('/workos', { issuer: 'Wiki & Co', user_name: name }, formWith(person.page, 'totp'));
    const [, secret] = /id="totp-secret">([A-Z2-7]+)</.exec(person.page.text) ?? [];
    return Object.assign(person, { secret });
}

async function enrolledTotp(name) {
    const person = await enrolTotp(name);
    await person.send('/workos/confirm', { code: await code(person.secret, -30) });
    assert.equal(person.page.headers.get('location'), '/account?done=added', person.page.text);
    return person;
}

async function enrolledSms(t, name, phone = '+12025550143') {
    const person = await atAccount(name);
    await person.send('/workos', { phone }, formWith(person.page, 'sms'));
    assert.equal(person.page.status, 200, person.page.text);
    await person.send('/workos/confirm', { code: lastCode(t) });
    assert.equal(person.page.headers.get('location'), '/account?done=added', person.page.text);
    return person;
}

const lastCode = (t) => /\d{6}/.exec(t.workos.messages.at(-1).text)[0];

async function atStep(name) {
    const person = await new Person().signIn(name);
    await person.get('/any/');
    await person.follow();
    return person;
}

async function atDetail(person) {
    await person.get('/account');
    const [, href] = /href="(\/account\/workos\/detail\?factor=[0-9a-f]+)"/.exec(person.page.text);
    await person.get(href);
    return href;
}

const TESTS = {
    async the_stub_is_as_the_description_has_it() {
        const stub = await startWorkOS(port + 2);
        const ask = async (method, path, body, headers = {}) => {
            if (body && !headers.unpublished)
                holds(path, method, undefined, body);
            const answer = await fetch(`http://127.0.0.1:${port + 2}${path}`, { method, body: body && JSON.stringify(body),
                headers: { Authorization: `Bearer ${KEY}`, 'Content-Type': 'application/json', ...headers } });
            const text = await answer.text();
            holds(path, method, answer.status, text ? JSON.parse(text) : undefined);
            return { status: answer.status, json: text && JSON.parse(text) };
        };
        const { json: app } = await ask('POST', '/auth/factors/enroll', { type: 'totp', totp_issuer: 'Wiki', totp_user: 'john' });
        const { json: phone } = await ask('POST', '/auth/factors/enroll', { type: 'sms', phone_number: '+12025550143' });
        assert.equal((await ask('POST', '/auth/factors/enroll', { type: 'sms', phone_number: '1' })).status, 422);
        for (const { id } of [app, phone]) {
            assert.equal((await ask('GET', `/auth/factors/${id}`)).status, 200);
            const { json: challenge } = await ask('POST', `/auth/factors/${id}/challenge`, {});
            const code = id === app.id ? totp(app.totp.secret) : /\d{6}/.exec(stub.messages.at(-1).text)[0];
            const verify = (typed) => ask('POST', `/auth/challenges/${challenge.id}/verify`, { code: typed });
            assert.equal((await verify(other(code))).json.valid, false);
            assert.equal((await verify(code)).json.valid, true);
            assert.equal((await verify(code)).status, 422);
        }
        const { json: tried } = await ask('POST', `/auth/factors/${phone.id}/challenge`, { sms_template: 'x {{code}}' });
        assert.equal((await ask('POST', `/auth/factors/${phone.id}/challenge`, { sms_template: 'x' })).status, 422);
        let last;
        for (let i = 0; i < 11; i++)
            last = await ask('POST', `/auth/challenges/${tried.id}/verify`, { code: 'x' });
        assert.deepEqual([last.status, last.json.code], [400, 'one_time_code_too_many_attempts']);
        assert.equal((await ask('POST', '/auth/challenges/none/verify', { code: '1' })).status, 404);
        assert.equal((await ask('DELETE', `/auth/factors/${app.id}`)).status, 204);
        for (const [method, path, body] of [['DELETE', `/auth/factors/${app.id}`], ['GET', `/auth/factors/${app.id}`], ['POST', `/auth/factors/${app.id}/challenge`, {}]])
            assert.equal((await ask(method, path, body)).status, 404);
        stub.close();
    },

    async workos_own_sdk_understands_the_stub() {
        const stub = await startWorkOS(port + 2);
        const { WorkOS } = require('@workos-inc/node');
        const { multiFactorAuth: mfa } = new WorkOS(KEY, { apiHostname: '127.0.0.1', port: port + 2, https: false });
        const app = await mfa.enrollFactor({ type: 'totp', issuer: 'Wiki', user: 'john' });
        assert.match(app.totp.uri, /^otpauth:/);
        const challenge = await mfa.challengeFactor({ authenticationFactorId: app.id });
        assert.equal(challenge.authenticationFactorId, app.id);
        const verified = await mfa.verifyChallenge({ authenticationChallengeId: challenge.id, code: totp(app.totp.secret) });
        assert.equal(verified.valid, true);
        const phone = await mfa.enrollFactor({ type: 'sms', phoneNumber: '+12025550143' });
        assert.equal((await mfa.getFactor(phone.id)).sms.phoneNumber, '+12025550143');
        await mfa.challengeFactor({ authenticationFactorId: phone.id, smsTemplate: 'it is {{code}}' });
        assert.match(stub.messages.at(-1).text, /^it is \d{6}$/);
        await mfa.deleteFactor(phone.id);
        await assert.rejects(mfa.getFactor(phone.id), { status: 404 });
        stub.close();
    },

    async an_app_at_workos_is_a_second_step(t) {
        const person = await enrolTotp('john');
        assert.equal(person.page.status, 200);
        assert.match(person.page.text, /<svg class="qr"/);
        assert.equal(await person.opens('/totp/'), false);
        await person.send('/workos/confirm', { code: '000000' });
        assert.equal(person.page.status, 401);
        assert.doesNotMatch(person.page.text, new RegExp(person.secret), 'the secret is shown once');
        await person.send('/workos/confirm', { code: await code(person.secret, -30) });
        assert.equal(person.page.headers.get('location'), '/account?done=added');
        assert.equal(await person.opens('/totp/'), true);
        assert.equal(await person.opens('/sms/'), false);

        const stepper = await atStep('john');
        const page = stepper.page;
        await stepper.send('/login/step', { code: await code(person.secret, -30) });
        assert.equal(stepper.page.status, 401, 'a code is good once, whatever challenge it answers');
        await stepper.send('/login/step', { code: totp(person.secret) }, page);
        assert.equal(stepper.page.headers.get('location'), '/any/');
        assert.match(t.site.log(), /with amr pwd mfa otp/);
    },

    async an_app_s_code_is_good_once_whichever_came_after_it(t) {
        const person = await enrolTotp('june');
        const first = await code(person.secret, -30), second = totp(person.secret);
        await person.send('/workos/confirm', { code: first });
        const stepper = await atStep('june');
        await stepper.send('/login/step', { code: second });
        assert.equal(stepper.page.headers.get('location'), '/any/');
        for (const code of [first, second]) {
            const replay = await atStep('june');
            await replay.send('/login/step', { code });
            assert.equal(replay.page.status, 401, code === first ? 'the one before' : 'the last one');
        }
        const many = await atStep('june');
        const { fields } = fieldsOf(many.page.text, '/login/step');
        const next = totp(person.secret, Date.now() + 30_000);
        const seen = await Promise.all(Array.from({ length: 4 }, () => {
            const one = new Person();
            one.cookies = new Map(many.cookies);
            return one.post('/login/step', { ...fields, code: next });
        }));
        assert.equal(seen.filter(({ headers }) => headers.get('location') === '/any/').length, 1, 'of many at once, one');
    },

    async a_number_at_workos_is_a_second_step(t) {
        const person = await enrolledSms(t, 'jane');
        assert.match(t.workos.messages.at(-1).text, /^\d{6} is your code for Wiki$/);
        assert.equal(await person.opens('/sms/'), true);
        const stepper = await atStep('jane');
        const before = t.workos.messages.length;
        assert.match(stepper.page.text, /Send me a code/);
        await stepper.send('/step/send');
        await stepper.follow();
        assert.equal(t.workos.messages.length, before + 1);
        await stepper.send('/login/step', { code: lastCode(t) });
        assert.equal(stepper.page.headers.get('location'), '/any/');
    },

    async every_request_was_as_published(t) {
        for (const { method, url, text, headers } of t.workos.requests) {
            assert.ok(pathOf(url), url);
            assert.equal(headers.authorization, `Bearer ${KEY}`);
            if (method === 'POST')
                holds(url, method, undefined, JSON.parse(text));
            assert.equal(/\/challenge$/.test(url), 'idempotency-key' in headers, url);
        }
    },

    async the_detail_page_challenges_and_verifies(t) {
        t.workos.environment = 'environment_01TEST';
        const person = await enrolledTotp('jim');
        t.workos.environment = undefined;
        const href = await atDetail(person);
        const [factor] = [...t.workos.factors.values()].slice(-1);
        const shown = Object.fromEntries([...person.page.text.matchAll(/<dt>([^<]*)<\/dt><dd[^>]*>(?:<bdi[^>]*>)?([^<]*)(?:<\/bdi>)?<\/dd>/g)].map(([, name, value]) => [name, value]));
        assert.deepEqual(shown, { ID: factor.factor.id, Type: 'Authenticator app', Environment: 'environment_01TEST', 'Phone number': '-',
            Created: factor.factor.created_at, Updated: factor.factor.updated_at });
        assert.doesNotMatch(person.page.text, /name="text"/);
        await person.send('/workos/challenge');
        const asked = person.page;
        assert.match(asked.text, /class="digits"/);
        await person.send('/workos/verify', { code: '12345' });
        assert.match(person.page.text, /User verified: False/);
        await person.send('/workos/verify', { code: totp(person.secret) }, asked);
        assert.match(person.page.text, /User verified: True/);
        assert.match(person.page.text, new RegExp(factor.factor.id));
        assert.doesNotMatch(person.page.text, /Expires/);
        await person.get(href);
        assert.equal(person.page.status, 200);
    },

    async a_number_s_detail_page_has_a_text_and_an_end(t) {
        const person = await enrolledSms(t, 'joan', '+12025550144');
        await atDetail(person);
        assert.match(person.page.text, /<dd><bdi dir="ltr">\+12025550144<\/bdi><\/dd>/);
        assert.doesNotMatch(person.page.text, /Environment/);
        const page = person.page;
        await person.send('/workos/challenge', { text: 'no code' });
        assert.deepEqual([person.page.status, person.alert()], [400, 'This isn\'t taken. A text must hold {{code}}, and no more than 320 letters.']);
        await person.send('/workos/challenge', { text: 'my own: {{code}}' }, page);
        assert.match(t.workos.messages.at(-1).text, /^my own: \d{6}$/);
        const asked = person.page;
        await person.send('/workos/challenge', { text: 'again {{code}}' }, page);
        assert.equal(person.page.status, 429);
        await person.send('/workos/verify', { code: lastCode(t) }, asked);
        assert.match(person.page.text, /User verified: True/);
        assert.match(person.page.text, /Expires<\/dt><dd>20/);
    },

    async anothers_factor_is_never_reached(t) {
        const jim = await atStep('jim');
        await jim.get('/account');
        const person = await enrolledTotp('jack');
        const href = await atDetail(person);
        const { fields } = fieldsOf(person.page.text, '/workos/challenge');
        const stranger = await enrolledTotp('jill');
        const before = t.workos.requests.length;
        await stranger.get(href);
        assert.equal(stranger.page.status, 404);
        await stranger.get('/account');
        const { fields: own } = fieldsOf(stranger.page.text, '/workos/clear');
        for (const path of ['/workos/challenge', '/workos/verify', '/workos/confirm', '/factor/remove', '/workos']) {
            await stranger.post(`/account${path}`, { ...own, factor: fields.factor, code: '123456' });
            assert.equal(stranger.page.status, 404, path);
        }
        assert.equal(t.workos.requests.length, before, 'and WorkOS is not asked');
    },

    async anothers_workos_challenge_is_refused(t) {
        const stepper = await atStep('jill');
        const foreign = [...t.workos.challenges.values()][0].challenge;
        t.workos.once = MANNERS.status(201, JSON.stringify({ ...foreign, authentication_factor_id: 'auth_factor_other' }));
        await stepper.send('/login/step', { code: '123456' });
        assert.deepEqual([stepper.page.status, stepper.alert()], [502, 'The service that handles codes gives no answer. Try again, or take another way.']);
        const page = stepper.page;
        for (const [does, status] of [
            [MANNERS.status(201, JSON.stringify({ valid: true, challenge: foreign })), 502],
            [MANNERS.status(201, JSON.stringify({ valid: true })), 502],
            [MANNERS.status(201, JSON.stringify({ valid: 'true', challenge: foreign })), 502],
            [MANNERS.status(201, '{"valid":true,"valid":true}'), 502], [MANNERS.status(200, 'true'), 502], [MANNERS.status(204), 502]]) {
            t.workos.manner = (response, request) => request.url.endsWith('/verify') ? does(response, request) : null;
            await stepper.send('/login/step', { code: '123456' }, page);
            t.workos.manner = null;
            assert.equal(stepper.page.status, status);
        }
        assert.equal(await stepper.opens('/any/'), false);
    },

    async each_error_has_a_page_and_a_status(t) {
        const stepper = await atStep('jill');
        const page = stepper.page;
        const at = (path, does) => (response, request) => request.url.endsWith(path) ? does(response, request) : null;
        const date = (seconds) => new Date(Date.now() + seconds * 1000).toUTCString();
        for (const [path, does, status, says, later] of [
            ['/challenge', MANNERS.status(401, '{"message":"Unauthorized"}'), 502, /doesn't let this site in/],
            ['/challenge', MANNERS.status(403, '{"message":"Forbidden"}'), 502, /doesn't let this site in/],
            ['/challenge', MANNERS.status(404, '{"message":"no"}'), 410, /no longer has this second step/],
            ['/challenge', MANNERS.status(422, '{"message":"no"}'), 422, /This isn't taken/],
            ['/challenge', MANNERS.status(429, '', { 'Retry-After': '11' }), 503, /is busy/, [11, 11]],
            ['/challenge', MANNERS.status(429, '', { 'Retry-After': date(20) }), 503, /is busy/, [15, 20]],
            ['/challenge', MANNERS.status(429), 503, /is busy/, [5, 5]],
            ['/challenge', MANNERS.status(500, 'oops'), 502, /gives no answer/],
            ['/challenge', MANNERS.status(302, '', { Location: `${stubUrl}/elsewhere` }), 502, /gives no answer/],
            ['/challenge', MANNERS.nonsense(), 502, /gives no answer/], ['/challenge', MANNERS.half(), 502, /gives no answer/],
            ['/challenge', MANNERS.huge(), 502, /gives no answer/], ['/challenge', MANNERS.cut(), 502, /gives no answer/],
            ['/verify', MANNERS.status(400, '{"code":"one_time_code_too_many_attempts","message":"no"}'), 410, /no longer good/],
            ['/verify', MANNERS.status(400, '{"code":"other","message":"no"}'), 502, /gives no answer/],
            ['/verify', MANNERS.status(404, '{"message":"no"}'), 410, /no longer good/],
            ['/verify', MANNERS.status(422, '{"message":"no"}'), 410, /no longer good/],
            ['/verify', MANNERS.status(500), 502, /gives no answer/], ['/verify', MANNERS.cut(), 502, /gives no answer/],
            ['/verify', MANNERS.status(429, '', { 'Retry-After': '9' }), 503, /is busy/, [9, 9]]]) {
            t.workos.manner = at(path, does);
            await stepper.send('/login/step', { code: '123456' }, page);
            t.workos.manner = null;
            assert.equal(stepper.page.status, status, path + status + stepper.page.text);
            assert.match(stepper.alert(), says);
            const seconds = Number(stepper.page.headers.get('retry-after') ?? 0);
            assert.ok(later ? seconds >= later[0] && seconds <= later[1] : seconds === 0, String(seconds));
        }
        assert.match(t.site.log(), /MPIN0812: WorkOS gives no answer that counts/);
    },

    async a_verification_is_never_sent_twice_and_a_challenge_under_one_key(t) {
        const stepper = await atStep('jack');
        const page = stepper.page;
        const cut = (path) => (response, request) => request.url.endsWith(path) ? response.destroy() : null;
        const since = () => t.workos.requests.slice(before).map(({ url }) => url.replace(/.*\//, ''));
        let before = t.workos.requests.length;
        t.workos.manner = cut('/verify');
        await stepper.send('/login/step', { code: '123456' }, page);
        assert.deepEqual(since(), ['challenge', 'verify']);
        t.workos.manner = null;
        const again = await atStep('jill');
        before = t.workos.requests.length;
        t.workos.manner = cut('/challenge');
        await again.send('/login/step', { code: '123456' });
        t.workos.manner = null;
        const keys = new Set(t.workos.requests.slice(before).map(({ headers }) => headers['idempotency-key']));
        assert.equal(keys.size, 1);
        assert.ok(since().length >= 2 && since().every((one) => one === 'challenge'));
    },

    async a_slow_workos_holds_nobody_for_long(t) {
        const stepper = await atStep('jim');
        t.workos.manner = MANNERS.never();
        const began = Date.now();
        await stepper.send('/login/step', { code: '123456' });
        t.workos.manner = null;
        assert.equal(stepper.page.status, 502);
        assert.ok(Date.now() - began < 20_000);
    },

    async removing_and_clearing_tell_workos(t) {
        const person = await enrolledTotp('jo1');
        await person.send('/workos', { issuer: 'Other', user_name: 'x' }, formWith(await person.get('/account'), 'totp'));
        const [, secret] = /id="totp-secret">([A-Z2-7]+)</.exec(person.page.text);
        await person.send('/workos/confirm', { code: totp(secret) });
        await person.get('/account');
        const before = t.workos.factors.size;
        t.workos.once = MANNERS.status(500);
        await person.send('/factor/remove');
        assert.equal(person.page.status, 502);
        await person.get('/account');
        await person.send('/factor/remove');
        assert.equal(person.page.headers.get('location'), '/account?done=removed');
        assert.equal(t.workos.factors.size, before - 1);
        await person.get('/account');
        t.workos.once = MANNERS.status(404, '{"message":"gone"}');
        await person.send('/workos/clear');
        assert.equal(person.page.headers.get('location'), '/account?done=removed');
        await person.get('/account');
        assert.match(person.page.text, /None at WorkOS yet\./);
    },

    async guesses_are_counted_over_challenges(t) {
        const person = await enrolledTotp('jo2');
        const seen = [];
        for (let i = 0; i < 7; i++) {
            const one = await atStep('jo2'); // each has a challenge of its own
            await one.send('/login/step', { code: other(totp(person.secret)) });
            seen.push(one.page.status);
        }
        assert.deepEqual(seen, [401, 401, 401, 401, 401, 429, 429]);
    },

    async a_form_for_a_number_that_is_sent_twice_sends_one_message(t) {
        const person = await atAccount('jo4');
        const page = formWith(person.page, 'sms'), factors = t.workos.factors.size, messages = t.workos.messages.length;
        await person.send('/workos', { phone: '+12025550177' }, page);
        assert.equal(person.page.status, 200);
        await person.send('/workos', { phone: '+12025550177' }, page);
        assert.equal(person.page.status, 429);
        assert.deepEqual([t.workos.factors.size, t.workos.messages.length], [factors + 1, messages + 1]);
        await person.send('/workos/confirm', { code: lastCode(t) });
        assert.equal(person.page.headers.get('location'), '/account?done=added');
    },

    async an_enrolment_is_refused_as_workos_refuses_it(t) {
        const person = await atAccount('jo3');
        const page = formWith(person.page, 'sms'), app = formWith(person.page, 'totp');
        await person.send('/workos', { phone: 'x' }, page);
        assert.equal(person.page.status, 400);
        await person.send('/workos', { phone: '+491701234567' }, page);
        assert.deepEqual([person.page.status, person.alert()], [422, 'We can\'t send messages to this number. Try another one.']);
        for (const body of ['{}', '{"object":"authentication_factor","id":"../x","type":"totp","created_at":"2026","updated_at":"2026","totp":{"secret":"A","uri":"otpauth://totp/x"}}',
            '{"object":"authentication_factor","id":"a","type":"totp","created_at":"2026","updated_at":"2026","totp":{"issuer":"x","user":"y"}}',
            '{"object":"authentication_factor","id":"a","type":"totp","created_at":"<b>","updated_at":"2026","totp":{"secret":"A","uri":"otpauth://totp/x"}}',
            '{"object":"authentication_factor","id":"a","type":"totp","created_at":"2026","updated_at":"2026","totp":{"secret":"A","uri":"javascript:x"}}']) {
            t.workos.once = MANNERS.status(201, body);
            await person.send('/workos', { issuer: 'x', user_name: 'y' }, app);
            assert.equal(person.page.status, 502, body);
        }
    },

    async no_key_and_no_secret_is_in_any_log(t) {
        const logs = t.site.log() + t.site.audit();
        assert.ok(!logs.includes(KEY));
        for (const { secret } of t.workos.factors.values())
            assert.ok(!secret || !logs.includes(secret));
        for (const { challenge, code } of t.workos.challenges.values()) {
            assert.ok(!logs.includes(challenge.id));
            assert.ok(!code || !tellsOf(code).test(logs));
        }
    },
};

run(TESTS, async () => {
    const workos = await startWorkOS(port + 1);
    const site = await startSite((_, secret) => `MPinWorkOS ${secret('workos', `WORKOS_API_KEY=${KEY}\n`)} ${stubUrl}/`,
        ['john', 'jane', 'jim', 'joan', 'jack', 'jill', 'jo1', 'jo2', 'jo3', 'jo4', 'june']);
    return { site, workos, stop() { workos.close(); return site.stop(); } };
});
