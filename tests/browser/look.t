// SPDX-License-Identifier: Apache-2.0
// Pages as people see them: one heading and why it is there, what a PIN is, a moment of success; keys and ways in view in
// every window; a site's own colour, links and languages.
const assert = require('node:assert/strict');
const { join } = require('node:path');
const { mkdirSync, readdirSync } = require('node:fs');
const { alert, choosePin, enrol, findings, openProfile, run, screen, signInByPassword, signOut, startSite, typePin } =
    require('./browser.js');
const { aPhone, button, desktops, scanned, pick, tapPin } = require('./phones.js');
const { pictures } = require('./pictures.js');

const LANGUAGES = readdirSync(join(__dirname, '../../htdocs/texts')).map((name) => name.slice(0, -5));
const catalogue = (language) => require(`../../htdocs/texts/${language}.json`);

const TITLE = 'Zoo wiki';
const LONG = 'Werkzeugbibliothek der Freiwilligen Feuerwehr Unterschleißheim';
const start = () => startSite(() => `
MPinTitle "${TITLE}"
MPinAccent #7a1fa2
MPinLinks "Help https://help.example.org" "Privacy /privacy" "Imprint /imprint"
MPinContact "the help desk, phone 1234"
<Location /fresh>
    AuthType MPin
    MPinLoginMethods pin
    MPinReauthAfter 2s
    Require valid-user
</Location>
`);

const headings = (page) => page.locator('h1').filter({ visible: true }).allInnerTexts();
const count = (text, part) => text.split(part).length - 1;

/** One heading is seen, and the site's name once. */
async function told(page, heading, why) {
    assert.deepEqual(await headings(page), [heading]);
    const text = await page.locator('body').innerText();
    assert.equal(count(text, TITLE), 1, `once in: ${text}`);
    assert.ok(text.includes(why), `${why} in: ${text}`);
}

/** Everything that can be pressed in the card is in the window, without scrolling. */
const outside = (page) => page.evaluate(() => [...document.querySelectorAll('.card :is(button, a, input:not([type=hidden]))')]
    .filter((control) => control.checkVisibility())
    .filter((control) => {
        const { top, bottom, left, right } = control.getBoundingClientRect();
        return top < 0 || left < 0 || bottom > innerHeight || right > innerWidth;
    }).map((control) => control.outerHTML));

/** A device with a PIN, signed out. */
async function device(t, name, options) {
    const page = await openProfile(t, options);
    await enrol(page, name, '7391');
    return page;
}

const first = (page) => page.locator('.mp-key').first().boundingBox();

/** In the page: those of the texts that move the first key when the pad says them. @param {string[]} texts */
function moving(texts) {
    const { stage } = document.querySelector('mpin-pad');
    const place = (words) => {
        stage.warn(words);
        return JSON.stringify(document.querySelector('.mp-key').getBoundingClientRect());
    };
    const before = place('');
    return [...texts, ''].filter((words) => place(words) !== before);
}

