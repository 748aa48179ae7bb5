// SPDX-License-Identifier: Apache-2.0
// Codes by SMS through Twilio's Messages resource.
const { Person, port, run, startSite } = require('./sent_site.js');
const assert = require('node:assert/strict');
const { writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { ACCOUNT, MANNERS, TOKEN, startTwilio } = require('../lib/senders.cjs');

const codeOf = (t) => /\d{6}/.exec(t.twilio.messages.at(-1).text)[0];

async function add(name, phone) {
    const person = await new Person().signIn(name);
    await person.get('/account');
    await person.send('/account/sms', { phone });
    return person;
}

const TESTS = {
    async a_number_is_confirmed_by_a_message_of_twilios(t) {
        const person = await add('john', '+1 202 555 0143');
        assert.deepEqual(t.twilio.messages, [{ to: '+12025550143', from: '+15005550006', text: `Wiki & more: ${codeOf(t)} ü+ü` }]);
        const [{ method, headers, text }] = t.twilio.requests;
        assert.deepEqual([method, headers['content-type']], ['POST', 'application/x-www-form-urlencoded']);
        assert.match(text, /^To=%2b12025550143&From=%2b15005550006&Body=/i);
        await person.send('/sms/confirm', { code: codeOf(t) });
        assert.equal(await person.opens('/sms/'), true);
    },

    async each_refusal_has_a_page(t) {
        const error = (code, status = 400) => MANNERS.status(status, JSON.stringify({ code, message: 'x', status }));
        for (const [manner, status, says] of [
            [error(21211), 403, /can't send/], [error(21408), 403, /can't send/], [error(21610), 403, /can't send/],
            [error(21614), 403, /can't send/], [error(21212), 502, /gives no answer/], [error(20003, 401), 502, /doesn't let this site in/],
            [error(20429, 429), 503, /is busy/], [MANNERS.status(500, 'oops'), 502, /gives no answer/],
            [MANNERS.status(201, '{"sid":"SM1","error_code":30003}'), 502, /gives no answer/],
            [MANNERS.status(201, '{"error_code":21614}'), 403, /can't send/], [MANNERS.status(201, '{}'), 502, /gives no answer/],
            [MANNERS.status(201, '[]'), 502, /gives no answer/], [MANNERS.nonsense(), 502, /gives no answer/],
            [MANNERS.half(), 502, /gives no answer/], [MANNERS.huge(), 502, /gives no answer/]]) {
            t.twilio.once = manner;
            const person = await add(t.people.pop(), `+1202555${1000 + t.people.length}`);
            assert.equal(person.page.status, status);
            assert.match(person.alert(), says);
        }
        assert.match(t.site.log(), /MPIN0810: Twilio \(MPinSMS\) gives no answer that counts/);
    },

    async a_number_that_twilio_refuses_can_be_replaced(t) {
        const person = await add('jane', '+12025550000');
        assert.equal(person.page.status, 403);
        await person.send('/account/sms', { phone: '+12025550144' });
        assert.equal(person.page.status, 200);
        await person.send('/sms/confirm', { code: codeOf(t) });
        assert.equal(person.page.status, 303);
    },

    async numbers_that_take_none_are_not_tried_without_end(t) {
        const seen = [];
        for (let i = 0; i < 7; i++)
            seen.push((await add('prober', `+120255${i}0000`)).page.status);
        assert.deepEqual(seen, [403, 403, 403, 403, 403, 429, 429]);
    },

    async another_token_counts_after_a_graceful_reload(t) {
        const file = join(t.site.folder, 'twilio');
        const says = () => Buffer.from(t.twilio.requests.at(-1).headers.authorization.split(' ')[1], 'base64').toString();
        writeFileSync(file, `${ACCOUNT}:SK0123:tomorrow\n`);
        await t.site.reload();
        assert.equal((await add('jo', '+12025550150')).page.status, 502);
        assert.equal(says(), 'SK0123:tomorrow');
        writeFileSync(file, `${ACCOUNT}:${TOKEN}\n`);
        await t.site.reload();
        assert.equal((await add('jo', '+12025550151')).page.status, 200);
    },

    async the_token_is_in_no_log(t) {
        const logs = t.site.log() + t.site.audit();
        assert.doesNotMatch(logs, new RegExp(`tomorrow|${TOKEN}|${Buffer.from(TOKEN).toString('base64').slice(4, 16)}`));
    },
};

const more = Array.from({ length: 15 }, (_, i) => `p${i}`);
run(TESTS, async () => {
    const twilio = await startTwilio(port + 1);
    const site = await startSite((_, secret) => `MPinSMS twilio ${secret('twilio', `${ACCOUNT}:${TOKEN}\n`)} from=+15005550006 url=http://127.0.0.1:${port + 1} "template=Wiki & more: {{code}} ü+ü"`,
        ['john', 'jane', 'prober', 'jo', ...more]);
    return { site, twilio, people: [...more], stop() { twilio.close(); return site.stop(); } };
});
