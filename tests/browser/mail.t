// Registration by mail, with a real SMTP server: the mailbox is read back, links are followed in other browsers.
const assert = require('node:assert/strict');
const { existsSync, readFileSync } = require('node:fs');
const { join } = require('node:path');
const { alert, build, choosePin, openProfile, run, screen, signOut, typePin } = require('./browser.js');
const { PYTHON, apxs, makeFolder, ready, removeFolder, startHttpd, startProgram } = require('./program.js');

const port = Number(process.env.PORT || 8405) + 50;
const url = `http://127.0.0.1:${port}`;
const folder = makeFolder('mail', build);
const mailbox = join(folder, 'mailbox');
const modules = apxs('LIBEXECDIR');
const who = process.getuid() === 0 ? 'User www-data\nGroup www-data\n' : '';

const configuration = `${who}ServerRoot "${folder}"
ServerName 127.0.0.1:${port}
Listen 127.0.0.1:${port}
PidFile "${folder}/httpd.pid"
ErrorLog "${folder}/logs/error.log"
${['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'unique_id', 'dir', 'alias'].map((name) =>
        `LoadModule ${name}_module ${modules}/mod_${name}.so`).join('\n')}
LoadModule auth_mpin_module "${folder}/mod_auth_mpin.so"
DocumentRoot "${folder}/logs"
MPinEngine On
MPinPublicURL ${url}
MPinStore "lmdb:${folder}/store"
MPinKeyFile "${folder}/keys/mpin.keys"
MPinTitle Wiki
MPinRegister mail
MPinRegisterAllow domain example.org
MPinMail smtp://127.0.0.1:${port + 1}
MPinMailFrom wiki@example.org
MPinContact "the help desk"
<Location /protected>
    AuthType MPin
    Require valid-user
</Location>`;

async function start() {
    const smtp = startProgram(PYTHON, [join(__dirname, '../smtp/server.py'), `${port + 1}`, mailbox]);
    const httpd = startHttpd(folder, configuration);
    const stop = () => {
        httpd.kill('SIGTERM');
        smtp.kill('SIGTERM');
        removeFolder(folder);
    };
    try {
        await Promise.all([ready(smtp, port + 1), ready(httpd, port)]);
    } catch (error) {
        stop();
        throw error;
    }
    return { url, stop };
}

const mails = (to) => existsSync(mailbox)
    ? readFileSync(mailbox, 'utf8').split('\n').slice(0, -1).map((line) => JSON.parse(line)).filter((mail) => mail.to.includes(to))
    : [];

/** The next mail to somebody that there was not yet. */
async function nextMail(to, before) {
    for (let i = 0; i < 200; i++) {
        const all = mails(to);
        if (all.length > before)
            return all[before];
        await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`no mail to ${to}`);
}

const linkIn = (mail) => mail.text.match(/http:\/\/\S+\/mpinActivate\?t=[0-9a-f]+/)[0];

const inside = (page) => page.waitForURL(({ pathname }) => pathname === '/protected');

/** Begins a registration; the mail and the number that the pad shows. */
async function register(page, name, before = 0) {
    await page.goto('/login?return=/protected');
    await page.fill('#mp-name', name);
    await page.getByRole('button', { name: 'Continue' }).click();
    await screen(page, 'mail');
    const mail = await nextMail(name, before);
    return { mail, number: await page.textContent('.mp-number') };
}

async function activate(page, mail, number) {
    await page.goto(linkIn(mail));
    await page.fill('#number', number);
    await page.getByRole('button', { name: 'Yes, go on' }).click();
}

/** From the first visit to the protected page, with the link opened on a phone. */
async function enrolByMail(t, name, pin = '7391', before = 0) {
    const page = await openProfile(t), phone = await openProfile(t);
    const { mail, number } = await register(page, name, before);
    await activate(phone, mail, number);
    await phone.getByRole('heading', { name: 'Done.' }).waitFor();
    await choosePin(page, pin);
    await inside(page);
    return page;
}

