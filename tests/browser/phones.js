// SPDX-License-Identifier: Apache-2.0
// Two browsers of a phone login: a computer that shows a code, and a phone with a PIN, 390 px wide and touched.
const jsqr = require('jsqr');
const { enrol, openProfile, screen } = require('./browser.js');

const PIXEL = 'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) '
    + 'Chrome/126.0.0.0 Mobile Safari/537.36';
const desktops = (t, options) => openProfile(t, { viewport: { width: 1280, height: 900 }, ...options });
const phones = (t, options) =>
    openProfile(t, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, userAgent: PIXEL, ...options });
const button = (page, name) => page.getByRole('button', { name, exact: true });
const heading = (page, name) => page.getByRole('heading', { name }).waitFor();
const loggedInAs = (page, name) => page.getByText(`You are logged in as ${name}`).waitFor();

let names = 0;

/** A phone with a PIN. */
async function aPhone(t, options) {
    const phone = await phones(t, options);
    const name = `pia${++names}`;
    await enrol(phone, name, '7391');
    return { phone, name };
}

/** Asks for a code at the login page; the server's answer. */
async function showCode(desktop, path = '/protected') {
    await desktop.goto(path);
    const answered = desktop.waitForResponse('**/rps/getQrUrl');
    await desktop.locator('[data-to=phone]').filter({ visible: true }).click();
    await screen(desktop, 'phone');
    return (await answered).json();
}

/** A desktop that shows a code, and a phone that has scanned it. */
async function scanned(t) {
    const { phone, name } = await aPhone(t);
    const desktop = await desktops(t);
    const code = await showCode(desktop);
    await scan(phone, code);
    return { desktop, phone, name, code };
}

async function scan(phone, { qrUrl }) {
    await phone.goto(qrUrl);
    await screen(phone, 'mobile-computer');
}

const match = async (desktop) => {
    await screen(desktop, 'phone-scanned');
    return desktop.locator('.mp-match').textContent();
};

/** Picks the number on the desktop's screen. */
async function pick(desktop, phone) {
    await button(phone, await match(desktop)).tap();
}

async function pickAnother(desktop, phone) {
    const right = await match(desktop);
    const all = await phone.locator('.mp-picks button').allTextContents();
    await button(phone, all.find((one) => one !== right)).tap();
}

async function tapPin(phone, pin) {
    await screen(phone, 'enter');
    await phone.waitForSelector('.mp-pad:not([data-locked])');
    for (const digit of pin)
        await button(phone, digit).tap();
}

/** What a camera would read off the element. */
async function decode(page, selector) {
    const png = await page.locator(selector).screenshot();
    const blank = await page.context().newPage();
    const { data, width, height } = await blank.evaluate(async (base64) => {
        const image = await createImageBitmap(await (await fetch('data:image/png;base64,' + base64)).blob());
        const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d');
        canvas.drawImage(image, 0, 0);
        const pixels = canvas.getImageData(0, 0, image.width, image.height);
        return { data: [...pixels.data], width: pixels.width, height: pixels.height };
    }, png.toString('base64'));
    await blank.close();
    return jsqr(Uint8ClampedArray.from(data), width, height)?.data;
}

/** For pages that are loaded from now on time moves by `clock.runFor` alone. */
async function stopTime(page) {
    await page.clock.install();
    await page.clock.pauseAt(Date.now() + 1_000);
}

module.exports = { aPhone, button, decode, desktops, heading, loggedInAs, match, phones, pick, pickAnother, scan, scanned, showCode, stopTime, tapPin };