run({
    async a_login_says_for_what_it_is_and_the_site_once(t) {
        const page = await openProfile(t);
        await page.goto('/login');
        await page.waitForSelector('.pin-usable');
        await told(page, `Sign in to ${TITLE}`, '');
        await page.goto('/protected/reports?year=2026');
        await told(page, `Sign in to ${TITLE}`, 'Signing in to see /protected/reports');
        await page.goto(`/protected/${'a'.repeat(80)}`);
        await told(page, `Sign in to ${TITLE}`, `Signing in to see /protected/${'a'.repeat(28)}…`);
        await page.goto('/protected/%3Cb%3Ebold%3C/b%3E');
        assert.equal(await page.locator('.card b').count(), 0);
    },

    async the_pad_says_who_asks_for_the_pin_and_for_what(t) {
        const page = await device(t, 'anna@example.org');
        await page.goto('/login');
        await screen(page, 'enter');
        await told(page, 'Welcome back', `${TITLE} asks for your PIN`);
        await page.goto('/protected/reports?year=2026');
        await screen(page, 'enter');
        await told(page, 'Welcome back', 'Signing in to see /protected/reports');
        await page.getByRole('button', { name: 'change' }).click();
        await screen(page, 'choose');
        await told(page, 'Who\'s signing in?', TITLE);
    },

    async a_page_that_wants_a_fresh_pin_says_so(t) {
        const page = await device(t, 'freda@example.org');
        await page.goto('/login');
        await typePin(page, '7391');
        await page.waitForURL('**/');
        await page.waitForTimeout(3000);
        await page.goto('/fresh');
        await screen(page, 'enter');
        await told(page, 'Welcome back', 'This page needs a fresh PIN');
        assert.equal(await page.getByText('Signing in to see').count(), 0);
    },

    async a_wrong_password_is_said_without_capitals_and_the_demos_template_keeps_the_known_words(t) {
        const page = await openProfile(t);
        await page.goto('/login');
        await signInByPassword(page, { user: 'john', password: 'wrong' });
        await alert(page, 'That name or password isn\'t right.');
        await alert(page, 'INVALID USERNAME OR PASSWORD');
    },

    async a_first_visit_hears_what_a_pin_is(t) {
        const page = await openProfile(t);
        await page.goto('/login');
        await page.locator('[data-to=pin]').click();
        await screen(page, 'add');
        await page.getByText('A PIN is four digits. It works on this device only.').waitFor();
        await page.getByText('Forgot it? Show that it\'s you, then choose a new one.').waitFor();
        await page.locator('[data-to=password]').filter({ visible: true }).click();
        await signInByPassword(page, t.site);
        await screen(page, 'offer');
        await page.getByText('Next time it\'s four digits. They work on this device only.').waitFor();
        await page.getByText('Forgot it? Show that it\'s you, then choose a new one.').waitFor();
    },

    async a_pin_that_is_ready_has_a_tick_for_half_a_second(t) {
        const page = await openProfile(t);
        await page.addInitScript(() => new MutationObserver(() => {
            const status = document.querySelector('.mp-success .mp-status');
            if (!status || sessionStorage.getItem('moment'))
                return;
            const since = performance.now();
            addEventListener('pagehide', () => sessionStorage.setItem('moment', JSON.stringify({
                text: status.textContent, lasted: performance.now() - since,
                tick: getComputedStyle(document.querySelector('.mp-entry'), '::after').content,
            })), { once: true });
        }).observe(document, { subtree: true, attributes: true, attributeFilter: ['class'] }));
        await page.goto('/login');
        await page.locator('[data-to=pin]').click();
        await page.fill('#mp-name', 'tina@example.org');
        await page.getByRole('button', { name: 'Continue' }).click();
        await choosePin(page, '7391');
        await page.waitForURL('**/');
        const { text, tick, lasted } = await page.evaluate(() => JSON.parse(sessionStorage.getItem('moment')));
        assert.match(text, /^PIN ready on this device\./);
        assert.match(tick, /✓/);
        assert.ok(lasted > 400, `${lasted} ms`);
    },

    async done_and_signed_out_have_a_tick_on_the_phone(t) {
        const { desktop, phone } = await scanned(t);
        const tick = () => phone.evaluate(() => getComputedStyle(document.querySelector('h1'), '::before').content);
        await pick(desktop, phone);
        await tapPin(phone, '7391');
        await screen(phone, 'mobile-done');
        assert.match(await tick(), /✓/);
        await desktop.waitForURL('**/protected');
        await button(phone, 'Sign that computer out').tap();
        await screen(phone, 'mobile-out');
        assert.match(await tick(), /✓/);
    },

    async keys_and_ways_are_in_view_in_low_and_wide_windows(t) {
        mkdirSync(pictures, { recursive: true });
        const page = await device(t, 'lea@example.org');
        for (const [width, height] of [[1280, 720], [1366, 625], [844, 390], [667, 375], [640, 360], [390, 664], [375, 600], [320, 568]]) {
            await page.setViewportSize({ width, height });
            await page.goto('/protected/reports');
            await screen(page, 'enter');
            await page.locator('[data-to=phone]').filter({ visible: true }).waitFor();
            await page.screenshot({ path: join(pictures, `low-enter-${width}x${height}.png`) });
            assert.deepEqual(await outside(page), [], `the PIN at ${width} x ${height}`);
            if (width < 600)
                continue;
            await page.locator('[data-to=password]').filter({ visible: true }).click();
            await page.screenshot({ path: join(pictures, `low-password-${width}x${height}.png`) });
            assert.deepEqual(await outside(page), [], `the password at ${width} x ${height}`);
        }
    },

    async no_text_of_any_language_moves_a_key(t) {
        const page = await device(t, 'kim@example.org', { reducedMotion: 'reduce' });
        const said = ['last_try', 'wrong', 'tries', 'throttled', 'expired', 'trouble', 'forbidden', 'forbidden_ask', 'full',
            'checking', 'signing_in', 'weak', 'differ', 'not_here', 'mails_often', 'registration_closed'];
        for (const language of LANGUAGES) {
            await page.setExtraHTTPHeaders({ 'Accept-Language': language });
            await page.goto('/login');
            await screen(page, 'enter');
            const text = (key, site) => catalogue(language)[`pad_${key}`].replace(/\{(\w+)\}/g, (_, name) =>
                ({ site, contact: 'the help desk on the second floor, phone 1234', code: 'MPIN0042' })[name] ?? '42');
            const texts = [...said.flatMap((key) => [text(key, TITLE), text(key, LONG)]), `${text('wrong')} ${text('tries')}`];
            for (const [width, height] of [[320, 568], [390, 844], [1280, 720], [1280, 900], [844, 390]]) {
                await page.setViewportSize({ width, height });
                assert.deepEqual(await page.evaluate(moving, texts), [], `${language} at ${width} x ${height}`);
            }
        }
    },

    async the_last_try_in_german_at_320_px_moves_no_key(t) {
        const page = await device(t, 'uwe@example.org', { viewport: { width: 320, height: 800 }, reducedMotion: 'reduce' });
        await page.setExtraHTTPHeaders({ 'Accept-Language': 'de' });
        await page.goto('/login');
        await screen(page, 'enter');
        const before = await first(page);
        for (const words of ['Noch 2 Versuche', 'Noch 1 Versuch, danach']) {
            await typePin(page, '0001');
            await alert(page, words);
            assert.deepEqual(await first(page), before, words);
        }
    },

    async other_ways_are_buttons_with_an_edge_of_their_own(t) {
        const page = await device(t, 'bea@example.org');
        await page.goto('/login');
        await screen(page, 'enter');
        const group = page.getByRole('group', { name: 'Or sign in another way:' });
        for (const name of ['password', 'phone']) {
            const way = group.getByRole('button', { name });
            assert.ok((await way.boundingBox()).height >= 44);
            assert.notEqual(await way.evaluate((one) => getComputedStyle(one).backgroundColor), 'rgba(0, 0, 0, 0)');
        }
    },

    async the_chooser_leads_back_and_says_what_has_become_of_each(t) {
        const page = await device(t, 'ida@example.org');
        await enrol(page, 'otto@example.org', '7391');
        await page.goto('/login');
        await screen(page, 'enter');
        for (const pin of ['0001', '0002', '0003'])
            await typePin(page, pin);
        await screen(page, 'locked');
        await page.goto('/login');
        await page.getByRole('button', { name: 'change' }).click();
        await screen(page, 'choose');
        for (const [name, standing] of [['otto@example.org', 'Locked: set it up again'], ['ida@example.org', 'Last used today']]) {
            const row = page.getByRole('button', { name, exact: true });
            await row.getByText(standing).waitFor();
            const described = await row.getAttribute('aria-describedby');
            assert.equal(await page.locator(`#${described}`).innerText(), standing, 'and it is heard');
        }
        assert.deepEqual(await findings(page), []);
        await page.screenshot({ path: join(pictures, 'choose-locked-390.png') });
        await page.getByRole('button', { name: 'Back' }).click();
        await page.locator('.mp-screen-choose').waitFor({ state: 'detached' });
    },

    async a_phone_is_not_offered_to_a_phone_but_to_a_laptop_that_is_touched(t) {
        const { phone } = await aPhone(t);
        await phone.goto('/login');
        await screen(phone, 'enter');
        assert.equal(await phone.locator('[data-to=phone]').filter({ visible: true }).count(), 0);
        await phone.setViewportSize({ width: 844, height: 390 });
        await phone.reload();
        await screen(phone, 'enter');
        assert.equal(await phone.locator('[data-to=phone]').filter({ visible: true }).count(), 0, 'nor in landscape');
        const touched = await desktops(t, { hasTouch: true, screen: { width: 1280, height: 900 } });
        await touched.goto('/login');
        await touched.locator('[data-to=phone]').filter({ visible: true }).waitFor();
    },

    async a_password_can_be_looked_at_and_is_sent_as_one(t) {
        const page = await openProfile(t);
        await page.goto('/protected');
        await page.fill('#username', t.site.user);
        await page.fill('#password', t.site.password);
        const show = page.getByRole('button', { name: 'Show password' });
        await show.click();
        assert.equal(await page.getAttribute('#password', 'type'), 'text');
        assert.equal(await show.getAttribute('aria-pressed'), 'true');
        assert.deepEqual(await findings(page), []);
        await page.evaluate(() => addEventListener('submit', () =>
            sessionStorage.setItem('sent-as', document.querySelector('#password').type)));
        await page.getByRole('button', { name: 'Sign in', exact: true }).click();
        await screen(page, 'offer');
        assert.equal(await page.evaluate(() => sessionStorage.getItem('sent-as')), 'password');
    },

    async links_whom_to_ask_and_the_sites_colour_are_on_the_page(t) {
        for (const [colorScheme, colour] of [['light', 'rgb(122, 31, 162)'], ['dark', '']]) {
            const page = await openProfile(t, { colorScheme });
            await page.goto('/login');
            await page.waitForSelector('.pin-usable');
            const links = page.getByRole('navigation', { name: 'More about this site' }).getByRole('link');
            assert.deepEqual(await links.evaluateAll((all) => all.map((link) => [link.textContent, link.getAttribute('href')])),
                [['Help', 'https://help.example.org'], ['Privacy', '/privacy'], ['Imprint', '/imprint']]);
            await page.getByText('Questions? Ask the help desk, phone 1234.').waitFor();
            const button = await page.locator('.primary').filter({ visible: true }).evaluate((one) => getComputedStyle(one).backgroundColor);
            assert.ok(colour ? button === colour : button !== 'rgb(157, 183, 255)', button);
            assert.deepEqual(await findings(page), [], colorScheme);
            await page.goto('/no-such-page-of-ours', { waitUntil: 'commit' });
            await page.goto('/mpin/nothing-here');
            assert.equal(await links.count(), 3);
        }
    },

    async the_pad_names_whom_to_ask(t) {
        const page = await device(t, 'fred@example.org');
        await page.goto('/login');
        await screen(page, 'enter');
        await page.route('**/mpinAuthenticate', (route) =>
            route.fulfill({ status: 403, json: { message: '', id: 'MPIN0042', code: 'not_allowed' } }));
        await typePin(page, '7391');
        await alert(page, 'You can\'t sign in here with this account. Ask the help desk, phone 1234.');
    },

    async a_language_is_chosen_and_kept(t) {
        const page = await openProfile(t);
        await page.goto('/protected/reports');
        await page.waitForSelector('.pin-usable');
        await page.getByLabel('Language').selectOption({ label: 'Deutsch' });
        await page.getByRole('heading', { name: `Bei ${TITLE} anmelden` }).waitFor();
        await page.getByText('Anmelden, um /protected/reports zu sehen').waitFor();
        await page.fill('#username', 'john');
        await page.fill('#password', 'falsch');
        await page.getByRole('button', { name: 'Anmelden', exact: true }).click();
        await alert(page, 'Name oder Passwort stimmt nicht.');
        await page.getByLabel('Sprache').selectOption({ label: 'Français' });
        await page.getByText('Connexion pour voir /protected/reports').waitFor();
        await page.goto('/mpin/nothing-here');
        assert.equal(await page.getAttribute('html', 'lang'), 'fr');
        assert.deepEqual(await findings(page), []);
    },

    async from_right_to_left_nothing_is_cut_and_digits_stay_in_order(t) {
        const page = await device(t, 'noa@example.org');
        await page.addInitScript(() => addEventListener('DOMContentLoaded', () => document.documentElement.dir = 'rtl'));
        for (const [width, height] of [[320, 568], [390, 844], [1280, 720], [844, 390]]) {
            await page.setViewportSize({ width, height });
            await page.goto('/login');
            await screen(page, 'enter');
            assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${width}`);
            const at = async (key) => (await page.locator('.mp-key').nth(key).boundingBox()).x;
            assert.ok(await at(0) < await at(2), 'one stands left of three');
            await page.locator('.mp-field').focus();
            await page.keyboard.type('7');
            const dots = await page.locator('.mp-dot').evaluateAll((all) => all.map((dot) => [dot.getBoundingClientRect().x, dot.classList.contains('mp-on')]));
            assert.ok(dots[0][1] && dots[0][0] < dots[1][0], 'the first dot is the left one');
            await page.screenshot({ path: join(pictures, `rtl-enter-${width}x${height}.png`) });
            await page.keyboard.press('Escape');
        }
        await page.locator('[data-to=password]').filter({ visible: true }).click();
        const field = await page.locator('#password').boundingBox(), eye = await page.locator('.peek').boundingBox();
        assert.ok(eye.x < field.x + 60, 'the eye is at the end of the line');
    },

    async desks_have_all_in_view_on_every_screen(t) {
        const page = await openProfile(t, { reducedMotion: 'reduce' });
        const inView = async (name) => {
            for (const [width, height] of [[1280, 720], [1280, 900], [1366, 768], [1920, 970]]) {
                await page.setViewportSize({ width, height });
                await page.screenshot({ path: join(pictures, `desk-${name}-${width}x${height}.png`) });
                assert.deepEqual(await outside(page), [], `${name} at ${width} x ${height}`);
            }
        };
        await page.goto('/protected/reports');
        await page.waitForSelector('.pin-usable');
        await inView('password');
        await page.locator('[data-to=pin]').click();
        await screen(page, 'add');
        await inView('add');
        await page.fill('#mp-name', 'dora@example.org');
        await page.getByRole('button', { name: 'Continue' }).click();
        await screen(page, 'choose-pin');
        await inView('choose-pin');
        await choosePin(page, '7391');
        await page.waitForURL('**/reports');
        await signOut(page);
        await page.goto('/protected/reports');
        await screen(page, 'enter');
        await inView('enter');
        await page.locator('[data-to=phone]').filter({ visible: true }).click();
        await screen(page, 'phone');
        await inView('phone');
        await page.getByRole('button', { name: 'Cancel' }).click();
        await page.getByRole('button', { name: 'change' }).click();
        await screen(page, 'choose');
        await inView('choose');
        await page.goto('/login');
        await page.getByRole('button', { name: 'Forgot PIN?' }).click();
        await screen(page, 'reset-help');
        await inView('reset-help');
    },

    async no_screen_offers_a_way_twice(t) {
        const page = await device(t, 'vera@example.org');
        const ways = () => page.locator('main button, main a[href]').filter({ visible: true }).allInnerTexts();
        const twice = ['Password', 'Other ways', 'Phone', 'Sign in with your phone'];
        await page.goto('/login');
        await page.getByRole('button', { name: 'Forgot PIN?' }).click();
        await screen(page, 'reset-help');
        assert.deepEqual((await ways()).filter((way) => twice.includes(way)), ['Other ways', 'Sign in with your phone']);
        await page.goto('/login');
        await page.route('**/rps/pass1', (route) => route.abort());
        await typePin(page, '7391');
        await screen(page, 'offline');
        assert.deepEqual((await ways()).filter((way) => twice.includes(way)), ['Other ways']);
    },

    async a_long_title_leaves_room_for_the_keys(t) {
        const page = await device(t, 'wim@example.org', { reducedMotion: 'reduce' });
        await page.route('**/reports', async (route) => {
            const response = await route.fetch();
            await route.fulfill({ response, body: (await response.text()).replaceAll(TITLE, LONG) });
        });
        for (const [width, height] of [[320, 640], [390, 844], [844, 390], [640, 360], [1280, 720]]) {
            await page.setViewportSize({ width, height });
            await page.goto('/protected/reports');
            await screen(page, 'enter');
            await page.screenshot({ path: join(pictures, `long-title-${width}x${height}.png`) });
            assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${width}`);
            assert.equal(await page.locator('.site').innerText(), LONG);
            const { height: head } = await page.locator('.brand').boundingBox();
            assert.ok(head <= 56, `${head} px at ${width} x ${height}`);
            const { y, height: key } = await page.locator('.mp-key').last().boundingBox();
            assert.ok(y + key <= height, `keys at ${width} x ${height}`);
        }
    },
}, start);
