// SPDX-License-Identifier: Apache-2.0
// WebKit: WebKitGTK's MiniBrowser on a screen that nobody sees (Xvfb), by selenium-webdriver. A WebKitWebDriver has one browser
// at a time, so each page has a driver of its own. Errors of a page's own scripts are not told, the window is never narrower
// than 447 px and shows no focus, and after a step back past a page of ours the driver answers nothing any more.
const { port } = require('../../lib/ports.cjs');
const { writeFileSync } = require('node:fs');
const { setTimeout } = require('node:timers/promises');
const { Builder, Capabilities } = require('selenium-webdriver');
const { PATIENCE, ready, startProgram, until } = require('../program.js');
const { installed } = require('./engine.js');

const DRIVER = '/usr/bin/WebKitWebDriver';
const FIRST_PORT = port + 2; // after those of the site and its mail server
const WANTED = new Capabilities({ browserName: 'MiniBrowser', timeouts: { pageLoad: PATIENCE, script: PATIENCE } });

/** Programs of ours, each with what it has started itself. */
const families = new Set();

function startFamily(command, args, options) {
    const program = startProgram(command, args, { detached: true, ...options });
    families.add(program);
    return program;
}

function end(program) {
    families.delete(program);
    try {
        process.kill(-program.pid);
    } catch {
        // it has ended already
    }
}

const endAll = () => families.forEach(end);
process.once('exit', endAll);

/** Starts a screen; its name. */
async function startScreen() {
    const screen = startFamily(installed('/usr/bin/Xvfb', 'xvfb'),
        ['-displayfd', '3', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp', '-noreset'],
        { stdio: ['ignore', 'ignore', 'pipe', 'pipe'] });
    let number = '';
    screen.stdio[3].on('data', (digits) => number += digits);
    await until('a screen', () => {
        if (screen.exitCode !== null)
            throw new Error(`there is no screen: ${screen.said}`);
        return number.endsWith('\n');
    });
    return `:${number.trim()}`;
}

async function startDriver(at, display) {
    const driver = startFamily(DRIVER, ['--host=127.0.0.1', `--port=${at}`],
        { env: { ...process.env, DISPLAY: display } });
    await ready(driver, at);
    return driver;
}

/** A driver whose browser has died answers nothing. */
const answered = (promise) => Promise.race([promise, setTimeout(2 * PATIENCE, undefined, { ref: false }).then(() => {
    throw new Error('the driver does not answer');
})]);

async function openPage(at, display) {
    const driver = await startDriver(at, display);
    const session = await answered(new Builder().disableEnvironmentOverrides()
        .usingServer(`http://127.0.0.1:${at}`).withCapabilities(WANTED).build());
    await session.manage().window().setRect({ width: 390, height: 844 });
    const page = {
        goto: (url) => session.get(url),
        evaluate: (expression) => session.executeScript(`return ${expression}`),
        async click(expression) {
            const element = await session.executeScript(`return ${expression}`);
            await element?.click();
            return Boolean(element);
        },
        type: (text) => session.actions().sendKeys(text).perform(),
        forgetCookies: () => until('no cookies', async () => { // at times some are left
            await session.manage().deleteAllCookies();
            return !(await session.manage().getCookies()).length;
        }),
        async screenshot({ path } = {}) {
            const png = Buffer.from(await session.takeScreenshot(), 'base64');
            if (path)
                writeFileSync(path, png);
            return png;
        },
        close: async () => end(driver),
    };
    return Object.fromEntries(Object.entries(page).map(([name, act]) => [name, (...args) => answered(act(...args))]));
}

/** @returns {Promise<import('./engine.js').Engine>} */
async function launch() {
    installed(DRIVER, 'webkit2gtk-driver');
    const display = await startScreen();
    let pages = 0;
    return { openPage: () => openPage(FIRST_PORT + pages++, display), close: endAll };
}

module.exports = { launch };
