// SPDX-License-Identifier: Apache-2.0
// conf/examples/kerberos.conf as it is shipped, with a KDC of the test's own, in Chromium: with a ticket, without one, with
// one of another realm, and by the password of the same account. The file's PAM service is one that asks the KDC by kinit.
const assert = require('node:assert/strict');
const { execFileSync, spawn } = require('node:child_process');
const { chmodSync, chownSync, mkdirSync, rmSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { chromium } = require('playwright-core');
const { port } = require('../lib/ports.cjs');
const { build, openProfile, root, run } = require('./browser.js');
const { installed } = require('./engines/engine.js');
const { check } = require('./pictures.js');
const { PATIENCE, makeFolder, ready, removeFolder, startHttpd } = require('./program.js');
const { shipped } = require('./shipped.js');

const kdc = join(root, 'tests/lib/kdc');
const kdcPort = port + 17;
const service = `mpin-test-${process.pid}`;
const isRoot = process.getuid?.() === 0;
const id = (/** @type {string[]} */ ...words) => Number(execFileSync('id', words, { encoding: 'utf8' }));

/** The example, with folders, ports and a name of our own. */
const example = (/** @type {string} */ top) => shipped('examples/kerberos.conf', top)
    .replaceAll(`${top}/http.keytab`, `${top}/kerberos/http.keytab`)
    .replace('AuthPAMService mpin', `AuthPAMService ${service}`);

/** A PAM service that lets the KDC judge, as pam_krb5 does. */
function letPamAsk(/** @type {string} */ top) {
    writeFileSync(join(top, 'ask'), `#!/bin/sh\ntr -d '\\0' | KRB5_CONFIG=${top}/kerberos/krb5.conf kinit -c MEMORY: "$PAM_USER"\n`, { mode: 0o755 });
    writeFileSync(`/etc/pam.d/${service}`, `auth required pam_exec.so quiet expose_authtok ${top}/ask\naccount required pam_permit.so\n`);
}

async function start() {
    installed('/usr/sbin/krb5kdc', 'krb5-kdc');
    const top = makeFolder('kerberos', build);
    for (const place of ['members', 'desk'])
        mkdirSync(join(top, 'www/html', place), { recursive: true });
    mkdirSync(join(top, 'tokens'));
    chmodSync(join(top, 'tokens'), 0o1777);
    for (const place of ['.', 'members', 'desk'])
        writeFileSync(join(top, 'www/html', place, 'index.html'), `<!doctype html><html lang="en"><title>${place}</title><h1>Place ${place}</h1>`);
    execFileSync(kdc, ['make', join(top, 'kerberos'), String(kdcPort)]);
    chmodSync(join(top, 'kerberos'), 0o755);
    if (isRoot)
        chownSync(join(top, 'kerberos/http.keytab'), id('-u', 'www-data'), id('-g', 'www-data'));
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost',
        '-keyout', join(top, 'tls.key'), '-out', join(top, 'tls.crt')], { stdio: 'ignore' });
    if (isRoot)
        letPamAsk(top);
    const realms = spawn(kdc, ['run', join(top, 'kerberos')], { stdio: 'ignore' });
    const env = { ...process.env, KRB5_CONFIG: join(top, 'kerberos/krb5.conf'), KRB5RCACHEDIR: join(top, 'tokens') };
    const httpd = startHttpd(top, `${example(top)}\nMutex "file:${top}" default`, { env });
    await Promise.all([ready(realms, kdcPort), ready(httpd, port)]);
    for (const name of ['anna', 'eve@OTHER.EXAMPLE'])
        execFileSync(kdc, ['ticket', join(top, 'kerberos'), name]);
    return {
        url: `https://localhost:${port}`, top, env,
        stop() {
            httpd.kill();
            realms.kill();
            rmSync(`/etc/pam.d/${service}`, { force: true });
            removeFolder(top);
        },
    };
}

/** A browser of somebody's own who has this ticket. */
async function openAs(/** @type {any} */ t, /** @type {string} */ who, options = {}) {
    const browser = await chromium.launch({
        executablePath: process.env.CHROMIUM || '/usr/bin/chromium', timeout: PATIENCE,
        args: ['--headless', '--no-sandbox', '--disable-gpu', '--auth-server-allowlist=localhost',
            '--enable-features=EnableAmbientAuthenticationInIncognito'] /* the profiles of tests are such */,
        env: { ...t.site.env, KRB5CCNAME: `FILE:${t.site.top}/kerberos/${who}.cc` },
    });
    const contexts = /** @type {any[]} */ ([]);
    t.contexts.push({ pages: () => contexts.flatMap((context) => context.pages()), close: async () => {
        await Promise.all(contexts.map((context) => context.close())); // before their browser, or they complain
        await browser.close();
    } });
    return openProfile({ ...t, browser, contexts }, { ignoreHTTPSErrors: true, ...options });
}

