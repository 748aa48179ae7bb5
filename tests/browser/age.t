// SPDX-License-Identifier: Apache-2.0
// A person who signed in too long ago to set up a PIN shows once more that it's them, and goes on setting it up. The site's
// clock is moved while it runs.
const { port } = require('../lib/ports.cjs');
const { execFileSync } = require('node:child_process');
const { existsSync, mkdirSync, readdirSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { build, choosePin, openProfile, run, screen, signInByPassword, typePin } = require('./browser.js');
const { desktops, match, phones, scan, tapPin } = require('./phones.js');
const { apxs, makeFolder, ready, removeFolder, startHttpd } = require('./program.js');

const url = `http://127.0.0.1:${port}`;
const folder = makeFolder('age', build);
const modules = apxs('LIBEXECDIR');
const clock = join(folder, 'clock');
const faketime = readdirSync('/usr/lib').map((name) => `/usr/lib/${name}/faketime/libfaketimeMT.so.1`).find(existsSync);

const configuration = `${process.getuid() === 0 ? 'User www-data\nGroup www-data\n' : ''}ServerRoot "${folder}"
ServerName 127.0.0.1:${port}
Listen 127.0.0.1:${port}
PidFile "${folder}/httpd.pid"
ErrorLog "${folder}/logs/error.log"
LogLevel warn auth_mpin:debug
${['mpm_event', 'authn_core', 'authn_file', 'authz_core', 'authz_user', 'dir'].map((name) =>
        `LoadModule ${name}_module ${modules}/mod_${name}.so`).join('\n')}
LoadModule auth_mpin_module "${folder}/mod_auth_mpin.so"
DocumentRoot "${folder}/site"
DirectoryIndex page.html
MPinEngine On
MPinStore "lmdb:${folder}/store"
MPinKeyFile "${folder}/keys/mpin.keys"
MPinPasswordProvider file
MPinSessionIdleTimeout 5h
<Location /login>
    AuthUserFile "${folder}/users"
</Location>
<Directory "${folder}/site">
    ForceType text/html
</Directory>
<Location /protected>
    AuthType MPin
    Require valid-user
</Location>`;

/** A page of an application's own, with the pad as Milagro's pages have it. */
const OWN = `<!doctype html><html lang="en"><title>own</title><div id="pad"></div><script src="/mpin.js"></script>
<script src="/own.js"></script>`;

let minutes = 0;

/** The site's clock goes on by so much. */
function later(more) {
    minutes += more;
    writeFileSync(clock, `+${minutes}m\n`);
}

async function start() {
    for (const name of ['site/protected', 'site/own'])
        mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, 'site/protected/page.html'), '<!doctype html><p>You are in.');
    writeFileSync(join(folder, 'site/own/page.html'), OWN);
    writeFileSync(join(folder, 'site/own.js'),
        `new mpin({ targetElement: 'pad', clientSettingsURL: '/rps/clientSettings', successLoginURL: '/protected/' });`);
    execFileSync('htpasswd', ['-Bbc', '-C', '4', join(folder, 'users'), 'john', 'k7-maple-42'], { stdio: 'ignore' });
    later(0);
    const httpd = startHttpd(folder, configuration, { env: { ...process.env, LD_PRELOAD: faketime,
        FAKETIME_TIMESTAMP_FILE: clock, FAKETIME_NO_CACHE: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' } });
    const stop = () => {
        httpd.kill('SIGTERM');
        removeFolder(folder);
    };
    try {
        await ready(httpd, port);
    } catch (error) {
        stop();
        throw error;
    }
    return { url, user: 'john', password: 'k7-maple-42', stop };
}

const button = (page, name) => page.getByRole('button', { name, exact: true });
const inside = (page) => page.waitForURL(({ pathname }) => pathname.startsWith('/protected'));

/** At the page that asks for a proof. */
async function confirm(page, t) {
    await page.waitForURL('**/login?fresh=1*');
    await page.getByText('Confirm that it\'s you first. Then set up your PIN.').waitFor();
    await signInByPassword(page, t.site);
}

run({
    async an_offer_that_lay_too_long_leads_to_a_proof_and_back(t) {
        const page = await openProfile(t);
        await page.goto('/protected/?page=2');
        await signInByPassword(page, t.site);
        await screen(page, 'offer');
        later(11);
        await button(page, 'Set up PIN').click();
        await screen(page, 'confirm');
        await button(page, 'Confirm that it\'s you').click();
        await confirm(page, t);
        await choosePin(page, '7391');
        await page.waitForURL('**/protected/?page=2');
    },

    async an_applications_own_page_leads_to_a_proof_and_back(t) {
        const page = await openProfile(t);
        await page.goto('/protected/');
        await signInByPassword(page, t.site);
        await page.getByRole('link', { name: 'Not now' }).click();
        await inside(page);
        later(11);
        await page.goto('/own/?x=1');
        await button(page, 'Set up PIN').click();
        await button(page, 'Confirm that it\'s you').click();
        await confirm(page, t);
        await choosePin(page, '7391');
        await page.waitForURL('**/own/?x=1');
        await screen(page, 'enter');
    },

    async the_pin_of_another_device_is_a_proof(t) {
        const phone = await phones(t);
        await phone.goto('/protected/');
        await signInByPassword(phone, t.site);
        await button(phone, 'Set up PIN').click();
        await choosePin(phone, '7391');
        await inside(phone);
        const page = await desktops(t);
        await page.goto('/protected/');
        await signInByPassword(page, t.site);
        await screen(page, 'offer');
        later(11);
        await button(page, 'Set up PIN').click();
        await button(page, 'Confirm that it\'s you').click();
        await page.waitForURL('**/login?fresh=1*');
        const answered = page.waitForResponse('**/rps/getQrUrl');
        await page.locator('[data-to=phone]').filter({ visible: true }).click();
        await scan(phone, await (await answered).json());
        await button(phone, await match(page)).tap();
        await tapPin(phone, '7391');
        await choosePin(page, '2846');
        await inside(page);
    },

    async a_pin_that_was_remembered_after_all_is_kept(t) {
        const page = await openProfile(t);
        await page.goto('/protected/');
        await signInByPassword(page, t.site);
        await button(page, 'Set up PIN').click();
        await choosePin(page, '7391');
        await inside(page);
        later(11);
        await page.goto('/own/');
        await button(page, 'Forgot PIN?').click();
        await button(page, 'Confirm that it\'s you').click();
        await page.waitForURL('**/login?fresh=1*');
        await page.locator('[data-to=pin]').filter({ visible: true }).click(); // a password is asked for first
        await screen(page, 'enter');
        await typePin(page, '7391');
        await page.waitForURL('**/own/');
        await screen(page, 'enter');
    },
}, start);