run({
    async a_person_registers_by_mail_and_the_pad_goes_on_by_itself(t) {
        const page = await openProfile(t), phone = await openProfile(t);
        const { mail, number } = await register(page, 'anna@example.org');
        assert.equal(mail.from, 'wiki@example.org');
        assert.equal(mail.subject, 'Set up your PIN for Wiki');
        assert.equal(mail.type, 'multipart/alternative');
        assert.deepEqual(mail.defects, []);
        assert.ok(linkIn(mail).startsWith(url));
        assert.ok(mail.html.includes(linkIn(mail)) && mail.text.includes('Questions? Ask the help desk.'));
        assert.ok(!JSON.stringify(mail).includes(number.replace(' ', '')), 'the number is not in the mail');
        await activate(phone, mail, number);
        await phone.getByRole('heading', { name: 'Done.' }).waitFor();
        await choosePin(page, '7391');
        await inside(page);

        const told = await nextMail('anna@example.org', 1);
        assert.equal(told.subject, 'A device was added at Wiki');
        await signOut(page);
        await page.goto('/login?return=/protected');
        await typePin(page, '7391');
        await inside(page);
    },

    async activation_link_alone_does_not_activate_a_strangers_device(t) {
        const stranger = await openProfile(t), owner = await openProfile(t);
        const { mail } = await register(stranger, 'bert@example.org');
        await owner.goto(linkIn(mail));
        await owner.getByText('Somebody, hopefully you').waitFor();
        for (const wrong of ['000001', '000002', '000003', '000004']) {
            await owner.fill('#number', wrong);
            await owner.getByRole('button', { name: 'Yes, go on' }).click();
            await alert(owner, 'That is not the number');
        }
        await owner.fill('#number', '000005');
        await owner.getByRole('button', { name: 'Yes, go on' }).click();
        await owner.getByText('MPIN0078').waitFor();
        await screen(stranger, 'add'); // its registration is gone
    },

    async the_same_browser_needs_no_number(t) {
        const page = await openProfile(t);
        const { mail } = await register(page, 'cleo@example.org');
        const tab = await page.context().newPage();
        await tab.goto(linkIn(mail));
        assert.equal(await tab.locator('#number').count(), 0);
        await tab.getByRole('button', { name: 'Yes, go on' }).click();
        await tab.getByRole('heading', { name: 'Done.' }).waitFor();
        await choosePin(page, '7391');
        await inside(page);
    },

    async a_forgotten_pin_is_set_anew_by_mail_and_the_old_one_ends(t) {
        const page = await enrolByMail(t, 'dora@example.org'), phone = await openProfile(t);
        await nextMail('dora@example.org', 1);
        await signOut(page);
        await page.goto('/login?return=/protected');
        await page.getByRole('button', { name: 'Forgot PIN?' }).click();
        await screen(page, 'mail');
        await activate(phone, await nextMail('dora@example.org', 2), await page.textContent('.mp-number'));
        await choosePin(page, '8264');
        await inside(page);
        assert.equal((await nextMail('dora@example.org', 3)).subject, 'You have a new PIN at Wiki');
        await signOut(page);
        await page.goto('/login?return=/protected');
        await typePin(page, '8264');
        await inside(page);
    },

    async not_me_withdraws_the_device_and_signs_it_out(t) {
        const page = await enrolByMail(t, 'emil@example.org'), owner = await openProfile(t);
        await owner.goto(linkIn(await nextMail('emil@example.org', 1)));
        assert.ok((await page.goto('/protected')).status() !== 401); // looking changes nothing
        await owner.getByRole('button', { name: 'It wasn\'t me' }).click();
        await owner.getByRole('heading', { name: 'The device\'s access is withdrawn.' }).waitFor();
        await page.goto('/protected');
        await typePin(page, '7391');
        await screen(page, 'withdrawn');
        assert.equal((await nextMail('emil@example.org', 2)).subject, 'A device\'s access was withdrawn at Wiki');
    },

    async a_second_device_of_the_same_mailbox_leaves_the_first_alone(t) {
        const first = await enrolByMail(t, 'fred@example.org');
        await nextMail('fred@example.org', 1);
        await enrolByMail(t, 'fred@example.org', '2846', 2);
        await signOut(first);
        await first.goto('/login?return=/protected');
        await typePin(first, '7391');
        await inside(first);
    },

    async another_domain_is_told_so_and_a_wrong_address_can_be_mended(t) {
        const page = await openProfile(t);
        await page.goto('/login');
        await page.fill('#mp-name', 'gina@example.com');
        await page.getByRole('button', { name: 'Continue' }).click();
        await alert(page, 'You can\'t sign in here');
        await page.fill('#mp-name', 'gina@example.org');
        await page.getByRole('button', { name: 'Continue' }).click();
        await screen(page, 'mail');
        assert.equal(await page.getByRole('button', { name: 'Send again in' }).isDisabled(), true);
        await page.getByRole('button', { name: 'Wrong address?' }).click();
        await screen(page, 'add');
        assert.deepEqual(mails('gina@example.com'), []);
    },

    async three_mails_an_hour_and_the_fourth_waits(t) {
        for (let i = 0; i < 3; i++)
            await register(await openProfile(t), 'hugo@example.org', i);
        const page = await openProfile(t);
        await page.goto('/login');
        await page.fill('#mp-name', 'hugo@example.org');
        await page.getByRole('button', { name: 'Continue' }).click();
        await alert(page, 'This mailbox has had several mails.');
    },
}, start);
