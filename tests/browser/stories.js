// SPDX-License-Identifier: Apache-2.0
// The main stories of people, their PINs and their second steps, told with what every engine has (engines/engine.js): chromium.t, firefox.t and
// webkit.t run them. The demo site is theirs, where names are proven by mail.
const { port } = require('../lib/ports.cjs');
const assert = require('node:assert/strict');
const { existsSync, readFileSync } = require('node:fs');
const { join } = require('node:path');
const { code } = require('./authenticator.js');
const { run, startSite } = require('./browser.js');
const { somebody } = require('./person.js');
const { PYTHON, ready, startProgram, until } = require('./program.js');

let mailbox, log;

const byMail = `
MPinRegister signed-in mail
MPinMail smtp://127.0.0.1:${port + 1}
MPinMailFrom wiki@example.org
`;

/** Places that want more than a password. */
const strong = (site) => ['vault', 'only'].map((name) => `
AliasMatch "^/${name}$" "${site}/protected.shtml"
<Location /${name}>
    AuthType MPin
    MPinUnauthenticated auto
    ${name === 'vault' ? 'MPinSecondFactor totp' : 'MPinLoginMethods passkey'}
    Require valid-user
</Location>`).join('\n');

async function start() {
    const site = await startSite((folder) => {
        mailbox = join(folder, 'mailbox');
        log = join(folder, 'demo/access.log');
        return byMail + strong(join(folder, 'demo/site'));
    }, 'localhost');
    const smtp = startProgram(PYTHON, [join(__dirname, '../smtp/server.py'), `${port + 1}`, mailbox]);
    const stop = () => {
        smtp.kill();
        site.stop();
    };
    try {
        await ready(smtp, port + 1);
    } catch (error) {
        stop();
        throw error;
    }
    return { ...site, stop };
}

const mails = () => existsSync(mailbox)
    ? readFileSync(mailbox, 'utf8').split('\n').slice(0, -1).map((line) => JSON.parse(line))
    : [];

/** The link of the first mail to somebody. */
async function linkOf(name) {
    const { text } = await until(`a mail to ${name}`, () => mails().find(({ to }) => to.includes(name)));
    return text.match(/http:\/\/\S+\/mpinActivate\?t=[0-9a-f]+/)[0];
}

/** In the page: nobody waits for a key that nobody plugs in. */
function hurry() {
    const get = navigator.credentials.get.bind(navigator.credentials);
    navigator.credentials.get = (options) => get({ signal: AbortSignal.timeout(2000), ...options });
}

/** A phone that knows which computer it is about. */
async function signIn(phone, computer) {
    await phone.screen('mobile-computer');
    await phone.sees('.mp-facts', new URL(phone.site.url).host);
    await phone.click('.mp-picks button', await computer.text('.mp-match'));
    await phone.typePin('7391');
    await computer.at('/protected');
    await computer.sees('body', `You are logged in as ${phone.site.user}`);
    await phone.sees('h1', 'Done');
}

