// SPDX-License-Identifier: Apache-2.0
// Firefox, by puppeteer-core over WebDriver BiDi.
const { mkdtempSync, rmSync } = require('node:fs');
const puppeteer = require('puppeteer-core');
const { PATIENCE } = require('../program.js');
const { clickFound, installed, sayRefusals, watch } = require('./engine.js');

async function openPage(browser, problems) {
    const context = await browser.createBrowserContext();
    const page = await context.newPage({ type: 'window' }); // a tab behind another one stands still
    page.setDefaultTimeout(PATIENCE);
    watch(page, problems);
    await page.evaluateOnNewDocument(sayRefusals);
    await page.setViewport({ width: 390, height: 844 });
    return {
        goto: (url) => page.goto(url),
        evaluate: (expression) => page.evaluate(expression),
        click: (expression) => clickFound(page, expression),
        type: (text) => page.keyboard.type(text),
        forgetCookies: async () => context.deleteCookie(...await context.cookies()),
        screenshot: (options) => page.screenshot(options),
        close: () => context.close(),
    };
}

/** @returns {Promise<import('./engine.js').Engine>} */
async function launch() {
    const executablePath = installed(process.env.FIREFOX || '/usr/bin/firefox-esr', 'firefox-esr');
    const home = mkdtempSync('/var/tmp/mpin-firefox-') /* it refuses to run in another user's */;
    const removeHome = () => rmSync(home, { recursive: true, force: true });
    process.once('exit', removeHome);
    const browser = await puppeteer.launch({ browser: 'firefox', executablePath, headless: true, timeout: PATIENCE,
        protocolTimeout: 2 * PATIENCE,
        extraPrefsFirefox: { 'security.webauth.webauthn_enable_usbtoken': false } /* nobody plugs a key in */, env: { ...process.env, HOME: home } });
    return { openPage: (problems) => openPage(browser, problems), close: () => browser.close() };
}

module.exports = { launch };
