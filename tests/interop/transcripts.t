// SPDX-License-Identifier: Apache-2.0
// Exchanges of the original Milagro MFA server, recorded once and reduced to what clients read (transcripts/*.json),
// replayed against httpd with conf/rps-server.conf: the application of Milagro's tutorial is a server in this test, its
// client is of our curve. Statuses, field names and types must be the original's. Where we differ on purpose, the step
// names it, and transcripts/differences.json says what we answer and why.
//
// A string in <> is a type, one in {} what an earlier answer gave (or what the client computes: U, UT, V); anything
// else is meant literally.
const { port } = require('../lib/ports.cjs');
const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { createHash, createHmac, randomBytes } = require('node:crypto');
const { readFileSync, readdirSync } = require('node:fs');
const { createServer } = require('node:http');
const { join, resolve } = require('node:path');
const { createInterface } = require('node:readline');
const { json: jsonOf } = require('node:stream/consumers');
const { isDeepStrictEqual } = require('node:util');
const { apxs, makeFolder, ready, removeFolder, startHttpd } = require('../browser/program.js');

const build = resolve(process.env.BUILD || join(__dirname, '../../build'));
const RPS = `http://127.0.0.1:${port}`;
const DTA = `http://127.0.0.1:${port + 1}`;
const APP = `http://127.0.0.1:${port + 2}`;
const PIN = 1234;
const transcripts = join(__dirname, 'transcripts');
const load = (name) => JSON.parse(readFileSync(join(transcripts, `${name}.json`), 'utf8'));
const DIFFERENCES = load('differences');

// ---- the application of the tutorial ------------------------------------------------------------

const sessions = new Map();

async function redeem(authOTT, session) {
    const post = (path, body) => fetch(RPS + path,
        { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
    const answer = await post('/authenticate', { authOTT });
    const { userId, message } = await answer.json();
    if (answer.status === 200) {
        sessions.set(session, userId);
        const logoutData = { userId, sessionToken: session };
        await post('/loginResult', { authOTT, status: 200, message, logoutURL: '/logout', logoutData });
    }
    return answer.status;
}

const application = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, APP);
    const session = /session=(\w+)/.exec(request.headers.cookie ?? '')?.[1] ?? randomBytes(32).toString('hex');
    const send = (status, body = '', headers = {}) =>
        response.writeHead(status, { 'Set-Cookie': `session=${session}`, ...headers }).end(body);
    const body = request.method === 'POST' ? await jsonOf(request).catch(() => undefined) : {};
    if (pathname === '/mpinVerify')
        return send(200, '{"forceActivate": true}', { 'Content-Type': 'application/json' });
    if (pathname === '/mpinAuthenticate')
        return body?.mpinResponse
            ? send(await redeem(body.mpinResponse.authOTT, session), '{"someUserData": "for onSuccessLogin"}') : send(400);
    if (pathname === '/logout') {
        sessions.delete(body?.sessionToken ?? session);
        return request.method === 'POST' ? send(200) : send(302, '', { Location: '/' });
    }
    if (pathname === '/protected' && !sessions.has(session))
        return send(302, '', { Location: '/' });
    return pathname === '/' || pathname === '/protected' ? send(200, '<title>An application</title>') : send(404, '<title>404</title>');
});

// ---- the client ---------------------------------------------------------------------------------

