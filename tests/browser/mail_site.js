// SPDX-License-Identifier: Apache-2.0
// A site where names are proven by mail, with a real SMTP server whose mailbox is read back, and the steps of a registration.
const { port } = require('../lib/ports.cjs');
const { existsSync, readFileSync } = require('node:fs');
const { join } = require('node:path');
const { build, choosePin, openProfile, screen } = require('./browser.js');
const { PYTHON, apxs, makeFolder, ready, removeFolder, startHttpd, startProgram, until } = require('./program.js');

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
LogLevel warn auth_mpin:debug
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
    ? readFileSync(mailbox, 'utf8').split('\n').slice(0, -1).map((line) => JSON.parse(line))
        .filter((mail) => mail.to.some((one) => one.endsWith(to)))
    : [];

/** The next mail to somebody that there was not yet. */
const nextMail = (to, before) => until(`a mail to ${to}`, () => mails(to)[before]);

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

/** What httpd has logged until now. */
const logged = () => readFileSync(join(folder, 'logs/error.log'), 'utf8');

module.exports = { activate, enrolByMail, inside, linkIn, logged, mails, nextMail, register, start, url };