const stories = {
    async a_password_then_a_pin_and_the_person_is_where_they_wanted_to_be(t) {
        const john = await somebody(t);
        await john.setUp('7391', '/protected/deep?page=2');
        await john.sees('body', `You are logged in as ${t.site.user}`);

        await john.page.forgetCookies();
        await john.goto('/protected/again');
        await john.screen('enter');
        await john.typePin('7391');
        await john.at('/protected/again');
        await john.sees('body', `You are logged in as ${t.site.user}`);

        await john.goto('/login');
        await john.click('button', 'Sign out');
        await john.at('/');
        await john.goto('/protected');
        for (const digit of '7391')
            await john.click('.mp-key', digit);
        await john.at('/protected');
    },

    async wrong_pins_are_counted_and_the_third_locks(t) {
        const john = await somebody(t);
        await john.setUp('7391', '/protected');
        await john.page.forgetCookies();
        await john.goto('/login');
        await john.typePin('7392');
        await john.alert('2 tries left.');
        await john.typePin('7393');
        await john.alert('1 try left');
        await john.typePin('7394');
        await john.screen('locked');
    },

    async a_reload_after_a_wrong_password_keeps_the_place_and_its_fragment(t) {
        const john = await somebody(t);
        const place = '/protected/deep?x=1';
        await john.goto(`${place}#part`);
        await john.fill('#username', t.site.user);
        await john.fill('#password', 'wrong');
        await john.click('#password-way button.primary');
        await john.alert('That name or password');
        await john.page.evaluate('void location.reload()');
        await john.patiently('the page anew', () => john.page.evaluate('!document.querySelector(".alert:not(:empty)")'));
        await john.signInByPassword();
        await john.click('a', 'Not now');
        await john.at(place);
        assert.equal(await john.page.evaluate('location.hash'), '#part');
    },

    async the_next_person_who_goes_back_is_not_shown_what_the_last_one_saw(t) {
        const john = await somebody(t);
        await john.goto('/protected/papers');
        await john.signInByPassword();
        await john.click('a', 'Not now');
        await john.at('/protected/papers');
        await john.goto('/logout');
        await john.sees('a', 'Cancel');
        await john.click('button', 'Sign out');
        await john.sees('h1', 'You have been signed out.');
        await john.at('/');
        const asked = () => readFileSync(log, 'utf8').match(/GET \/protected\/papers HTTP\/1\.1" 302/g).length;
        assert.equal(asked(), 1, 'before the password');
        await john.page.evaluate('void history.go(-2)');
        await until('the server to be asked again, and to lead to the login', () => asked() === 2);
    },

    async a_phone_signs_the_computer_in(t) {
        const phone = await somebody(t);
        await phone.setUp('7391', '/protected');
        const computer = await somebody(t);
        await computer.goto('/protected');
        await computer.click('[data-to=phone]');
        await computer.screen('phone');
        await computer.sees('.mp-qr svg');
        const scanned = await computer.readCode();
        assert.match(scanned, new RegExp(`^${t.site.url}/m#[0-9a-f]{32}$`));
        await phone.goto(scanned);
        await signIn(phone, computer);

        await computer.page.forgetCookies();
        await computer.goto('/protected');
        await computer.click('[data-to=phone]');
        const number = await computer.text('.mp-number [aria-hidden]');
        assert.match(number, /^\d{3} \d{4}$/);
        await phone.click('button', 'Sign in another computer');
        await phone.fill('#mp-code', number.replace(' ', ''));
        await signIn(phone, computer);
    },

    async a_person_registers_by_mail_and_the_pad_goes_on_by_itself(t) {
        const anna = await somebody(t);
        await anna.goto('/protected');
        await anna.click('[data-to=pin]');
        await anna.fill('#mp-name', 'anna@example.org');
        await anna.click('.mp-screen-add .mp-primary');
        const number = await anna.text('.mp-screen-mail .mp-number');

        const elsewhere = await somebody(t);
        await elsewhere.goto(await linkOf('anna@example.org'));
        await elsewhere.fill('#number', number);
        await elsewhere.click('button.primary');
        await elsewhere.sees('h1', 'Done.');
        await anna.choosePin('8264');
        await anna.at('/protected');
        await anna.sees('body', 'You are logged in as anna@example.org');
    },

    async a_browser_without_a_passkey_says_so_and_leads_on(t) {
        const john = await somebody(t);
        await john.goto('/only');
        await john.sees('h1', 'Sign in to M-Pin demo');
        if (await john.page.evaluate('Boolean(window.PublicKeyCredential)')) {
            await john.page.evaluate(`void (${hurry})()`);
            await john.click('button', 'Sign in with a passkey');
            await john.alert('No passkey was used.');
        } else {
            await john.sees('.text', "This browser can't use passkeys here.");
        }
        await john.click('a', 'Your account');
        await john.signInByPassword();
        await john.click('a', 'Not now');
        await john.at('/account');
        await john.sees('h2', 'Passkeys');
        await john.sees('.text', 'None yet. With a passkey');
    },

    async a_password_and_an_app_open_a_place(t) {
        const john = await somebody(t);
        await john.goto('/vault');
        await john.signInByPassword();
        await john.click('a', 'Not now');
        await john.click('button', 'Set up an authenticator app');
        const secret = await john.text('#totp-secret');
        await john.sees('svg');
        await john.fill('#code', await code(secret));
        await john.click('button.primary');
        await john.at('/vault');
        await john.page.forgetCookies();
        await john.goto('/vault');
        await john.signInByPassword();
        await john.click('a', 'Not now');
        await john.sees('h1', 'One more step');
        await john.fill('#code', '000000');
        await john.click('button.primary');
        await john.alert("That code isn't right");
        await john.fill('#code', await code(secret, 30));
        await john.click('button.primary');
        await john.at('/vault');
        await john.sees('body', `You are logged in as ${t.site.user}`);
    },
};

/** @param {{launch: () => Promise<import('./engines/engine.js').Engine>}} engine */
const runIn = ({ launch }) => run(stories, start, launch);

module.exports = { runIn };
