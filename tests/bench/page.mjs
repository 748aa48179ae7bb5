// SPDX-License-Identifier: Apache-2.0
// How long a person waits after the last digit of the PIN: from its key to the protected page's
// DOMContentLoaded, in Chromium against the demo site. Prints the median of ten sign-ins.
import { createRequire } from 'node:module';

const { enrol, openProfile, run, screen, signOut } = createRequire(import.meta.url)('../browser/browser.js');

const TIMES = 10;

async function signIn(page) {
    await page.goto('/protected');
    await screen(page, 'enter');
    await page.waitForSelector('.mp-pad:not([data-locked])');
    await page.focus('.mp-field');
    await page.keyboard.type('7391');
    await page.waitForURL('**/protected');
    await page.getByText('You are logged in as').waitFor();
    const waited = await page.evaluate(() => sessionStorage.getItem('waited'));
    await signOut(page);
    return Number(waited);
}

run({
    async from_the_last_digit_to_the_page(t) {
        const page = await openProfile(t);
        await page.addInitScript(() => {
            const now = () => performance.timeOrigin + performance.now();
            addEventListener('keydown', () => sessionStorage.setItem('last', String(now())), true);
            addEventListener('DOMContentLoaded', () => sessionStorage.setItem('waited',
                String(now() - Number(sessionStorage.getItem('last')))));
        });
        await enrol(page, 'anna@example.org', '7391');
        const waits = [];
        for (let i = 0; i < TIMES; i++)
            waits.push(await signIn(page));
        waits.sort((a, b) => a - b);
        console.log(`median ${((waits[TIMES / 2 - 1] + waits[TIMES / 2]) / 2).toFixed(1)} ms`);
    },
});
