// SPDX-License-Identifier: Apache-2.0
// WorkOS in trouble: each of the five calls, from each page that makes it, has a status, words, a way on and a line in the log.
const { Person, plain, port, run, startSite } = require('./sent_site.js');
const assert = require('node:assert/strict');
const { writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { code } = require('../browser/authenticator.js');
const { MANNERS } = require('../lib/senders.cjs');
const { KEY, startWorkOS, totp } = require('../lib/workos.cjs');

const PEOPLE = ['detail', 'challenge', 'verify', 'app', 'number', 'remove', 'clear', 'greedy', 'slow', 'again', 'reload', 'left', ...Array.from({ length: 8 }, (_, i) => `left${i}`)];

const formWith = (page, type) => ({ ...page, text: page.text.split(/<details>/).find((part) => part.includes(`name="type" value="${type}"`)) });

async function atAccount(name) {
    const person = await new Person().signIn(name);
    await person.get('/account');
    return person;
}

async function enrolledTotp(name) {
    const person = await atAccount(name);
    await person.send('/workos', { issuer: 'Wiki', user_name: name }, formWith(person.page, 'totp'));
    const [, secret] = /id="totp-secret">([A-Z2-7]+)</.exec(person.page.text);
    await person.send('/workos/confirm', { code: await code(secret, -30) });
    assert.equal(person.page.headers.get('location'), '/account?done=added', person.page.text);
    await person.get('/account');
    return Object.assign(person, { secret, href: /href="(\/account\/workos\/detail\?factor=[0-9a-f]+)"/.exec(person.page.text)[1] });
}

const date = (seconds) => new Date(Date.now() + seconds * 1000).toUTCString();
const json = (status, body, headers) => MANNERS.status(status, JSON.stringify(body), headers);

/** What WorkOS does, and what becomes of it where the call has no meaning of its own for it: status, words, Retry-After. */
const TROUBLE = {
    401: [json(401, { message: 'Unauthorized' }), 502, /doesn't let this site in/],
    403: [json(403, { message: 'Forbidden' }), 502, /doesn't let this site in/],
    429: [MANNERS.status(429, '', { 'Retry-After': '11' }), 503, /is busy/, [11, 11]],
    '429 until a date': [(response) => MANNERS.status(429, '', { 'Retry-After': date(20) })(response), 503, /is busy/, [15, 20]],
    '429 until yesterday': [(response) => MANNERS.status(429, '', { 'Retry-After': date(-86400) })(response), 503, /is busy/, [5, 5]],
    '429 for years': [MANNERS.status(429, '', { 'Retry-After': '999999999' }), 503, /is busy/, [60, 86400]],
    '429 and no word of when': [MANNERS.status(429), 503, /is busy/, [5, 5]],
    500: [MANNERS.status(500, 'oops'), 502, /gives no answer/],
    503: [MANNERS.status(503, ''), 502, /gives no answer/],
    'a redirect': [MANNERS.status(302, '', { Location: '/elsewhere' }), 502, /gives no answer/],
    'a line that is cut': [MANNERS.cut(), 502, /gives no answer/],
    'half an answer': [MANNERS.half(), 502, /gives no answer/],
    'a huge one': [MANNERS.huge(), 502, /gives no answer/],
    'nonsense': [MANNERS.nonsense(), 502, /gives no answer/],
};

/** Everything that can go wrong at one page; `ask` makes the request, `own` says what this call's own errors become. Where no
 * page is shown again the error page says it in words of its own. */
async function throughTrouble(t, ask, own = {}, words = null) {
    for (const [name, [does, status, said, later]] of Object.entries({ ...TROUBLE, ...own })) {
        const says = words?.[status] ?? said;
        t.workos.manner = does;
        const { page } = await ask();
        t.workos.manner = null;
        assert.equal(page.status, status, `${name}: ${page.text}`);
        if (status < 400)
            continue;
        assert.match(plain(page.text), says, `${name}: ${page.text}`);
        assert.match(page.text, /href="\/account"/, `${name}: a way on`);
        const seconds = Number(page.headers.get('retry-after') ?? 0);
        assert.ok(later ? seconds >= later[0] && seconds <= later[1] : !seconds, `${name}: ${seconds}`);
    }
}

const ERROR_PAGE = { 502: /gave no useful answer/, 503: /try again/i, 422: /./ };
const NOT_THERE = { 404: [json(404, { message: 'no' }), 410, /no longer has this second step/] };
const TESTS = {
    async the_details_are_asked_for(t) {
        const person = await enrolledTotp('detail');
        await throughTrouble(t, async () => ({ page: await person.get(person.href) }),
            { ...NOT_THERE, 422: [json(422, { message: 'no' }), 502, /gives no answer/], 'no body': [MANNERS.status(204), 502, /gives no answer/] });
        await person.get(person.href);
        assert.equal(person.page.status, 200);
    },

    async a_challenge_is_asked_for(t) {
        const person = await enrolledTotp('challenge');
        await person.get(person.href);
        const page = person.page;
        await throughTrouble(t, async () => ({ page: await person.send('/workos/challenge', {}, page) }), NOT_THERE);
    },

    async a_code_is_verified(t) {
        const person = await enrolledTotp('verify');
        await person.get(person.href);
        const page = person.page;
        const expired = [/no longer good/];
        await throughTrouble(t, async () => {
            const { manner } = t.workos;
            t.workos.manner = null;
            await person.send('/workos/challenge', {}, page);
            t.workos.manner = manner;
            return { page: await person.send('/workos/verify', { code: '123456' }) };
        }, { 404: [json(404, { message: 'no' }), 410, ...expired], 422: [json(422, { message: 'no' }), 410, ...expired],
            400: [json(400, { message: 'no', code: 'one_time_code_too_many_attempts' }), 410, ...expired] });
    },

    async an_app_is_added(t) {
        const person = await atAccount('app');
        const page = formWith(person.page, 'totp');
        await throughTrouble(t, async () => ({ page: await person.send('/workos', { issuer: 'x', user_name: 'y' }, page) }),
            { 404: [json(404, { message: 'no' }), 502, /gives no answer/], 422: [json(422, { message: 'no' }), 422, /isn't taken/] }, ERROR_PAGE);
        await person.get('/account');
        assert.match(person.page.text, /None at WorkOS yet/);
    },

    async a_number_is_added(t) {
        const person = await atAccount('number');
        const page = formWith(person.page, 'sms');
        await throughTrouble(t, async () => ({ page: await person.send('/workos', { phone: '+12025550143' }, page) }),
            { 404: [json(404, { message: 'no' }), 502, /gives no answer/], 422: [json(422, { message: 'no' }), 422, /can't send messages/] }, { ...ERROR_PAGE, 422: undefined });
    },

    async one_is_removed(t) {
        const person = await enrolledTotp('remove');
        const page = person.page;
        await throughTrouble(t, async () => ({ page: await person.send('/factor/remove', {}, page) }),
            { 422: [json(422, { message: 'no' }), 502, /gives no answer/], nonsense: [json(204, { any: '2xx' }), 303] }, ERROR_PAGE);
    },

    async the_log_says_what_is_wrong(t) {
        const log = t.site.log();
        assert.ok(/auth_mpin:error.*MPIN0812: WorkOS gives no answer that counts: it refuses our key with 401/.test(log));
        for (const status of [401, 403, 404, 422, 429, 500, 503])
            assert.ok(log.includes(`MPIN0748: WorkOS answered ${status}`), String(status));
    },

    async one_user_does_not_use_up_what_workos_grants_to_the_site(t) {
        const person = await enrolledTotp('greedy');
        const before = t.workos.requests.length, seen = [];
        for (let i = 0; i < 6; i++)
            seen.push(...await Promise.all(Array.from({ length: 12 }, async () => {
                const one = new Person();
                one.cookies = new Map(person.cookies);
                return (await one.get(person.href)).status;
            })));
        assert.ok(t.workos.requests.length - before <= 120, 'sixty in a minute, and it may have turned meanwhile');
        assert.ok(seen.includes(503), String(seen));
        const other = await enrolledTotp('again');
        assert.equal((await other.get(other.href)).status, 200);
    },

    async slow_answers_one_after_the_other_hold_nobody_longer(t) {
        const person = await enrolledTotp('slow');
        const stepper = await new Person().signIn('slow');
        await stepper.get('/any/');
        await stepper.follow();
        t.workos.manner = (response, request) => {
            if (request.url.endsWith('/verify'))
                return undefined;
            setTimeout(() => {
                const [status, body] = t.workos.handle(request, '{}');
                response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
            }, 3500);
            return undefined;
        };
        const began = Date.now();
        await stepper.send('/login/step', { code: totp(person.secret) });
        t.workos.manner = null;
        assert.equal(stepper.page.status, 502);
        assert.ok(Date.now() - began < 8000, String(Date.now() - began));
    },

    async another_key_counts_after_a_graceful_reload(t) {
        const person = await enrolledTotp('reload');
        const file = join(t.site.folder, 'workos');
        const last = () => t.workos.requests.at(-1).headers.authorization;
        writeFileSync(file, 'WORKOS_API_KEY=sk_test_of_tomorrow\n');
        assert.equal((await person.get(person.href)).status, 200, 'not before');
        await t.site.reload();
        assert.equal((await person.get(person.href)).status, 502);
        assert.equal(last(), 'Bearer sk_test_of_tomorrow');
        writeFileSync(file, `WORKOS_API_KEY=${KEY}\r\n`);
        await t.site.reload();
        assert.equal((await person.get(person.href)).status, 200, 'and nobody had to sign in again');
        assert.ok(!t.site.log().includes('sk_test'));
    },

    async what_is_left_at_workos_is_removed_at_the_next_chance(t) {
        const person = await enrolledTotp('left');
        const [id] = [...t.workos.factors.keys()].slice(-1);
        const instead = `MPinTOTP Wiki\nMPinSMS webhook http://127.0.0.1:${port + 1}/ template="{{code}}"\n#`;
        await t.site.reload((text) => text.replace(/^MPinWorkOS/m, `${instead}MPinWorkOS`));
        await person.get('/account');
        await person.send('/factor/remove');
        assert.equal(person.page.headers.get('location'), '/account?done=removed', 'nobody could be told');
        assert.ok(t.workos.factors.has(id));
        await t.site.reload((text) => text.replace(instead, ''));
        for (let i = 0; i < 8 && t.workos.factors.has(id); i++)
            await enrolledTotp(`left${i}`);
        assert.ok(!t.workos.factors.has(id));
        assert.equal((await new Person().signIn('again')).page.status, 303);
        const again = await atAccount('again');
        assert.equal((await again.get(/href="(\/account\/workos\/detail\?factor=[0-9a-f]+)"/.exec(again.page.text)?.[1] ?? '/account')).status, 200);
    },
};

run(TESTS, async () => {
    const workos = await startWorkOS(port + 1);
    const site = await startSite((_, secret) => `MPinWorkOS ${secret('workos', `WORKOS_API_KEY=${KEY}\n`)} http://127.0.0.1:${port + 1}`, PEOPLE);
    return { site, workos, stop() { workos.close(); return site.stop(); } };
});
