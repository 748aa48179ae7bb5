#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Takes the README's pictures anew, from a site with a PIN on a desktop and on a phone: `make && tools/pictures.mjs`.
// (Those of every state, which the browser tests take, are in build/pictures.)
import { join } from 'node:path';
import browser from '../tests/browser/browser.js';

const { choosePin, openProfile, root, run, screen, signInByPassword, signOut, startSite } = browser;

const PHONE = 'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36';
const MAC = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Safari/605.1.15';

const site = () => startSite(() => `
MPinTitle "Wiki"
MPinRegister signed-in
MPinLinks "Help /help" "Privacy /privacy" "Imprint /imprint"
`);

/** The PIN pad as somebody meets it who was here before and wants to read a report. */
async function picture(t, name, options) {
    const page = await openProfile(t, { reducedMotion: 'reduce', ...options });
    await page.goto('/protected');
    await signInByPassword(page, t.site);
    await screen(page, 'offer');
    await page.getByRole('button', { name: 'Set up PIN' }).click();
    await choosePin(page, '7391');
    await page.waitForURL('**/protected');
    await signOut(page);
    await page.goto('/protected/reports');
    await screen(page, 'enter');
    await page.locator('[data-to=password]').filter({ visible: true }).waitFor();
    await page.keyboard.type('73');
    await page.screenshot({ path: join(root, 'docs/pictures', `${name}.png`) });
}

/** The account page of somebody with a laptop, a phone and a second browser. */
async function account(t) {
    const page = await openProfile(t, { viewport: { width: 800, height: 800 }, reducedMotion: 'reduce', colorScheme: 'light' });
    const others = [PHONE, MAC].map((userAgent) => openProfile(t, { userAgent }));
    for (const other of [page, ...await Promise.all(others)]) {
        await other.goto('/login?return=/account');
        await other.waitForSelector('.mp-screen', { state: 'attached' });
        await signInByPassword(other, t.site);
        await screen(other, 'offer');
        await other.getByRole('button', { name: 'Set up PIN' }).click();
        await choosePin(other, '7391');
        await other.waitForURL(({ pathname }) => pathname === '/account');
    }
    await page.goto('/account');
    await page.screenshot({ path: join(root, 'docs/pictures', 'account-light.png') });
}

run({
    account,
    desktop: (t) => picture(t, 'desktop-light', { viewport: { width: 1000, height: 520 }, colorScheme: 'light' }),
    phone: (t) => picture(t, 'phone-dark', { viewport: { width: 390, height: 844 }, colorScheme: 'dark' }),
}, site);
