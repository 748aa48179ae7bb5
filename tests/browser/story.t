// SPDX-License-Identifier: Apache-2.0
// The whole story of a person and their PIN, in Chromium against the running site.
const assert = require('node:assert/strict');
const { alert, choosePin, enrol, openProfile, run, screen, signInByPassword, signOut, typePin } = require('./browser.js');

const loggedInAs = (page, name) => page.getByText(`You are logged in as ${name}`).waitFor();

run({
    async a_password_then_a_pin_and_the_person_is_where_they_wanted_to_be(t) {
        const page = await openProfile(t);
        await page.goto('/protected/deep?page=2');
        await page.getByRole('heading', { name: 'Sign in to' }).waitFor();
        await signInByPassword(page, t.site);
        await screen(page, 'offer');
        await page.getByRole('button', { name: 'Set up PIN' }).click();
        await choosePin(page, '7391');
        await page.waitForURL('**/protected/deep?page=2');
        await loggedInAs(page, t.site.user);

        await signOut(page);
        await page.goto('/protected/again');
        await screen(page, 'enter');
        assert.equal(await page.locator('#password-way').isVisible(), false);
        await typePin(page, '7391');
        await page.waitForURL('**/protected/again');
        await loggedInAs(page, t.site.user);
    },

    async not_now_goes_on_to_the_page(t) {
        const page = await openProfile(t);
        await page.goto('/protected');
        await signInByPassword(page, t.site);
        await page.getByRole('link', { name: 'Not now' }).click();
        await page.waitForURL('**/protected');
    },

    async a_wrong_password_is_said_on_the_form(t) {
        const page = await openProfile(t);
        await page.goto('/protected');
        await signInByPassword(page, { ...t.site, password: 'wrong' });
        await alert(page, 'INVALID USERNAME OR PASSWORD');
        assert.equal(await page.inputValue('#username'), t.site.user);
        assert.equal(await page.inputValue('#password'), '');
    },

    async wrong_pins_are_counted_and_the_third_locks(t) {
        const page = await openProfile(t);
        await enrol(page, 'wanda', '7391');
        await page.goto('/login');
        await screen(page, 'enter');
        await typePin(page, '7392');
        await alert(page, 'That PIN isn\'t right. 2 tries left.');
        await typePin(page, '7393');
        await alert(page, '1 try left, then this device must be set up again.');
        await typePin(page, '7394');
        await screen(page, 'locked');
        await page.getByText('This device is locked after too many wrong PINs.').waitFor();

        await page.reload(); // it says so at once, and asks for no PIN
        await screen(page, 'locked');
        assert.equal(await page.locator('.mp-pad').count(), 0);
    },

    async a_right_pin_gives_the_tries_back(t) {
        const page = await openProfile(t);
        await enrol(page, 'walter', '7391');
        for (let i = 0; i < 2; i++) {
            await page.goto('/login');
            await typePin(page, '1112');
            await alert(page, '2 tries left.');
            await typePin(page, '7391');
            await page.waitForURL('**/');
            await signOut(page);
        }
    },

    async weak_pins_and_different_ones_are_refused(t) {
        const page = await openProfile(t);
        await page.goto('/login');
        await page.locator('[data-to=pin]').click();
        await page.fill('#mp-name', 'wilma');
        await page.getByRole('button', { name: 'Continue' }).click();
        await screen(page, 'choose-pin');
        for (const weak of ['1234', '9876', '0000', '2580', '1379', '1984', '2049', '6969']) {
            await typePin(page, weak);
            await alert(page, 'Too easy to guess.');
        }
        await typePin(page, '7391');
        await screen(page, 'confirm-pin');
        await typePin(page, '7392');
        await screen(page, 'choose-pin');
        await alert(page, 'Those differ. Start again.');
        await choosePin(page, '7391');
        await page.waitForURL('**/');
    },

    async a_taken_name_needs_its_proof(t) {
        await enrol(await openProfile(t), 'tara', '7391');
        const other = await openProfile(t);
        await other.goto('/login');
        await other.locator('[data-to=pin]').click();
        await other.fill('#mp-name', 'tara');
        await other.getByRole('button', { name: 'Continue' }).click();
        await alert(other, 'That name is taken.');
    },

    async two_identities_live_on_one_device(t) {
        const page = await openProfile(t);
        await enrol(page, 'ida', '7391');
        await enrol(page, 'otto', '8462');
        await page.goto('/protected');
        await page.getByLabel('PIN for otto').waitFor(); // the last used
        await page.getByRole('button', { name: 'change' }).click();
        await page.getByRole('button', { name: 'ida' }).click();
        await typePin(page, '7391');
        await page.waitForURL('**/protected');
        await loggedInAs(page, 'ida');
    },

    async an_identity_is_removed_from_the_device(t) {
        const page = await openProfile(t);
        await enrol(page, 'rita', '7391');
        await page.goto('/login');
        await page.getByRole('button', { name: 'change' }).click();
        await page.getByRole('button', { name: 'Reset or remove a PIN' }).click();
        await screen(page, 'manage');
        await page.getByRole('button', { name: 'Remove' }).click();
        await page.getByRole('heading', { name: 'Remove rita?' }).waitFor();
        await page.getByRole('button', { name: 'Keep' }).click();
        await screen(page, 'manage'); // until then the question's own button has that word too
        await page.getByRole('button', { name: 'Remove' }).click();
        await page.getByRole('button', { name: 'Remove rita' }).click();
        await screen(page, 'add');
        await page.goto('/login');
        await page.getByRole('heading', { name: 'Sign in to' }).waitFor();
        assert.equal(await page.locator('#password-way').isVisible(), true);
    },

    async a_forgotten_pin_is_set_anew_after_the_password(t) {
        const page = await openProfile(t);
        await page.goto('/login');
        await signInByPassword(page, t.site);
        await page.getByRole('button', { name: 'Set up PIN' }).click();
        await choosePin(page, '7391');
        await page.waitForURL('**/');
        await signOut(page);

        await page.goto('/protected');
        await page.getByRole('button', { name: 'Forgot PIN?' }).click();
        await page.getByText('Sign in with your password, then choose a new PIN.').waitFor();
        assert.equal(await page.inputValue('#username'), t.site.user);
        await signInByPassword(page, t.site);
        await choosePin(page, '8462');
        await page.waitForURL('**/protected');
        await signOut(page);

        await page.goto('/protected');
        await typePin(page, '7391');
        await alert(page, 'That PIN isn\'t right. 2 tries left.');
        await typePin(page, '8462');
        await page.waitForURL('**/protected');
        const left = await page.evaluate(() => new Promise((resolve) => {
            indexedDB.open('mpin').onsuccess = ({ target }) => {
                target.result.transaction('identities').objectStore('identities').count().onsuccess =
                    ({ target: { result } }) => resolve(result);
            };
        }));
        assert.equal(left, 1, 'the old identity is gone from the device');
    },

    async a_person_signed_in_who_opens_the_login_page_sees_it_and_signs_out(t) {
        const page = await openProfile(t);
        await page.goto('/protected');
        await signInByPassword(page, t.site);
        await page.getByRole('link', { name: 'Not now' }).click();
        await page.waitForURL('**/protected');
        await page.goto('/login');
        await page.getByRole('heading', { name: `You're signed in as ${t.site.user}.` }).waitFor();
        await page.getByRole('button', { name: 'Sign out' }).click();
        await page.waitForURL('**/');
        await page.getByText('You are not logged in').waitFor();
        await page.goto('/protected');
        await page.getByRole('heading', { name: 'Sign in to' }).waitFor();
    },

    async the_logout_page_has_a_button(t) {
        const page = await openProfile(t);
        await page.goto('/protected');
        await signInByPassword(page, t.site);
        await page.getByRole('link', { name: 'Not now' }).click();
        await page.goto('/logout');
        await page.getByRole('button', { name: 'Sign out' }).click();
        await page.getByText('You are not logged in').waitFor();
    },

    async two_tabs_sign_in_each_for_itself(t) {
        const first = await openProfile(t);
        await enrol(first, 'theo', '7391');
        const second = await first.context().newPage();
        await first.goto('/protected/one');
        await second.goto('/protected/two');
        await screen(first, 'enter');
        await screen(second, 'enter');
        await typePin(first, '7391');
        await first.waitForURL('**/protected/one');
        await typePin(second, '7391');
        await second.waitForURL('**/protected/two');
        await loggedInAs(second, 'theo');
    },

    async back_leads_past_the_sign_in(t) {
        const page = await openProfile(t);
        await enrol(page, 'bea', '7391');
        await page.goto('/');
        await page.goto('/protected');
        await typePin(page, '7391');
        await page.waitForURL('**/protected');
        await page.goBack();
        await page.waitForURL('**/');
    },

    async everything_works_by_keyboard_alone(t) {
        const page = await openProfile(t);
        const { keyboard } = page;
        const focused = () => page.evaluate(() => document.activeElement.textContent || document.activeElement.name);
        const tabTo = async (text) => {
            for (let i = 0; i < 40; i++) {
                if ((await focused()).trim() === text)
                    return;
                await keyboard.press('Tab');
            }
            assert.fail(`Tab does not reach ${text}`);
        };
        await page.goto('/protected');
        await page.waitForSelector('#username:focus'); // the page's own doing, and a letter typed before is nobody's
        await keyboard.type(t.site.user);
        await keyboard.press('Tab');
        await keyboard.type(t.site.password);
        await keyboard.press('Enter');
        await screen(page, 'offer');
        await tabTo('Set up PIN');
        await keyboard.press('Enter');
        await screen(page, 'choose-pin');
        await keyboard.type('7x3.9');
        await keyboard.press('Backspace');
        await keyboard.press('Escape');
        await keyboard.type('73');
        await tabTo('1'); // all keys are one stop
        for (const arrow of ['Down', 'Down', 'Right', 'Right'])
            await keyboard.press(`Arrow${arrow}`);
        await keyboard.press('Enter');
        await keyboard.press('1'); // a digit typed while a key of the grid has the focus
        await screen(page, 'confirm-pin');
        await keyboard.type('7391');
        await page.waitForURL('**/protected');
        await signOut(page);

        await page.goto('/protected');
        await screen(page, 'enter');
        await tabTo('change');
        await keyboard.press('Enter');
        await screen(page, 'choose');
        await tabTo('Reset or remove a PIN');
        await keyboard.press('Enter');
        await screen(page, 'manage');
        await tabTo('Back');
        await keyboard.press('Enter');
        await screen(page, 'enter');
        await keyboard.type('7391');
        await page.waitForURL('**/protected');
    },

    async the_keys_work_by_mouse_and_touch(t) {
        const page = await openProfile(t, { hasTouch: true, isMobile: true });
        await enrol(page, 'mia', '7391');
        await page.goto('/protected');
        await screen(page, 'enter');
        for (const key of ['7', '3', '5'])
            await page.getByRole('button', { name: key, exact: true }).tap();
        await page.getByRole('button', { name: 'Delete the last digit' }).tap();
        for (const key of ['9', '1'])
            await page.getByRole('button', { name: key, exact: true }).tap();
        await page.waitForURL('**/protected');
    },

    async a_pin_can_be_pasted(t) {
        const page = await openProfile(t, { permissions: ['clipboard-read', 'clipboard-write'] });
        await enrol(page, 'paula', '7391');
        await page.goto('/protected');
        await screen(page, 'enter');
        await page.evaluate(() => navigator.clipboard.writeText('7391'));
        await page.focus('.mp-field');
        await page.keyboard.press('Control+V');
        await page.waitForURL('**/protected');
    },

    async a_screen_reader_hears_how_many_digits_and_never_which(t) {
        const page = await openProfile(t);
        await enrol(page, 'hanna', '7391');
        await page.goto('/protected');
        await screen(page, 'enter');
        await page.getByLabel('PIN for hanna').waitFor();
        await page.keyboard.type('73');
        await page.getByRole('status').filter({ hasText: '2 of 4' }).waitFor();
        assert.doesNotMatch(await page.locator('.mp-pad [role=status]').allTextContents().then(String), /[73]/);
    },

    async without_script_the_password_still_works(t) {
        const page = await openProfile(t, { javaScriptEnabled: false });
        await page.goto('/protected/plain');
        assert.equal(await page.locator('noscript .other').isVisible(), true);
        await signInByPassword(page, t.site);
        await page.getByRole('link', { name: 'Continue' }).click();
        await page.waitForURL('**/protected/plain');
    },
});
