// SPDX-License-Identifier: Apache-2.0
// A server that lies: whatever it answers, the pad shows one of its screens, throws nothing that nobody catches, and
// sends neither PIN nor token.
const assert = require('node:assert/strict');
const { enrol, openProfile, run, screen, typePin } = require('./browser.js');

const HTML = '<img src=x onerror=alert(1)>';
const GIANT = 'x'.repeat(200_000);
const POINT = '04' + '22'.repeat(96); // not on the curve

/** Each field of clientSettings, as something that it is not. */
const SETTINGS = [
    ...['mpinAuthServerURL', 'registerURL', 'loginURL', 'pinLength', 'title', 'registration', 'signedIn', 'suite',
        'timePermitsURL', 'certivoxURL', 'serverTime'].flatMap((field) =>
        [7, null, [], {}, HTML, 'http://[', 'javascript:alert(1)', GIANT].map((value) => [field, value])),
    ['pinLength', 1e9], ['pinLength', -1],
];

const wrap = (json) => ({ contentType: 'application/json', body: JSON.stringify(json) });

run({
    async whatever_client_settings_say_a_screen_is_shown(t) {
        const page = await openProfile(t);
        await page.goto('/login');
        const good = await page.evaluate(async () => (await fetch('/rps/clientSettings')).json());
        let answer;
        await page.route('**/clientSettings', (route) => route.fulfill(answer));
        page.on('dialog', () => t.problems.push('a script of the server\'s has run'));
        const answers = [...SETTINGS.map(([field, value]) => wrap({ ...good, [field]: value })), wrap(null), wrap(7), wrap([]),
            wrap('text'), { contentType: 'text/html', body: HTML }, { body: '' }, { body: '{"suite":' },
            ...['https://elsewhere.example/', '/rps/clientSettings?other'].map((Location) => ({ status: 302, headers: { Location } }))];
        for (const [i, one] of answers.entries()) {
            answer = one;
            await page.goto('/login');
            await page.waitForSelector('.mp-screen:not(.mp-screen-loading)', { state: 'attached' })
                .catch(() => assert.fail(`no screen: ${JSON.stringify(SETTINGS[i] ?? i).slice(0, 100)}`));
            assert.equal(await page.locator('.mp img').count(), 0);
            // A preload goes as far as the page's policy lets it; the pad takes no answer that was redirected.
            if (one.status === 302)
                await page.waitForSelector('.mp-screen-offline', { state: 'attached' });
            for (const problem of t.problems.splice(0).filter((said) => one.status !== 302 || !/Content Security Policy/.test(said)))
                assert.fail(`${JSON.stringify(SETTINGS[i] ?? i).slice(0, 100)}: ${problem}`);
        }
    },

    async a_challenge_that_is_none_gets_no_answer(t) {
        const page = await openProfile(t);
        await enrol(page, 'hanna', '7391');
        const proofs = [];
        page.on('request', (request) => request.url().endsWith('/pass2') && proofs.push(request.postData()));
        let answer;
        await page.route('**/pass1', (route) => route.fulfill(answer));
        for (const y of [undefined, null, 7, '', '0'.repeat(96), 'f'.repeat(96), '1'.repeat(98), POINT, HTML, GIANT]) {
            answer = wrap({ y, passId: HTML });
            await page.goto('/login');
            await typePin(page, '7391');
            await page.waitForSelector('.mp-screen-lost, .mp-screen-offline');
        }
        assert.deepEqual(proofs, []);
    },

    async a_secret_that_is_no_point_is_not_kept(t) {
        const page = await openProfile(t);
        let answer;
        await page.route('**/signature/**', (route) => route.fulfill(answer));
        for (const clientSecretShare of [undefined, 7, '', POINT, '04' + '0'.repeat(192), HTML]) {
            answer = wrap({ clientSecretShare, params: '' });
            await page.goto('/login');
            await page.locator('[data-to=pin]').click();
            await page.fill('#mp-name', 'helga' + Math.random().toString(36).slice(2));
            await page.getByRole('button', { name: 'Continue' }).click();
            await screen(page, 'choose-pin');
            await typePin(page, '7391');
            await screen(page, 'confirm-pin');
            await typePin(page, '7391');
            await page.waitForSelector('.mp-screen-storage', { state: 'attached' });
            assert.equal(await page.evaluate(() => localStorage.getItem('mpin-known')), '');
        }
    },
});
