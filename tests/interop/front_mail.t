// SPDX-License-Identifier: Apache-2.0
// Names proven by mail in front of an old Milagro server: it is told to wait, and the mail's link activates there.
const { port } = require('../lib/ports.cjs');
const assert = require('node:assert/strict');
const { existsSync, mkdtempSync, readFileSync, rmSync } = require('node:fs');
const { join, resolve } = require('node:path');
const { Browser } = require('./cookies.js');
const { PYTHON, ready, startProgram, until } = require('../browser/program.js');

const build = resolve(process.env.BUILD || resolve(__dirname, '../../build'));
const url = `http://127.0.0.1:${port}`;
const folder = mkdtempSync('/var/tmp/mpin-front-mail-');
const mailbox = join(folder, 'mailbox');

class Visitor extends Browser {
    constructor() { super(url); }

    /** Whole addresses, and what a client hands back when it registers. */
    async settings() {
        const { json } = await this.ask('/rps/clientSettings');
        const whole = Object.entries(json).map(([name, value]) => [name, /(?:URL|Url)$/.test(name) && value ? new URL(value, url).href : value]);
        return { ...Object.fromEntries(whole), userData: json.userData ?? json.signedIn?.userData };
    }

    async register(userId) {
        const { userData } = await this.settings();
        return this.ask('/rps/user', 'PUT', { userId, mobile: 0, deviceName: 'desk', userData });
    }

    /** Opens a mail's link and presses its button. */
    async follow(link) {
        const html = { Accept: 'text/html' };
        const { text } = await this.ask(link, 'GET', undefined, html);
        const field = (name) => new RegExp(`name="${name}" value="([^"]*)"`).exec(text)?.[1] ?? '';
        return this.ask('/mpinActivate', 'POST', String(new URLSearchParams({ csrf: field('csrf'), t: field('t') || new URL(link).searchParams.get('t') })),
            { ...html, 'Content-Type': 'application/x-www-form-urlencoded' });
    }
}

const mails = (to) => existsSync(mailbox)
    ? readFileSync(mailbox, 'utf8').split('\n').slice(0, -1).map((line) => JSON.parse(line)).filter((mail) => mail.to.includes(to)) : [];

const mailTo = (to, nth = 0) => until(`a mail to ${to}`, () => mails(to)[nth]);

const linkIn = (mail) => /http:\/\/\S+\/mpinActivate\?t=[0-9a-f]+/.exec(mail.text)[0];
const signature = (browser, { mpinId, regOTT }) => browser.ask(`/rps/signature/${mpinId}?regOTT=${regOTT}`);

const TESTS = {
    async a_strangers_registration_in_front_of_an_rps_waits_for_the_mailbox({ client }) {
        const browser = new Visitor();
        const { status, json } = await browser.register('anna@example.org');
        assert.deepEqual([status, json.active], [200, false]);
        assert.equal((await signature(browser, json)).status, 401);

        const mail = await mailTo('anna@example.org');
        assert.ok(linkIn(mail).startsWith(url) && mail.text.includes('desk'));
        const other = new Visitor();
        assert.equal((await other.ask(linkIn(mail), 'GET', undefined, { Accept: 'text/html' })).status, 200);
        const elsewhere = await other.follow(linkIn(mail));
        assert.equal(elsewhere.status, 403, 'the link alone activates nothing');
        assert.equal((await signature(browser, json)).status, 401);

        const done = await browser.follow(linkIn(mail));
        assert.equal(done.status, 200, done.text);
        const device = await client.finish(await browser.settings(), json, 1234);
        const proof = await client.passes(await browser.settings(), device, 1234);
        const answer = await browser.ask('/mpinAuthenticate', 'POST', { mpinResponse: proof });
        assert.deepEqual([answer.status, answer.json.user], [200, 'anna@example.org']);

        const isIn = async () => (await browser.ask('/protected/', 'GET', undefined, { Accept: 'text/html' })).status === 200;
        assert.ok(await isIn());

        // Told at the first login, with a way back.
        const withdrawn = await other.follow(linkIn(await mailTo('anna@example.org', 1)));
        assert.equal(withdrawn.status, 200);
        assert.ok(!await isIn());
    },

    async who_may_not_register_is_answered_alike_and_gets_no_mail() {
        const { status, json } = await new Visitor().register('eve@example.org');
        assert.deepEqual([status, json.active], [200, false]);
        assert.equal((await new Visitor().register('bob@example.org')).status, 200);
        await mailTo('bob@example.org');
        assert.deepEqual(mails('eve@example.org'), []);
    },
};

async function main() {
    const { startFront } = await import('../milagro/front.mjs');
    const { writeFileSync } = require('node:fs');
    const client = await import('../milagro/client.mjs');
    writeFileSync(join(folder, 'allowed'), 'anna@example.org\nbob@example.org\n', { mode: 0o644 });
    require('node:fs').chmodSync(folder, 0o755);
    const smtp = startProgram(PYTHON, [join(__dirname, '../smtp/server.py'), `${port + 10}`, mailbox]);
    const conf = `MPinRegister mail\nMPinRegisterAllow file ${folder}/allowed\nMPinMail smtp://127.0.0.1:${port + 10}\n`
        + 'MPinMailFrom wiki@example.org\n';
    let site;
    const names = Object.keys(TESTS);
    console.log(`1..${names.length}`);
    try {
        await ready(smtp, port + 10);
        site = await startFront({ port, build, conf });
        for (const [i, name] of names.entries()) {
            const failure = await TESTS[name]({ site, client }).then(() => undefined, (error) => error);
            console.log(`${failure ? 'not ok' : 'ok'} ${i + 1} - ${name.replace(/_/g, ' ')}`);
            if (failure) {
                process.exitCode = 1;
                console.error(String(failure.stack).replace(/^/gm, '# '));
            }
        }
        if (process.exitCode)
            console.error(site.log().replace(/^/gm, '# '));
    } finally {
        await site?.stop();
        smtp.kill('SIGTERM');
        rmSync(folder, { recursive: true, force: true });
    }
}

main();
