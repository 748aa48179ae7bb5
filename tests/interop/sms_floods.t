// SPDX-License-Identifier: Apache-2.0
// Codes by SMS, and those who want others to pay for them or to be without: a sender that hangs, one address with many names and
// many numbers, strangers who use up a day, guesses over many codes.
const { Person, fieldsOf, port, run, startSite } = require('./sent_site.js');
const assert = require('node:assert/strict');
const { MANNERS, startWebhook } = require('../lib/senders.cjs');

const DAY = 60;
const CROWD = Array.from({ length: 40 }, (_, i) => `crowd${i}`);
const PEOPLE = ['anna', 'bert', 'cara', ...CROWD];
const codeOf = (t, to) => t.webhook.messages.filter((message) => message.to === to).at(-1).code;
const other = (code) => String((Number(code) + 1) % 1_000_000).padStart(6, '0');
let next = 1000;
const number = () => `+49170123${next++}`;

async function signedIn(name, from) {
    const person = new Person(from);
    await person.signIn(name);
    await person.get('/account');
    return person;
}

async function enrolled(t, name, from) {
    const person = await signedIn(name, from), to = number();
    await person.send('/account/sms', { phone: to });
    assert.equal(person.page.status, 200, person.page.text);
    await person.send('/sms/confirm', { code: codeOf(t, to) });
    assert.equal(person.page.headers.get('location'), '/account?done=added');
    return Object.assign(person, { to });
}

async function atStep(name, from) {
    const person = new Person(from);
    await person.signIn(name);
    await person.get('/any/');
    await person.follow();
    return person;
}

const counted = (seen) => seen.reduce((all, one) => ({ ...all, [one]: (all[one] ?? 0) + 1 }), {});

run({
    async a_number_is_confirmed_while_there_is_room(t) {
        t.owner = await enrolled(t, 'cara', '127.0.3.2');
    },

    async a_sender_that_hangs_leaves_workers_to_everybody_else(t) {
        const people = await Promise.all(CROWD.map((name, i) => signedIn(name, `127.0.1.${i + 1}`)));
        t.webhook.manner = MANNERS.never();
        const began = Date.now();
        const asked = people.map(async (person) => {
            const { status, headers } = await person.send('/account/sms', { phone: number() });
            return { status, later: headers.get('retry-after'), ms: Date.now() - began };
        });
        await new Promise((done) => setTimeout(done, 1500));
        const before = Date.now();
        assert.equal((await new Person().get('/login')).status, 200);
        assert.ok(Date.now() - before < 2000, 'while all of them wait');
        const seen = await Promise.all(asked);
        t.webhook.manner = null;
        const busy = seen.filter(({ status }) => status === 503), slow = seen.filter(({ status }) => status === 502);
        assert.equal(busy.length + slow.length, seen.length, JSON.stringify(counted(seen.map(({ status }) => status))));
        assert.equal(slow.length, 12, 'three quarters of a tenth of 160 workers');
        assert.ok(busy.every(({ later, ms }) => Number(later) > 0 && ms < 4000), 'whoever finds no seat hears it at once');
        assert.ok(slow.every(({ ms }) => ms < 9000), 'and nobody waits longer than the time that is given');
    },

    async guesses_are_counted_over_all_codes_that_were_sent(t) {
        const person = await enrolled(t, 'anna', '127.0.2.1'), seen = [];
        const stepper = await atStep('anna', '127.0.2.1');
        await stepper.send('/step/send');
        await stepper.follow();
        const page = stepper.page;
        for (let i = 0; i < 3; i++)
            seen.push((await stepper.send('/login/step', { code: other(codeOf(t, person.to)) }, page)).status);
        const again = await atStep('anna', '127.0.2.2'); // another browser, to which no code was sent
        for (let i = 0; i < 4; i++)
            seen.push((await again.post('/login/step', { ...fieldsOf(again.page.text, '/step/send').fields, return: '/any/', code: '12345' })).status);
        assert.deepEqual(seen.slice(0, 3), [401, 401, 401]);
        assert.ok(seen.slice(3).every((status) => status === 410), 'a session that has no code is not judged');
        for (let i = 0; i < 3; i++)
            seen.push((await stepper.send('/login/step', { code: other(codeOf(t, person.to)) }, page)).status);
        assert.deepEqual(seen.slice(7), [401, 401, 429]);
    },

    async a_confirmed_number_is_not_changed_by_a_form_of_before(t) {
        const person = await signedIn('bert', '127.0.3.1'), mine = number(), foreign = number();
        await person.send('/account/sms', { phone: mine });
        const { fields } = fieldsOf(person.page.text, '/account/sms');
        await person.send('/sms/confirm', { code: codeOf(t, mine) });
        await person.get('/account');
        const { fields: own } = fieldsOf(person.page.text, '/account/sms');
        const before = t.webhook.messages.length;
        await person.post('/account/sms', { ...own, factor: fields.factor, phone: foreign });
        assert.equal(person.page.headers.get('location'), '/account?done=added');
        assert.equal(t.webhook.messages.length, before, 'nothing is sent, to neither');
        const stepper = await atStep('bert', '127.0.3.1');
        await stepper.send('/step/send');
        assert.equal(t.webhook.messages.at(-1).to, mine);
    },

    async one_address_does_not_send_to_one_number_after_the_other(t) {
        const seen = [];
        for (const name of CROWD.slice(0, 33))
            seen.push((await (await signedIn(name, '127.0.9.9')).send('/account/sms', { phone: number() })).status);
        const { 200: sent, 429: refused } = counted(seen);
        assert.ok(sent <= 30 && refused >= 3, JSON.stringify(counted(seen)));
    },

    async strangers_leave_half_of_the_day_s_messages(t) {
        let last;
        for (let i = 0; i < 20 && last !== 429; i++)
            last = (await (await signedIn(CROWD[(33 + i) % 40], `127.0.8.${i}`)).send('/account/sms', { phone: number() })).status;
        assert.equal(last, 429, 'numbers that nobody has confirmed get no more today');
        assert.ok(t.webhook.requests.length < DAY);
        const stepper = await atStep('cara', '127.0.3.1');
        assert.equal((await stepper.send('/step/send')).status, 303, 'whoever has one signs in by it');
        assert.equal(t.webhook.messages.at(-1).to, t.owner.to);
    },
}, async () => {
    const webhook = await startWebhook(port + 1);
    const site = await startSite(() => `MPinSMS webhook http://127.0.0.1:${port + 1}/send template="{{code}}" day=${DAY}`, PEOPLE);
    return { site, webhook, stop() { webhook.close(); return site.stop(); } };
});
