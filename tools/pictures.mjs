#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Takes the README's pictures anew, from a site with a PIN on a desktop and on a phone: `make && tools/pictures.mjs`.
// (Those of every state, which the browser tests take, are in build/pictures.)
import { join } from 'node:path';
import browser from '../tests/browser/browser.js';

const { choosePin, openProfile, root, run, screen, signInByPassword, signOut, startSite } = browser;

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

run({
    desktop: (t) => picture(t, 'desktop-light', { viewport: { width: 1000, height: 520 }, colorScheme: 'light' }),
    phone: (t) => picture(t, 'phone-dark', { viewport: { width: 390, height: 844 }, colorScheme: 'dark' }),
}, site);
