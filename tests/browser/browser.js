// SPDX-License-Identifier: Apache-2.0
// What every browser test needs: a site of its own, Chromium, and TAP.
//
// The site is the demo of `make run` on a port of ours with a fresh store, or the one at MPIN_URL (whose password
// user MPIN_PASSWORD_USER has MPIN_PASSWORD). BUILD names the build folder, ONLY a part of the names of the tests to run.
const { port } = require('../lib/ports.cjs');
const { execFileSync } = require('node:child_process');
const { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync } = require('node:fs');
const { join, resolve } = require('node:path');
const axe = require('axe-core');
const { launchChromium } = require('./engines/chromium.js');
const { sayRefusals, watch } = require('./engines/engine.js');
const { PATIENCE } = require('./program.js');

const root = resolve(__dirname, '../..');
const build = resolve(root, process.env.BUILD || 'build');

/**
 * Starts the demo site; resolves to its address, its password user, and how to end it. `more` makes what its
 * configuration ends with, for a folder of its own. At `host` localhost there are passkeys.
 */
async function startSite(more = (_) => '', host = '127.0.0.1') {
    const { MPIN_URL, MPIN_PASSWORD_USER, MPIN_PASSWORD } = process.env;
    if (MPIN_URL)
        return { url: MPIN_URL, user: MPIN_PASSWORD_USER, password: MPIN_PASSWORD, stop() {} };

    const folder = mkdtempSync('/var/tmp/mpin-browser-') /* the store wants no tmpfs */;
    chmodSync(folder, 0o755);
    symlinkSync(join(build, 'mod_auth_mpin.so'), join(folder, 'mod_auth_mpin.so'));
    const demo = (word) => execFileSync(join(root, 'tools/demo'), [word],
        { env: { ...process.env, BUILD: folder, PORT: String(port), TLS: '', HOST: host, MORE: more(folder) }, stdio: ['ignore', 'ignore', 'inherit'] });
    demo('start');
    return {
        url: `http://${host}:${port}`,
        user: 'john',
        password: readFileSync(join(folder, 'demo/password'), 'utf8').trim(),
        stop() {
            demo('stop');
            rmSync(folder, { recursive: true, force: true });
        },
    };
}

/** In the page: a machine that is busy with other tests is no site that does not answer. */
function beSlowToGiveUp() {
    const timeout = AbortSignal.timeout.bind(AbortSignal);
    AbortSignal.timeout = (limit) => timeout(3 * limit);
}

/**
 * What goes to a page waits until it stands still: the pad's first screen moves what is below it, and a click that was
 * aimed at it before meets nothing. Where no pad comes it is as it was, and so for who waits for less than a whole page.
 *
 * @param {any} page
 */
function waitForThePad(page) {
    for (const go of ['goto', 'reload', 'waitForURL']) {
        const begin = page[go].bind(page);
        page[go] = async (/** @type {any[]} */ ...args) => {
            const response = await begin(...args);
            if (args[1]?.waitUntil)
                return response;
            await page.waitForFunction(() => !document.querySelector('mpin-pad:not(:has(.mp-screen))'), null, { timeout: 5000 }).catch(() => {});
            return response;
        };
    }
}

/** A browser profile with one page; whatever breaks a page's own rules is a failure of the test. */
async function openProfile(t, options = {}) {
    const context = await t.browser.newContext({ baseURL: t.site.url, viewport: { width: 390, height: 844 }, ...options });
    context.setDefaultTimeout(PATIENCE);
    await context.addInitScript(sayRefusals);
    await context.addInitScript(beSlowToGiveUp);
    context.on('page', (page) => watch(page, t.problems));
    if (options.javaScriptEnabled !== false)
        context.on('page', waitForThePad);
    t.contexts.push(context);
    return context.newPage();
}

/**
 * Runs the tests one after the other: {name: async (t) => …}; a test fails by throwing. `start` starts another site
 * than the demo: {url, stop, …}, `launch` another engine than Chromium.
 */
async function run(tests, start = startSite, launch = launchChromium) {
    const only = process.env.ONLY;
    const names = Object.keys(tests).filter((name) => !only || name.includes(only));
    const site = await start();
    let stopping;
    const stop = () => stopping ??= Promise.resolve(site.stop());
    process.once('exit', stop); // whatever ends us, an uncaught error too
    process.once('SIGTERM', () => process.exit(1));
    process.once('SIGINT', () => process.exit(1));
    let browser;
    try {
        browser = await launch();
        console.log(`1..${names.length}`);
        for (let i = 0; i < names.length; i++)
            await runOne(names[i], i + 1, tests[names[i]], { site, browser, problems: [], contexts: [] });
    } finally {
        await browser?.close();
        await stop();
    }
}

async function runOne(name, number, test, t) {
    let failure;
    try {
        await test(t);
        if (t.problems.length)
            throw new Error(t.problems.join('\n'));
    } catch (error) {
        failure = error;
        await Promise.all(t.contexts.flatMap((context) => context.pages()).map((page, i) =>
            page.screenshot({ path: join(build, `failed-${name}-${i}.png`) }).catch(() => {})));
    }
    console.log(`${failure ? 'not ok' : 'ok'} ${number} - ${name.replace(/_/g, ' ')}`);
    if (failure) {
        console.error(String(failure.stack).replace(/^/gm, '# '));
        for (const page of t.contexts.flatMap((context) => context.pages()))
            console.error(`# it was at ${page.url()}`);
        process.exitCode = 1;
    }
    await Promise.all(t.contexts.map((context) => context.close()));
}

/** Waits until the pad shows a screen. */
const screen = (page, name) => page.waitForSelector(`.mp-screen-${name}`);

/** Waits for a text on the pad's or the form's alert line. */
const alert = (page, text) => page.getByRole('alert').filter({ hasText: text }).waitFor();

/** Types a PIN on the keyboard, as soon as the pad takes it. */
async function typePin(page, pin) {
    await page.waitForSelector('.mp-pad:not([data-locked])');
    await page.focus('.mp-field');
    await page.keyboard.type(pin);
}

/** Registers a free name with a PIN; afterwards nobody is signed in. */
async function enrol(page, name, pin) {
    await page.goto('/login');
    await page.waitForSelector('.mp-screen', { state: 'attached' });
    if (await page.locator('.mp-screen-enter').count()) {
        await page.getByRole('button', { name: 'change' }).click();
        await page.getByRole('button', { name: 'Set up a PIN for another name' }).click();
    } else {
        await page.locator('[data-to=pin]').click();
    }
    await page.fill('#mp-name', name);
    await page.getByRole('button', { name: 'Continue' }).click();
    await choosePin(page, pin);
    await page.waitForURL('**/');
    await signOut(page);
}

async function choosePin(page, pin) {
    await screen(page, 'choose-pin');
    await typePin(page, pin);
    await screen(page, 'confirm-pin');
    await typePin(page, pin);
}

const signOut = (page) => page.context().clearCookies();

async function signInByPassword(page, site) {
    await page.fill('#username', site.user);
    await page.fill('#password', site.password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

/** axe-core's findings, as lines; none is the aim. */
async function findings(page) {
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ['violations'] }));
    return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`));
}

module.exports = { alert, build, choosePin, enrol, findings, openProfile, root, run, screen, signInByPassword, signOut, startSite, typePin };
