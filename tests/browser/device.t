// SPDX-License-Identifier: Apache-2.0
// What the device computes and keeps.
const assert = require('node:assert/strict');
const { enrol, openProfile, run, screen, typePin } = require('./browser.js');

/** The pass 1 and pass 2 messages that a page sends from now on. */
function messages(page) {
    const sent = [];
    page.on('request', (request) => /pass[12]$/.test(request.url()) && sent.push(request.postDataJSON()));
    return sent;
}

/** All that the origin keeps, as text. */
const kept = (page) => page.evaluate(async () => {
    const all = [JSON.stringify(localStorage), JSON.stringify(sessionStorage)];
    const database = await new Promise((resolve) => {
        indexedDB.open('mpin').onsuccess = ({ target }) => resolve(target.result);
    });
    for (const name of database.objectStoreNames) {
        const records = await new Promise((resolve) => {
            database.transaction(name).objectStore(name).getAll().onsuccess = ({ target }) => resolve(target.result);
        });
        for (const record of records)
            all.push(record instanceof CryptoKey ? `key extractable=${record.extractable}` : JSON.stringify(record,
                (_, value) => value instanceof ArrayBuffer ? [...new Uint8Array(value)] : value));
    }
    return all.join('\n');
});

run({
    async U_differs_across_loads_and_tries(t) {
        const page = await openProfile(t);
        await enrol(page, 'ulla', '7391');
        const sent = messages(page);
        for (let i = 0; i < 3; i++) {
            await page.goto('/login');
            await typePin(page, '7391');
            await page.waitForURL('**/');
            await page.context().clearCookies();
        }
        const commitments = sent.filter(({ pass }) => pass === 1).map(({ U }) => U);
        assert.ok(commitments.length >= 3);
        assert.equal(new Set(commitments).size, commitments.length);
    },

    async one_commitment_answers_one_challenge(t) {
        const page = await openProfile(t);
        await enrol(page, 'uwe', '7391');
        await page.goto('/login');
        const sent = messages(page);
        await typePin(page, '0001');
        await page.getByRole('alert').filter({ hasText: '2 tries left' }).waitFor();
        await typePin(page, '7391');
        await page.waitForURL('**/');
        const [first, second] = [1, 2].map((pass) => sent.filter((message) => message.pass === pass));
        assert.deepEqual([first.length, second.length], [2, 2]);
    },

    async a_pass_1_that_failed_while_typing_is_tried_again(t) {
        const page = await openProfile(t);
        await enrol(page, 'ute', '7391');
        await page.goto('/login');
        await screen(page, 'enter');
        await page.route('**/pass1', (route) => route.abort(), { times: 1 });
        const failed = page.waitForEvent('requestfailed');
        await page.keyboard.type('73');
        await failed;
        await page.keyboard.type('91');
        await page.waitForURL('**/');
    },

    async nothing_kept_or_sent_holds_the_pin_or_the_token(t) {
        const page = await openProfile(t);
        const bodies = [];
        page.on('request', (request) => bodies.push(request.url() + request.postData()));
        let secret;
        await page.route('**/signature/**', async (route) => {
            const response = await route.fetch();
            secret = (await response.json()).clientSecretShare;
            await route.fulfill({ response });
        });
        await enrol(page, 'vera', '7391');
        await page.goto('/login');
        await screen(page, 'enter');
        const text = await kept(page);
        assert.match(text, /key extractable=false/);
        assert.match(text, /vera/);
        assert.ok(secret && !text.includes(secret.slice(2, 98)));
        assert.doesNotMatch(text, /04[0-9a-f]{192}/);
        assert.ok(!bodies.some((body) => /\D7391\D/.test(body)));
    },

    async a_device_whose_key_is_lost_says_so_and_is_set_up_again(t) {
        const page = await openProfile(t);
        await enrol(page, 'lena', '7391');
        await page.evaluate(() => new Promise((resolve) => {
            indexedDB.open('mpin').onsuccess = ({ target }) => {
                target.result.transaction('keys', 'readwrite').objectStore('keys').clear().onsuccess = resolve;
            };
        }));
        await page.goto('/login');
        await typePin(page, '7391');
        await screen(page, 'lost');
        await page.getByRole('button', { name: 'Set up again' }).waitFor();
    },
});
