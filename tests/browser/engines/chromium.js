// SPDX-License-Identifier: Apache-2.0
// Chromium, by playwright-core.
const { chromium } = require('playwright-core');
const { PATIENCE } = require('../program.js');
const { clickFound, installed, sayRefusals, watch } = require('./engine.js');

const ARGUMENTS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** Playwright's own browser, for the tests that need more of it than an engine has, or of its command line. */
async function launchChromium(...more) {
    const executablePath = installed(process.env.CHROMIUM || '/usr/bin/chromium', 'chromium');
    return chromium.launch({ executablePath, args: [...ARGUMENTS, ...more], timeout: PATIENCE });
}

async function openPage(browser, problems) {
    const context = await browser.newContext({ viewport: { width: 390, height: 844 } });
    context.setDefaultTimeout(PATIENCE);
    await context.addInitScript(sayRefusals);
    const page = await context.newPage();
    watch(page, problems);
    return {
        goto: (url) => page.goto(url),
        evaluate: (expression) => page.evaluate(expression),
        click: (expression) => clickFound(page, expression),
        type: (text) => page.keyboard.type(text),
        forgetCookies: () => context.clearCookies(),
        screenshot: (options) => page.screenshot(options),
        close: () => context.close(),
    };
}

/** @returns {Promise<import('./engine.js').Engine>} */
async function launch() {
    const browser = await launchChromium();
    return { openPage: (problems) => openPage(browser, problems), close: () => browser.close() };
}

module.exports = { launch, launchChromium };
