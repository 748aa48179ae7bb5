// SPDX-License-Identifier: Apache-2.0
// What the stories ask of an engine, and what engines share.
const { existsSync } = require('node:fs');

/**
 * A page, 390 x 844 or as near to that as the engine goes, with cookies and storage of its own.
 * @typedef {object} Page
 * @property {(url: string) => Promise<unknown>} goto
 * @property {(expression: string) => Promise<any>} evaluate in the page
 * @property {(expression: string) => Promise<boolean>} click with the pointer on the element that it gives; false for none
 * @property {(text: string) => Promise<unknown>} type with the keyboard, at the element that has the focus
 * @property {() => Promise<unknown>} forgetCookies
 * @property {(options?: {path: string}) => Promise<Uint8Array>} screenshot a PNG, which is kept there, too
 * @property {() => Promise<unknown>} close
 *
 * @typedef {object} Engine
 * @property {(problems: string[]) => Promise<Page>} openPage errors of the page's own scripts go to `problems`
 * @property {() => Promise<unknown>} close
 */

/** The path, where a program of this Debian package is; else the test fails with a line that says what to install. */
function installed(path, debian) {
    if (!existsSync(path))
        throw new Error(`${path} is missing: \`tools/setup test\` installs it (Debian's package ${debian})`);
    return path;
}

/** In the page, before its own scripts: what its Content-Security-Policy refuses is said on the console. */
const sayRefusals = () => addEventListener('securitypolicyviolation',
    (event) => console.error(`Content Security Policy: ${event.violatedDirective} ${event.blockedURI}`));

/** Whatever breaks a page's own rules is a problem; a page of Playwright's or Puppeteer's, which are alike in this. */
function watch(page, problems) {
    page.on('pageerror', (error) => problems.push(`${page.url()}: ${error.message}`));
    page.on('console', (message) => /Content Security Policy/.test(message.text())
        && problems.push(`${page.url()}: ${message.text()}`));
}

/** Clicks by such a page on what the expression gives; false for nothing. */
async function clickFound(page, expression) {
    const element = (await page.evaluateHandle(expression)).asElement();
    await element?.click();
    return Boolean(element);
}

module.exports = { clickFound, installed, sayRefusals, watch };
