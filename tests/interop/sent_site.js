// SPDX-License-Identifier: Apache-2.0
// A site with second steps, and a person at it who has a password: for what is sent by SMS and kept at WorkOS.
const { port } = require('../lib/ports.cjs');
const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const { chmodSync, mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const { join, resolve } = require('node:path');
const { request } = require('node:http');
const { apxs, makeFolder, ready, removeFolder, startHttpd, until } = require('../browser/program.js');

const build = resolve(process.env.BUILD || resolve(__dirname, '../../build'));
const url = `http://127.0.0.1:${port}`;
const MODULES = ['mpm_event', 'authn_core', 'authn_file', 'authz_core', 'authz_user', 'unique_id', 'dir', 'alias'];

const place = (path, second) => `Alias ${path} "%/site"
<Location ${path}>
    AuthType MPin
    MPinSecondFactor ${second}
    Require valid-user
</Location>`;

/** httpd with `more(folder)` in its configuration; `secret(name, text)` makes a file that only its owner reads. */
async function startSite(more, people = ['john', 'jane', 'jim', 'joan', 'jack', 'jill']) {
    const folder = makeFolder('sent', build);
    mkdirSync(join(folder, 'site'));
    writeFileSync(join(folder, 'site/index.html'), 'inside\n');
    for (const name of people)
        execFileSync('htpasswd', [...name === people[0] ? ['-c'] : [], '-Bb', '-C', '4', join(folder, 'users'), name, `${name}-secret`], { stdio: 'ignore' });
    const secret = (name, text) => {
        writeFileSync(join(folder, name), text);
        chmodSync(join(folder, name), 0o600);
        return join(folder, name);
    };
    const given = more(folder, secret);
    const httpd = startHttpd(folder, `${process.getuid() === 0 ? 'User www-data\nGroup www-data\n' : ''}ServerRoot "${folder}"
ServerName 127.0.0.1:${port}
Listen 127.0.0.1:${port}
PidFile "${folder}/httpd.pid"
ErrorLog "${folder}/logs/error.log"
LogLevel trace8
StartServers 2
ThreadsPerChild 40
MaxRequestWorkers 160
${MODULES.map((name) => `LoadModule ${name}_module ${apxs('LIBEXECDIR')}/mod_${name}.so`).join('\n')}
LoadModule auth_mpin_module "${folder}/mod_auth_mpin.so"
DocumentRoot "${folder}/site"
MPinEngine On
MPinPublicURL ${url}
MPinStore "lmdb:${folder}/store"
MPinStoreSize 64M
MPinKeyFile "${folder}/keys/mpin.keys"
MPinTitle Wiki
MPinPasswordProvider file
MPinThrottle address=100000/60s account=100000/60s
MPinAuditLog "${folder}/logs/audit.log"
<Location /login>
    AuthUserFile "${folder}/users"
</Location>
${[['/any', 'any'], ['/totp', 'totp'], ['/sms', 'sms']].map((one) => place(...one)).join('\n').replaceAll('%', folder)}
${given.includes('MPinWorkOS') ? '' : 'MPinTOTP Wiki'}
${given}`);
    const site = {
        url, folder,
        log: () => readFileSync(join(folder, 'logs/error.log'), 'utf8'),
        /** A graceful reload, with lines changed as `edit` says. */
        async reload(edit = (text) => text) {
            const file = join(folder, 'httpd.conf');
            writeFileSync(file, edit(readFileSync(file, 'utf8')));
            const before = site.log().split('resuming normal operations').length;
            process.kill(httpd.pid, 'SIGUSR1');
            await until('the reload', () => site.log().split('resuming normal operations').length > before);
            await new Promise((later) => setTimeout(later, 500)); // children of before take no more
        },
        audit: () => readFileSync(join(folder, 'logs/audit.log'), 'utf8'),
        stop() {
            httpd.kill('SIGTERM');
            const ended = httpd.exitCode === null ? new Promise((done) => httpd.once('exit', done)) : Promise.resolve();
            return ended.then(() => removeFolder(folder));
        },
    };
    try {
        await ready(httpd, port);
    } catch (error) {
        await site.stop();
        throw error;
    }
    return site;
}

const HTML = { Accept: 'text/html', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document', 'Sec-Fetch-Site': 'same-origin' };

/** The hidden fields of the form whose action ends so. */
function fieldsOf(text, action) {
    const form = [...text.matchAll(/<form\b[^>]*?action="([^"]*)"[^>]*>([\s\S]*?)<\/form>/g)].find(([, to]) => to.split('?')[0].endsWith(action));
    assert.ok(form, `no form to ${action} in ${text}`);
    const inputs = [...form[2].matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, name, value]) => [name, plain(value)]);
    return { action: plain(form[1]), fields: Object.fromEntries(inputs) };
}

