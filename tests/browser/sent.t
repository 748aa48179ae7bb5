// SPDX-License-Identifier: Apache-2.0
// Codes by SMS and second steps at WorkOS as people see them, by conf/workos-demo.conf as it is shipped, with MPinSMS beside:
// every screen of WorkOS' own MFA example, each in four windows, light and dark, and axe-core finds nothing.
const { port } = require('../lib/ports.cjs');
const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const { chmodSync, mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { code } = require('./authenticator.js');
const { build, openProfile, root, run } = require('./browser.js');
const { apxs, makeFolder, ready, removeFolder, startHttpd } = require('./program.js');
const { check } = require('./pictures.js');
const { startWebhook } = require('../lib/senders.cjs');
const { KEY, startWorkOS, totp } = require('../lib/workos.cjs');

const url = `http://127.0.0.1:${port}`;
const PEOPLE = ['anna', 'bert', 'carla', 'dora', 'emil'];

async function start() {
    const folder = makeFolder('workos-demo', build);
    mkdirSync(join(folder, 'html/protected'), { recursive: true });
    writeFileSync(join(folder, 'html/protected/index.html'), '<h1>inside</h1>\n');
    for (const name of PEOPLE)
        execFileSync('htpasswd', [...name === PEOPLE[0] ? ['-c'] : [], '-Bb', '-C', '4', join(folder, 'users'), name, `${name}-secret`], { stdio: 'ignore' });
    writeFileSync(join(folder, 'workos.key'), `WORKOS_API_KEY=${KEY}\n`);
    chmodSync(join(folder, 'workos.key'), 0o600);
    const shipped = readFileSync(join(root, 'conf/workos-demo.conf'), 'utf8')
        .replaceAll('/usr/lib/apache2/modules/mod_auth_mpin.so', join(folder, 'mod_auth_mpin.so'))
        .replaceAll('/usr/lib/apache2/modules', apxs('LIBEXECDIR')).replaceAll('8005', String(port))
        .replaceAll(/\/(?:etc|run|var\/log|var\/lib)\/apache2\b/g, folder).replaceAll('/var/www/html', join(folder, 'html'))
        .replace(/^MPinWorkOS \S+/m, (line) => `${line} http://127.0.0.1:${port + 1}`)
        .replace(/^(?:User|Group) .*\n/gm, (line) => process.getuid() === 0 ? line : '');
    const workos = await startWorkOS(port + 1), webhook = await startWebhook(port + 2);
    const httpd = startHttpd(folder, `${shipped}\nMPinSMS webhook http://127.0.0.1:${port + 2}/ countries=+49,+1 template="Demo: {{code}}"`);
    const stop = () => {
        httpd.kill('SIGTERM');
        workos.close();
        webhook.close();
        removeFolder(folder);
    };
    try {
        await ready(httpd, port);
    } catch (error) {
        stop();
        throw error;
    }
    return { url, workos, webhook, stop };
}

async function atAccount(t, name) {
    const page = await openProfile(t);
    await page.goto('/login?return=/account');
    await page.fill('#username', name);
    await page.fill('#password', `${name}-secret`);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL(/offer/);
    await page.goto('/account');
    return page;
}

const lastCode = ({ messages }) => /\d{6}/.exec(messages.at(-1).text)[0];
const terms = (page) => page.$$eval('.pairs dt', (all) => Object.fromEntries(all.map((dt) => [dt.textContent, dt.nextElementSibling.textContent])));

/** From "Add an authenticator app" until it counts; its secret. */
async function addApp(page, name) {
    await page.locator('summary', { hasText: 'Add an authenticator app' }).click();
    await page.fill('#issuer', name);
    await page.locator('details[open]').getByRole('button').click();
    const secret = await page.textContent('#totp-secret');
    await page.locator('svg.qr').waitFor();
    return secret;
}

async function typeCode(page, code, button) {
    await page.fill('#code', '');
    await page.locator('#code').pressSequentially(code);
    await page.getByRole('button', { name: button }).click();
}

run({
    async an_app_at_workos_from_the_list_to_the_verdict(t) {
        const page = await atAccount(t, 'anna');
        await page.getByText('None at WorkOS yet.').waitFor();
        await check(page, 'workos-empty');
        const secret = await addApp(page, 'Acme');
        await check(page, 'workos-app');
        await typeCode(page, await code(secret, -30), 'Continue');
        await page.getByText('Done: your second step is ready').waitFor();
        await page.getByText('Acme', { exact: true }).waitFor();
        await check(page, 'workos-list');

        await page.getByRole('link', { name: 'View details of Acme' }).click();
        assert.deepEqual(Object.keys(await terms(page)), ['ID', 'Type', 'Phone number', 'Created', 'Updated']);
        await check(page, 'workos-detail-app');
        await page.getByRole('button', { name: 'Challenge this second step' }).click();
        await check(page, 'workos-code');
        await typeCode(page, '000000', 'Verify');
        await page.getByText('User verified: False').waitFor();
        await page.getByRole('link', { name: 'View details' }).click();
        await page.getByRole('button', { name: 'Challenge this second step' }).click();
        await typeCode(page, totp(secret), 'Verify');
        await page.getByText('User verified: True').waitFor();
        assert.deepEqual(Object.keys(await terms(page)), ['ID', 'Created']);
        await check(page, 'workos-verdict');
        await page.getByRole('link', { name: 'Back to your account' }).click();
        await page.getByRole('button', { name: 'Remove all at WorkOS' }).click();
        await page.getByText('None at WorkOS yet.').waitFor();
        assert.equal(t.site.workos.factors.size, 0);
    },

    async a_number_at_workos_with_a_text_of_ones_own(t) {
        const page = await atAccount(t, 'bert');
        await page.locator('summary', { hasText: 'Add a phone number' }).click();
        await page.fill('#workos-phone', '+1 202 555 0143');
        await page.locator('details[open]').getByRole('button').click();
        await page.getByText('+12 … 143').first().waitFor();
        await check(page, 'workos-sms-code');
        await typeCode(page, lastCode(t.site.workos), 'Continue');
        await page.getByRole('link', { name: /View details of/ }).click();
        assert.equal((await terms(page))['Phone number'], '+12025550143');
        await check(page, 'workos-detail-sms');
        await page.fill('#text', 'My own words: {{code}}');
        await page.getByRole('button', { name: 'Challenge this second step' }).click();
        await page.locator('#code').waitFor();
        assert.match(t.site.workos.messages.at(-1).text, /^My own words: \d{6}$/);
        await page.evaluate((code) => navigator.clipboard?.writeText(code), lastCode(t.site.workos)).catch(() => {});
        await typeCode(page, lastCode(t.site.workos), 'Verify');
        await page.getByText('User verified: True').waitFor();
        assert.deepEqual(Object.keys(await terms(page)), ['ID', 'Created', 'Expires']);
    },

    async a_number_for_codes_by_sms_and_the_step_that_asks_for_one(t) {
        const page = await atAccount(t, 'carla');
        await page.fill('#phone', '0170 1234567');
        await page.locator('form[action$="/account/sms"]').getByRole('button').click();
        await page.getByRole('alert').filter({ hasText: 'no phone number' }).waitFor();
        await check(page, 'sms-number-wrong');
        await page.fill('#phone', '+49 170 1234567');
        await page.getByRole('button', { name: 'Send me a code' }).click();
        await page.getByText('You can ask for another code in').first().waitFor();
        await check(page, 'sms-first-code');
        await typeCode(page, '00000', 'Continue');
        await page.getByRole('alert').filter({ hasText: 'isn\'t right' }).waitFor();
        await check(page, 'sms-first-code-wrong');
        await typeCode(page, lastCode(t.site.webhook), 'Continue');
        await page.getByText('Done: your second step is ready').waitFor();

        const other = await atAccount(t, 'carla');
        await other.goto('/protected/');
        await other.waitForURL(/step/);
        const before = t.site.webhook.messages.length;
        await check(other, 'sms-step');
        assert.equal(t.site.webhook.messages.length, before, 'looking at it sends nothing');
        await other.keyboard.press('Tab');
        await other.getByRole('button', { name: 'Send me a code' }).press('Enter');
        await other.locator('#code').waitFor();
        await check(other, 'sms-step-sent');
        assert.equal(await other.getByRole('button', { name: 'Send another code' }).isDisabled(), true);
        await typeCode(other, lastCode(t.site.webhook), 'Continue');
        await other.getByRole('heading', { name: 'inside' }).waitFor();
    },

    async each_trouble_of_workos_is_seen_and_is_no_dead_end(t) {
        const page = await atAccount(t, 'emil');
        const answer = (status, headers) => (response) => response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end('{"message":"no"}');
        const secret = await addApp(page, 'Acme');
        await typeCode(page, await code(secret, -30), 'Continue');
        await page.getByText('Done: your second step is ready').waitFor();
        for (const [name, status, says, headers] of [['key', 401, /doesn't let this site in/], ['gone', 404, /no longer has this second step/],
            ['busy', 429, /is busy/, { 'Retry-After': '7' }], ['down', 500, /gives no answer/]]) {
            t.site.workos.manner = answer(status, headers);
            await page.goto('/account');
            await page.getByRole('link', { name: 'View details of Acme' }).click();
            await page.getByRole('alert').filter({ hasText: says }).waitFor();
            assert.equal(await page.getByRole('button', { name: 'Challenge this second step' }).count(), 0, 'nothing that cannot work');
            await check(page, `workos-detail-${name}`);
            await page.getByRole('link', { name: 'Back to your account' }).click();
            await page.getByText('Acme', { exact: true }).waitFor();
        }
        t.site.workos.manner = answer(500);
        await page.getByRole('button', { name: 'Remove Acme' }).click();
        await page.getByText('gave no useful answer').waitFor();
        await check(page, 'workos-remove-down');
        t.site.workos.manner = null;
        await page.getByRole('link', { name: 'Try again' }).press('Enter');
        await page.getByRole('link', { name: 'View details of Acme' }).click();
        await page.getByRole('button', { name: 'Challenge this second step' }).click();
        t.site.workos.manner = (response, request) => request.url.endsWith('/verify') ? answer(422)(response) : null;
        await typeCode(page, '123456', 'Verify');
        await page.getByRole('alert').filter({ hasText: 'no longer good' }).waitFor();
        await check(page, 'workos-verify-over');
        t.site.workos.manner = null;
        await page.getByRole('button', { name: 'Challenge this second step' }).click();
        await page.fill('#code', '123456');
        await check(page, 'workos-code-typed');
        await typeCode(page, totp(secret), 'Verify');
        await page.getByText('User verified: True').waitFor();

        await page.goto('/account');
        await page.locator('summary', { hasText: 'Add a phone number' }).click();
        await page.fill('#workos-phone', '+49 (0)170 1234567');
        await page.locator('details[open]').getByRole('button').click();
        await page.getByRole('alert').filter({ hasText: 'can\'t send messages to this number' }).waitFor();
        await check(page, 'workos-number-refused');
    },

    async without_script_all_of_it_works(t) {
        const page = await openProfile(t, { javaScriptEnabled: false });
        await page.goto('/login?return=/account');
        await page.fill('#username', 'dora');
        await page.fill('#password', 'dora-secret');
        await page.getByRole('button', { name: 'Sign in' }).click();
        await page.goto('/account');
        await page.fill('#phone', '+491701234568');
        await page.locator('form[action$="/account/sms"]').getByRole('button').click();
        await page.getByRole('button', { name: 'Send another code' }).click();
        await page.getByText('Wait half a minute').waitFor();
        await page.fill('#code', lastCode(t.site.webhook));
        await page.getByRole('button', { name: 'Continue' }).click();
        await page.getByText('Done: your second step is ready').waitFor();
    },

    async trouble_is_told_and_is_no_dead_end(t) {
        const page = await atAccount(t, 'dora');
        t.site.webhook.once = (response) => response.writeHead(500).end();
        await page.goto('/protected/');
        await page.getByRole('button', { name: 'Send me a code' }).click();
        await page.getByRole('alert').filter({ hasText: 'gives no answer' }).waitFor();
        await check(page, 'sms-step-trouble');
        await page.getByRole('button', { name: 'Send me a code' }).click();
        await typeCode(page, lastCode(t.site.webhook), 'Continue');
        await page.getByRole('heading', { name: 'inside' }).waitFor();
    },
}, start);