/** The client's mathematics (tests/t/mpin_client.c), a line each way. */
function mathematics() {
    const program = spawn(join(build, 'mpin-client'), { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface({ input: program.stdout })[Symbol.asyncIterator]();
    const compute = async (...words) => {
        assert.ok(words.every((word) => word !== undefined && word !== ''), `${words}`);
        program.stdin.write(`${words.join(' ')}\n`);
        return (await lines.next()).value.split(' ');
    };
    return { compute, end: () => program.stdin.end() };
}

const sha256 = (hex) => createHash('sha256').update(Buffer.from(hex, 'hex')).digest('hex');

/** Who replays one transcript: what it was told (`known`), and what its device keeps. */
class Client {
    constructor(compute, { key: dtaKey, ...dta }) {
        this.compute = compute;
        this.known = { noPoint: `04${'22'.repeat(96)}`, hash: '5a'.repeat(32), authOTT: '0'.repeat(32), ...dta };
        this.dtaKey = dtaKey;
        this.shares = { secret: [], permit: [] };
        this.cookie = '';
    }

    base(to) {
        return { rps: RPS, app: APP, dta: DTA, second: this.known.certivoxURL?.replace(/\/$/, '') }[to];
    }

    fill(value) {
        if (typeof value === 'string' && /^\{\w+\}$/.test(value))
            return this.value(value.slice(1, -1));
        if (typeof value === 'string')
            return value.replace(/\{(\w+)\}/g, (_, name) => this.value(name));
        return value && typeof value === 'object'
            ? Array.isArray(value) ? value : Object.fromEntries(Object.entries(value).map(([key, one]) => [key, this.fill(one)])) : value;
    }

    value(name) {
        assert.ok(name in this.known, `{${name}} is known`);
        return this.known[name];
    }

    /** @returns {Promise<{status: number, answer: any}>} */
    async ask({ to, method, path, body, headers = {} }) {
        const filled = this.fill(body);
        const answer = await fetch(this.base(to) + this.fill(path), {
            method, redirect: 'manual',
            headers: {
                ...headers, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
                ...(to === 'app' ? { Cookie: this.cookie } : {}),
            },
            body: filled === undefined || typeof filled === 'string' ? filled : JSON.stringify(filled),
        });
        if (to === 'app')
            this.cookie = answer.headers.get('set-cookie') ?? this.cookie;
        const text = await answer.text();
        return { status: answer.status, answer: /^[{[]/.test(text) ? JSON.parse(text) : text.startsWith('<') ? '<page>' : text };
    }

    /** The answer to a step; nothing yet where other steps go on meanwhile. */
    async take(step) {
        if (step.joins)
            return this.meanwhile;
        await this.prove(step);
        if (step.meanwhile) {
            this.meanwhile = this.ask(step);
            return undefined;
        }
        let got = await this.ask(step);
        for (let i = 0; step.polls && got.answer.status !== step.answer.status && i < 200; i++) {
            await new Promise((resolve) => setTimeout(resolve, 20));
            got = await this.ask(step);
        }
        return got;
    }

    learn(answer) {
        const another = answer.mpinId && answer.mpinId !== this.known.mpinId;
        if (another)
            this.known.earlierMpinId = this.known.mpinId;
        Object.assign(this.known, Object.fromEntries(Object.entries(answer).filter(([, value]) => value !== '')));
        for (const [kind, name] of [['secret', 'clientSecretShare'], ['secret', 'clientSecret'], ['permit', 'timePermit']]) {
            if (answer[name])
                this.shares[kind] = [...this.shares[kind], answer[name]].slice(-2);
        }
        if (answer.qrUrl)
            this.known.wid = answer.qrUrl.split('#')[1];
        if (another) {
            this.hash = sha256(answer.mpinId);
            this.shares = { secret: [], permit: [] };
            delete this.token;
        }
    }

    /** U, UT, V or a signature for the D-TA, if the step wants them. */
    async prove({ body, pin = PIN, signs }) {
        if (signs)
            this.known.signed = createHmac('sha256', this.dtaKey).update(this.fill(signs)).digest('hex');
        if (body?.UT === '{UT}') {
            if (!this.token) {
                const [secret] = await this.compute('add', ...this.shares.secret);
                [this.token] = await this.compute('token', secret, this.hash, PIN);
                [this.permit] = await this.compute('add', ...this.shares.permit);
            }
            [this.x, this.known.UT] = await this.compute('pass1permit', this.hash, this.known.date);
            [, this.known.U] = await this.compute('pass1', this.hash);
        }
        if (body?.V === '{V}')
            [this.known.V] = await this.compute('pass2permit', this.token, this.hash, pin, this.permit, this.x, this.known.y);
    }
}

// ---- the replay ---------------------------------------------------------------------------------

const isHex = (text) => /^([0-9a-f]{2})+$/.test(text);

/** What was got, in the words of what was expected. */
function inWordsOf(got, expected) {
    if (expected === '<hex>' && isHex(got) || expected === '<digits>' && /^\d+$/.test(got)
        || expected === '<text>' && typeof got === 'string' && got || expected === `<${typeof got}>`)
        return expected;
    if (Array.isArray(got))
        return got.map((one, i) => inWordsOf(one, expected?.[i]));
    if (got && typeof got === 'object')
        return Object.fromEntries(Object.entries(got).map(([key, one]) => {
            const name = /^\d+$/.test(key) && expected?.['<day>'] ? '<day>' : key;
            return [name, inWordsOf(one, expected?.[name])];
        }));
    return got;
}

const used = new Set();

/** The original's answer with our deliberate differences. */
function ours({ status, answer, code, differs = [] }) {
    let expected = { status, answer };
    const additions = {};
    for (const name of differs) {
        const { why, adds, ...replaced } = DIFFERENCES[name] ?? assert.fail(`no difference ${name}`);
        assert.ok(why, `${name} has its reason`);
        used.add(name);
        expected = { ...expected, ...replaced };
        Object.assign(additions, adds);
    }
    if (code)
        expected.answer = { code, message: '<text>', id: '<text>' };
    return Object.keys(additions).length ? { ...expected, answer: { ...expected.answer, ...additions } } : expected;
}

async function replay(name, client) {
    const failures = [];
    const enrolment = load('register_login_logout').steps.filter(({ enrolment }) => enrolment);
    for (const step of load(name).steps.flatMap((one) => one.enrol ? enrolled(one, enrolment) : one)) {
        const expected = ours(step);
        const got = await client.take(step);
        if (!got)
            continue;
        const said = { status: got.status, answer: inWordsOf(got.answer, expected.answer) };
        if (!isDeepStrictEqual(said, expected))
            failures.push(`${step.method} ${step.to} ${step.path} ${step.note ?? ''}`
                + `\n       got ${JSON.stringify(said)}\n  expected ${JSON.stringify(expected)}`);
        if (got.status === 200 && typeof got.answer === 'object')
            client.learn(got.answer);
    }
    if (failures.length)
        throw new Error(failures.join('\n'));
}

/** The steps of an enrolment for somebody else; `until` names the last path of one that stops early. */
function enrolled({ enrol, mobile, until }, steps) {
    const end = until ? steps.findIndex(({ path }) => path.startsWith(until)) + 1 : steps.length;
    return steps.slice(0, end).map((step) =>
        step.body?.userId ? { ...step, body: { userId: enrol, mobile } } : step);
}

// ---- the servers --------------------------------------------------------------------------------

/** The example as it is shipped, with ports and folders of ours, and what the original always had. */
function configuration(folder) {
    return readFileSync(join(__dirname, '../../conf/rps-server.conf'), 'utf8')
        .replace(/^#.*\n/gm, '')
        .replace(/\b80(?:11|01|05)\b/g, (shipped) => `${port + ['8011', '8001', '8005'].indexOf(shipped)}`)
        .replace(/^ *MPinService rps$/m, '$&\nMPinTimePermits On\nMPinIssueOTP On\nMPinLogo /icon.png')
        .replaceAll('/usr/lib/apache2/modules/mod_auth_mpin.so', join(folder, 'mod_auth_mpin.so'))
        .replaceAll('/usr/lib/apache2/modules', apxs('LIBEXECDIR'))
        .replaceAll(/\/etc\/apache2|\/run\/apache2|\/var\/log\/apache2|\/var\/lib\/apache2/g, folder)
        .replaceAll(/^(User|Group) .*\n/gm, (line) => process.getuid() === 0 ? line : '');
}

/** Whom the D-TA takes requests from, as its key file for others says, and times to sign. */
function dtaApplication(folder) {
    const [dtaApp, key] = readFileSync(join(folder, 'mpin-keys/mpin.keys.dta'), 'utf8').trim().split(':');
    const at = (seconds) => `${new Date(Date.now() + seconds * 1000).toISOString().slice(0, 19)}Z`;
    return { dtaApp, key: Buffer.from(key, 'hex'), expires: at(60), past: at(-5) };
}

async function main() {
    const names = readdirSync(transcripts).map((file) => file.replace('.json', '')).filter((name) => name !== 'differences');
    const folder = makeFolder('transcripts', build);
    const httpd = startHttpd(folder, configuration(folder));
    const { compute, end } = mathematics();
    console.log(`1..${names.length + 1}`);
    let count = 0;
    const test = async (title, run) => {
        let failure;
        await Promise.resolve().then(run).catch((error) => failure = error);
        console.log(`${failure ? 'not ok' : 'ok'} ${++count} - ${title.replace(/_/g, ' ')}`);
        if (failure)
            console.error(String(failure.stack).replace(/^/gm, '# ')), process.exitCode = 1;
    };
    try {
        await new Promise((done) => application.listen(port + 2, '127.0.0.1', done));
        await ready(httpd, port);
        await fetch(`${RPS}/rps/clientSettings`); // it listens before it has its keys
        for (const name of names)
            await test(name, () => replay(name, new Client(compute, dtaApplication(folder))));
        await test('every difference is used', async () =>
            assert.deepEqual(Object.keys(DIFFERENCES).filter((name) => !used.has(name)), []));
    } finally {
        httpd.kill('SIGTERM');
        end();
        application.close();
        application.closeAllConnections();
        removeFolder(folder);
    }
}

main();