const heading = (/** @type {any} */ page) => page.locator('h1').filter({ visible: true }).first().innerText();
const person = async (/** @type {any} */ page) => (await page.goto('/login'), page.locator('main').innerText());
const known = (/** @type {string[]} */ problems, /** @type {RegExp} */ what) => problems.splice(0, problems.length, ...problems.filter((one) => !what.test(one)));

/**
 * By the button. Chromium loads its Kerberos library at the first 401 that wants it, and shows that one's page where this
 * takes longer than the page: then "Try again" is what people press.
 */
async function comeByTicket(/** @type {any} */ page) {
    await page.getByRole('link', { name: 'Ticket of this computer' }).click();
    for (let tries = 0; tries < 5; tries++) {
        await page.waitForURL(/\/login\?offer=1|\/trusted\/ticket$/);
        if (page.url().includes('offer=1'))
            return;
        await page.getByRole('link', { name: 'Try again' }).click();
        await page.waitForURL((/** @type {URL} */ url) => url.search.includes('offer=1'), { timeout: 5000 }).catch(() => {});
    }
    throw new Error(`no ticket was taken: ${await page.locator('body').innerText()}`);
}

run({
    async a_ticket_signs_in_without_a_question(t) {
        const page = await openAs(t, 'anna');
        await page.goto('/members/');
        await page.getByRole('link', { name: 'Ticket of this computer' }).waitFor();
        await check(page, 'kerberos-login');
        await comeByTicket(page);
        await page.goto('/members/');
        assert.equal(await heading(page), 'Place members');
        assert.match(await person(page), /\banna\b/);
        await page.goto('/desk/');
        assert.equal(await heading(page), 'Place desk', 'a place for tickets alone is open, too');
        await page.goto('/logout');
        await page.getByRole('button', { name: 'Sign out' }).click();
        await page.getByText('still signed in at Ticket of this computer').waitFor();
        await page.goto('/members/');
        assert.equal(new URL(page.url()).pathname, '/login', 'who has signed out is out');
        known(t.problems, /401/);
    },

    async who_has_no_ticket_has_the_other_ways(t) {
        const page = await openAs(t, 'nobody');
        const loaded = [];
        page.on('request', (request) => request.isNavigationRequest() && loaded.push(request.url()));
        await page.goto('/login/with/ticket?return=/members/');
        assert.equal(await heading(page), 'Login failed!');
        await page.getByText('does not work on this device').waitFor();
        assert.ok(loaded.length <= 3, `no loop: ${loaded}`);
        await check(page, 'kerberos-no-ticket');
        await page.getByRole('link', { name: 'Sign in another way' }).click();
        await page.waitForURL('**/login?return=*');
        if (isRoot) {
            await page.fill('#username', 'anna');
            await page.fill('#password', 'wrong');
            await page.getByRole('button', { name: 'Sign in', exact: true }).click();
            await page.getByText("That name or password isn't right.").waitFor();
            await page.fill('#password', 'anna-secret');
            await page.getByRole('button', { name: 'Sign in', exact: true }).click();
            await page.waitForURL('**/login?offer=1*');
            await page.goto('/members/');
            assert.equal(await heading(page), 'Place members');
            assert.match(await person(page), /\banna\b/, 'the same anna');
            await page.goto('/desk/');
            assert.equal(new URL(page.url()).pathname, '/login', '... who has shown no ticket');
        }
        known(t.problems, /401/);
    },

    async a_ticket_of_another_realm_is_told_so(t) {
        const page = await openAs(t, 'eve@OTHER.EXAMPLE');
        await page.goto('/login/with/ticket?return=/members/');
        assert.equal(await heading(page), 'Login failed!');
        await page.getByRole('link', { name: 'Try again' }).waitFor();
        await page.goto('/members/');
        assert.equal(new URL(page.url()).pathname, '/login');
        known(t.problems, /401/);
    },

    async a_site_that_is_not_trusted_with_tickets_gets_none(t) {
        const page = await openProfile(t, { ignoreHTTPSErrors: true });
        await page.goto('/login/with/ticket');
        assert.equal(await heading(page), 'Login failed!');
        known(t.problems, /401/);
    },

    async it_works_without_script(t) {
        const page = await openAs(t, 'anna', { javaScriptEnabled: false });
        await page.goto('/desk/');
        await comeByTicket(page);
        await page.goto('/desk/');
        assert.equal(await heading(page), 'Place desk');
    },
}, start);
