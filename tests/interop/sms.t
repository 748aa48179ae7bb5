// SPDX-License-Identifier: Apache-2.0
// Codes by SMS, sent by a webhook that misbehaves in every way.
const { Person, fieldsOf, port, run, startSite, tellsOf } = require('./sent_site.js');
const assert = require('node:assert/strict');
const { createHmac } = require('node:crypto');
const { MANNERS, startWebhook } = require('../lib/senders.cjs');

const SECRET = 'a-secret-of-the-webhook';
let next = 1000;
const number = () => `+49170123${next++}`;
const codeOf = (t, to) => t.webhook.messages.filter((message) => message.to === to).at(-1).code;
const other = (code) => String((Number(code) + 1) % 1_000_000).padStart(6, '0');

/** Somebody who is signed in, and whose number waits for its code. */
async function waiting(t, name, to = number()) {
    const person = await new Person().signIn(name);
    await person.get('/account');
    await person.send('/account/sms', { phone: to });
    return Object.assign(person, { to });
}

async function enrolled(t, name, to = number()) {
    const person = await waiting(t, name, to);
    assert.equal(person.page.status, 200, person.page.text);
    await person.send('/sms/confirm', { code: codeOf(t, to) });
    assert.equal(person.page.headers.get('location'), '/account?done=added');
    return person;
}

/** Another browser of theirs at the page of the second step. */
async function atStep(name) {
    const person = await new Person().signIn(name);
    await person.get('/any/');
    assert.equal(person.page.status, 302, person.page.text);
    await person.follow();
    return person;
}

