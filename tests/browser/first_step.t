// SPDX-License-Identifier: Apache-2.0
// The first second step of somebody who is asked for one (MPinSecondFactorEnrol), set up on the way to the place: a number or a
// passkey.
const { port } = require('../lib/ports.cjs');
const assert = require('node:assert/strict');
const { alert, enrol, openProfile, run, startSite, typePin } = require('./browser.js');
const { check } = require('./pictures.js');
const { startWebhook } = require('../lib/senders.cjs');

async function start() {
    const webhook = await startWebhook(port + 1);
    const site = await startSite(() => `
MPinTOTP "M-Pin demo"
MPinSMS webhook http://127.0.0.1:${port + 1}/ countries=+49 template="Demo: {{code}}"
MPinSecondFactorEnrol On
${['sms', 'strong'].map((word) => `<Location /${word}>
    AuthType MPin
    MPinLoginMethods pin
    MPinSecondFactor ${word}
    Require valid-user
</Location>`).join('\n')}
`, 'localhost');
    return { ...site, webhook, stop() { site.stop(); webhook.close(); } };
}

let people = 0;

/** Somebody new who has a PIN, at the page to which a place leads. */
async function atPlace(t, place) {
    const page = await openProfile(t);
    await enrol(page, `first${++people}@example.org`, '7391');
    await page.goto('/login');
    await typePin(page, '7391');
    await page.waitForURL('**/');
    await page.goto(place);
    return page;
}

/** A keeper of passkeys in Chromium. */
async function plugIn(page) {
    const cdp = await page.context().newCDPSession(page);
    await cdp.send('WebAuthn.enable');
    await cdp.send('WebAuthn.addVirtualAuthenticator', { options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true,
        hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true } });
}

const lastCode = ({ messages }) => /\d{6}/.exec(messages.at(-1).text)[0];
const at = (page, path) => page.waitForURL((url) => url.pathname + url.search === path);

run({
    async a_number_is_set_up_on_the_way_and_leads_to_the_place(t) {
        const page = await atPlace(t, '/sms?a=b&c=%20d');
        await check(page, 'first-sms');
        assert.equal(await page.getByRole('button', { name: 'Set up an authenticator app' }).count(), 0);
        await page.fill('#phone', '12');
        await page.keyboard.press('Enter');
        await alert(page, /country/);
        await page.fill('#phone', '+49 170 1234567');
        await page.keyboard.press('Enter');
        await page.fill('#code', '000000');
        await page.keyboard.press('Enter');
        await alert(page, /isn't right/);
        await page.fill('#code', lastCode(t.site.webhook));
        await page.keyboard.press('Enter');
        await at(page, '/sms?a=b&c=%20d');
    },

    async who_cancels_is_at_the_place_again(t) {
        const page = await atPlace(t, '/sms?x=1');
        await page.fill('#phone', '+49 170 1234568');
        await page.keyboard.press('Enter');
        await page.getByRole('link', { name: 'Cancel' }).click();
        await page.waitForURL('**/login/step?*');
        await page.fill('#phone', '+49 170 1234568');
        await page.keyboard.press('Enter');
        await page.fill('#code', lastCode(t.site.webhook));
        await page.keyboard.press('Enter');
        await at(page, '/sms?x=1');
    },

    async a_passkey_is_set_up_on_the_way_and_leads_to_the_place(t) {
        const page = await atPlace(t, '/strong?a=b');
        await plugIn(page);
        await page.reload();
        await check(page, 'first-passkey');
        await page.getByRole('button', { name: 'Set up a passkey' }).click();
        await at(page, '/strong?a=b');
    },

    async without_script_a_number_is_set_up_all_the_same(t) {
        const page = await atPlace(t, '/');
        const plain = await t.browser.newContext({ baseURL: t.site.url, javaScriptEnabled: false,
            storageState: await page.context().storageState() });
        t.contexts.push(plain);
        const still = await plain.newPage();
        await still.goto('/sms');
        await still.fill('#phone', '+49 170 1234569');
        await still.getByRole('button', { name: 'Use codes sent to your phone' }).click();
        await still.fill('#code', lastCode(t.site.webhook));
        await still.getByRole('button', { name: 'Continue' }).click();
        await at(still, '/sms');
        await still.goto('/strong');
        assert.equal(await still.getByRole('button', { name: 'Set up a passkey' }).count(), 0, 'who has one step sets up no other here');
    },
}, start);