const plain = (text) => text.replace(/&#39;/g, '\'').replace(/&quot;/g, '"').replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&');

/** A line that tells the code; the fraction of a second, or a process, may have the same digits. @param {string} code */
const tellsOf = (code) => new RegExp(`(?<![\\w.]|[pt]id )${code}\\b`);

/** A browser without a screen. (fetch says of itself that it is none.) */
class Person {
    cookies = new Map();
    page;

    /** `from` is the loopback address that the person comes from. */
    constructor(from = undefined) { this.from = from; }

    ask(path, method = 'GET', body = undefined) {
        const headers = { ...HTML, Cookie: [...this.cookies].map((pair) => pair.join('=')).join('; '),
            ...body !== undefined && { Origin: url, 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': Buffer.byteLength(body) } };
        return new Promise((done, fail) => {
            const asked = request(new URL(path, url), { method, headers, agent: false, localAddress: this.from }, async (response) => {
                let text = '';
                for await (const piece of response.setEncoding('utf8'))
                    text += piece;
                this.#keep(response.headers['set-cookie'] ?? []);
                done({ status: response.statusCode, headers: new Map(Object.entries(response.headers)), text });
            });
            asked.on('error', fail).end(body);
        });
    }

    #keep(lines) {
        for (const line of lines) {
            const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
            if (/Max-Age=0/.test(line))
                this.cookies.delete(name);
            else
                this.cookies.set(name, value);
        }
    }

    async get(path) { return this.page = await this.ask(path); }

    async post(path, fields) { return this.page = await this.ask(path, 'POST', String(new URLSearchParams(fields))); }

    /** The form of the page that is shown, with what somebody types. */
    async send(action, typed = {}, page = this.page) {
        const { action: to, fields } = fieldsOf(page.text, action);
        return this.post(to, { ...fields, ...typed });
    }

    async signIn(name) {
        await this.get('/login?return=/any/');
        const answer = await this.send('/login', { username: name, password: `${name}-secret` });
        assert.equal(answer.status, 303);
        return this;
    }

    async follow() { return this.get(this.page.headers.get('location')); }

    /** Is the place open to this session? */
    async opens(path) { return (await this.ask(path)).status === 200; }

    alert() { return plain([.../<p class="alert"[^>]*>([^<]*)</g[Symbol.matchAll](this.page.text)].map(([, text]) => text).join(' ')); }
}

/** Runs the tests one after the other, as TAP. */
async function run(tests, start) {
    const only = process.env.ONLY;
    const names = Object.keys(tests).filter((name) => !only || name.includes(only));
    const t = await start();
    try {
        console.log(`1..${names.length}`);
        for (const [i, name] of names.entries()) {
            try {
                await tests[name](t);
                console.log(`ok ${i + 1} - ${name.replace(/_/g, ' ')}`);
            } catch (error) {
                console.log(`not ok ${i + 1} - ${name.replace(/_/g, ' ')}`);
                console.error(String(error.stack).replace(/^/gm, '# '));
                process.exitCode = 1;
            }
        }
    } finally {
        if (process.exitCode && process.env.SHOW_LOG)
            console.error(t.site.log().replace(/^/gm, '# '));
        await t.stop();
    }
}

module.exports = { Person, fieldsOf, plain, port, run, startSite, tellsOf, url };