const TESTS = {
    async a_number_counts_after_its_code(t) {
        const to = '+491701234567';
        const person = await waiting(t, 'john', '+49 170 / 123-45.67');
        assert.match(person.page.text, /\+49 … 567/);
        const [message] = t.webhook.messages.filter((one) => one.to === to);
        assert.deepEqual(message, { to, text: `Wiki: ${message.code} is your code`, code: message.code });
        assert.match(message.code, /^\d{6}$/);
        assert.equal(await person.opens('/sms/'), false);
        await person.send('/sms/confirm', { code: other(message.code) });
        assert.deepEqual([person.page.status, person.alert()], [401, 'That code isn\'t right. Look at the newest message and try again.']);
        await person.send('/sms/confirm', { code: message.code.replace(/(...)/, '$1 ') });
        assert.equal(person.page.headers.get('location'), '/account?done=added');
        assert.equal(await person.opens('/sms/'), true);
        assert.equal(await person.opens('/totp/'), false);
        await person.get('/account');
        await person.send('/account/sms', { phone: to });
        assert.deepEqual([person.page.status, person.alert()], [409, 'This number is there already.']);
    },

    async the_webhook_can_tell_us_from_a_stranger(t) {
        const { headers, text, method } = t.webhook.requests[0];
        const [, at, mac] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(headers['x-mpin-signature']);
        assert.equal(mac, createHmac('sha256', SECRET).update(`${at}.${text}`).digest('hex'));
        assert.ok(Math.abs(Date.now() / 1000 - at) < 60);
        assert.deepEqual([method, headers['content-type']], ['POST', 'application/json']);
    },

    async a_step_sends_when_asked_by_a_form_and_never_by_a_get(t) {
        const before = t.webhook.messages.length;
        const person = await atStep('john');
        assert.equal(person.page.status, 200);
        assert.doesNotMatch(person.page.text, /name="code"/);
        assert.equal(t.webhook.messages.length, before);
        await person.send('/step/send');
        assert.equal(person.page.status, 303);
        assert.equal(t.webhook.messages.length, before + 1);
        await person.follow();
        assert.match(person.page.text, /name="code"/);
        const code = codeOf(t, '+491701234567');
        await person.send('/login/step', { code });
        assert.equal(person.page.headers.get('location'), '/any/');
        assert.equal(await person.opens('/any/'), true);
        assert.equal(await person.opens('/sms/'), true);
    },

    async a_code_is_of_its_session_and_good_once(t) {
        const one = await enrolled(t, 'jane');
        const two = await atStep('jane');
        await two.send('/step/send');
        await two.follow();
        const code = codeOf(t, one.to), page = two.page;
        const three = await atStep('jane');
        await three.post('/login/step', { ...formOf(three), code });
        assert.deepEqual([three.page.status, three.alert()], [410, 'This code is no longer good. Ask for a new one.']);
        const replay = new Person();
        replay.cookies = new Map(two.cookies);
        await two.send('/login/step', { code }, page);
        assert.equal(two.page.headers.get('location'), '/any/');
        await replay.send('/login/step', { code }, page); // by the session before, which is honoured for a moment
        assert.notEqual(replay.page.headers.get('location'), '/any/');
        assert.equal(await replay.opens('/any/'), false);
    },

    async another_code_comes_after_half_a_minute(t) {
        const person = await waiting(t, 'jim');
        const before = t.webhook.messages.length, page = person.page;
        await person.send('/account/sms', {}, page);
        assert.deepEqual([person.page.status, person.alert()], [429, 'A code is on its way. Wait half a minute before you ask for another one.']);
        const later = Number(person.page.headers.get('retry-after'));
        assert.ok(later > 0 && later <= 30, String(later));
        assert.equal(t.webhook.messages.length, before);
        await person.send('/sms/confirm', { code: codeOf(t, person.to) });
        assert.equal(person.page.status, 303);
    },

    async numbers_that_are_none_or_elsewhere_are_refused(t) {
        const person = await new Person().signIn('joan');
        const before = t.webhook.requests.length;
        for (const [phone, status, text] of [['0170 1234567', 400, /no phone number/], ['+4917', 400, /no phone number/], ['+0491701234567', 400, /no phone/],
            ['+49170123456789012', 400, /no phone/], ['+49170x234567', 400, /no phone/], ['', 400, /no phone/], ['+33612345678', 403, /can't send/]]) {
            await person.get('/account');
            await person.send('/account/sms', { phone });
            assert.equal(person.page.status, status, phone);
            assert.match(person.alert(), text);
        }
        assert.equal(t.webhook.requests.length, before);
    },

    async trouble_of_the_webhook_is_502_or_503_and_charges_nobody(t) {
        const person = await waiting(t, 'jack');
        await person.send('/sms/confirm', { code: codeOf(t, person.to) });
        for (const [manner, status, left] of [
            [MANNERS.status(500), 502, false], [MANNERS.status(503), 502, false], [MANNERS.status(401), 502, false],
            [MANNERS.status(302, '', { Location: 'http://127.0.0.1:1/' }), 502, false],
            [MANNERS.status(429, '', { 'Retry-After': '7' }), 503, false],
            [MANNERS.status(429, '', { 'Retry-After': new Date(Date.now() + 9000).toUTCString() }), 503, false],
            [MANNERS.status(422), 403, false], [MANNERS.cut(), 502, true]]) {
            const stepper = await atStep('jack');
            t.webhook.once = manner;
            await stepper.send('/step/send');
            assert.equal(stepper.page.status, status);
            assert.ok(stepper.alert(), 'the page says so');
            const later = Number(stepper.page.headers.get('retry-after') ?? 0);
            assert.ok(status === 503 ? later >= 6 && later <= 9 : !later, String(later));
            if (!left)
                await stepper.get('/login/step?return=/any/');
            assert.equal(/name="code"/.test(stepper.page.text), left);
        }
        assert.match(t.site.log(), /MPIN0810: the webhook of MPinSMS gives no answer that counts/);
        const stepper = await atStep('jack');
        await stepper.send('/step/send');
        assert.equal(stepper.page.status, 429, 'one may be on its way');
    },

    async a_slow_one_holds_nobody_for_long(t) {
        const person = await waiting(t, 'jill');
        await person.send('/sms/confirm', { code: codeOf(t, person.to) });
        const stepper = await atStep('jill');
        t.webhook.once = MANNERS.never();
        const began = Date.now();
        await stepper.send('/step/send');
        assert.equal(stepper.page.status, 502);
        assert.ok(Date.now() - began < 15_000);
    },

    async messages_are_limited_by_user_and_number(t) {
        const person = await new Person().signIn('joan');
        const seen = [];
        for (let i = 0; i < 7; i++) {
            await person.get('/account');
            await person.send('/account/sms', { phone: number() });
            seen.push(person.page.status);
        }
        assert.deepEqual(seen, [200, 200, 200, 200, 200, 429, 429]);
        assert.match(person.alert(), /Too many messages/);
        assert.ok(Number(person.page.headers.get('retry-after')) <= 3600);
    },

    async nobody_uses_up_the_messages_of_anothers_number(t) {
        const person = await enrolled(t, 'june');
        for (let i = 0; i < 4; i++) {
            const stranger = await waiting(t, `stranger${i}`, person.to);
            assert.equal(stranger.page.status, 200, 'somebody names a number that is not theirs');
        }
        const stranger = await waiting(t, 'stranger4', person.to);
        assert.equal(stranger.page.status, 429, 'which ends after a few');
        const stepper = await atStep('june');
        await stepper.send('/step/send');
        assert.equal(stepper.page.status, 303, 'and its owner signs in all the same');
    },

    async a_browser_remembered_by_sms_is_none_where_an_app_is_asked_for(t) {
        const person = await enrolled(t, 'jess');
        const stepper = await atStep('jess');
        await stepper.send('/step/send');
        await stepper.follow();
        await stepper.send('/login/step', { code: codeOf(t, person.to), remember: '1' });
        assert.equal(stepper.page.status, 303);
        const cookie = [...stepper.cookies].find(([name]) => name.includes('remember'));
        assert.ok(cookie, 'it is remembered');
        const later = new Person();
        later.cookies = new Map([cookie]);
        await later.signIn('jess');
        assert.equal(await later.opens('/any/'), true, 'it spares the step');
        assert.equal(await later.opens('/sms/'), true);
        assert.equal(await later.opens('/totp/'), false, 'but is no better than what it was remembered by');
    },

    async parallel_guesses_over_two_processes_count_exactly(t) {
        const person = await atStep('john');
        await person.send('/step/send');
        await person.follow();
        const code = codeOf(t, '+491701234567');
        const { fields } = fieldsOf(person.page.text, '/login/step');
        const guess = async (typed) => {
            const one = new Person();
            one.cookies = new Map(person.cookies);
            return (await one.post('/login/step', { ...fields, code: typed })).status;
        };
        const seen = await Promise.all(Array.from({ length: 40 }, () => guess(other(code))));
        assert.equal(seen.filter((status) => status === 401).length, 5, String(seen));
        assert.equal(seen.filter((status) => status === 429).length, 35);
        assert.equal(await guess(code), 429, 'not even the right one, for a minute');
    },

    async the_right_code_from_many_at_once_is_taken_once(t) {
        const person = await waiting(t, 'joan2');
        const { fields } = fieldsOf(person.page.text, '/sms/confirm');
        const code = codeOf(t, person.to);
        await Promise.all(Array.from({ length: 5 }, () => {
            const one = new Person();
            one.cookies = new Map(person.cookies);
            return one.post('/account/sms/confirm', { ...fields, code });
        }));
        const audit = t.site.audit().split('\n').filter((line) => line.includes('factor_added') && line.includes('joan2'));
        assert.equal(audit.length, 1);
    },

    async no_code_and_no_secret_is_in_any_log(t) {
        const logs = t.site.log() + t.site.audit();
        assert.doesNotMatch(logs, new RegExp(SECRET));
        for (const { code, to } of t.webhook.messages) {
            assert.doesNotMatch(logs, tellsOf(code), code);
            assert.ok(!logs.includes(to), to);
        }
    },
};

/** What the form of a step would have sent, had it a field for a code. */
function formOf(person) {
    const { fields } = fieldsOf(person.page.text, '/step/send');
    return { ...fields, return: '/any/' };
}

run(TESTS, async () => {
    const webhook = await startWebhook(port + 1);
    const site = await startSite((_, secret) => `MPinSMS webhook http://127.0.0.1:${port + 1}/send secret=${secret('sms', SECRET)} countries=+49,+1 template="Wiki: {{code}} is your code"\nMPinRememberBrowser 30d`,
        ['john', 'jane', 'jim', 'joan', 'jack', 'jill', 'joan2', 'june', 'jess', ...Array.from({ length: 5 }, (_, i) => `stranger${i}`)]);
    return { site, webhook, stop() { webhook.close(); return site.stop(); } };
});
