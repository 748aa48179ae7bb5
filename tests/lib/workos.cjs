// SPDX-License-Identifier: Apache-2.0
// WorkOS' MFA API, as far as tests go: the five calls of its OpenAPI description, which tests/interop/workos.t holds this
// against, with codes that are real (TOTP) or kept for the test to read (SMS). It misbehaves as it is told: `manner` and
// `once` answer a request in its place (senders.cjs, MANNERS);
// one that gives null leaves the request to it.
const { createHmac, randomBytes } = require('node:crypto');
const { createServer } = require('node:http');

const KEY = 'sk_test_for_tests';
const TEN_MINUTES = 600_000;
const TRIES = 10;

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const base32 = (bytes) => [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('').match(/.{5}/g).map((bits) => BASE32[parseInt(bits, 2)]).join('');

/** RFC 6238: six digits of SHA-1 and 30 s. */
function totp(secret, at = Date.now()) {
    const bits = [...secret.replace(/\s/g, '')].map((digit) => BASE32.indexOf(digit).toString(2).padStart(5, '0')).join('');
    const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
    const mac = createHmac('sha1', key).update(counter).digest();
    return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** One pixel, as a picture of a QR code. */
const PICTURE = 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';

const now = () => new Date().toISOString();
const newId = (kind) => `${kind}_01${randomBytes(12).toString('hex').toUpperCase()}`;

class Refusal {
    constructor(status, message, code) { Object.assign(this, { status, body: { message, ...code && { code } } }); }
}

class WorkOS {
    factors = new Map();
    challenges = new Map();
    messages = [];
    requests = [];
    manner = null;
    once = null;
    environment = undefined;
    keys = new Map();

    enroll({ type, phone_number, totp_issuer, totp_user }) {
        const factor = { object: 'authentication_factor', id: newId('auth_factor'), created_at: now(), updated_at: now(), type };
        if (this.environment)
            factor.environment_id = this.environment;
        if (type === 'sms') {
            if (!/^\+1[2-9]\d{9}$/.test(phone_number ?? ''))
                throw new Refusal(422, `'${phone_number}' is not a valid phone number.`);
            factor.sms = { phone_number };
            this.factors.set(factor.id, { factor });
            return factor;
        }
        if (type !== 'totp' || !totp_issuer || !totp_user)
            throw new Refusal(422, 'totp_issuer and totp_user are required.');
        factor.totp = { issuer: totp_issuer, user: totp_user };
        const secret = base32(randomBytes(20));
        this.factors.set(factor.id, { factor, secret });
        const label = `${encodeURIComponent(totp_issuer)}:${encodeURIComponent(totp_user)}`;
        return { ...factor, totp: { ...factor.totp, qr_code: PICTURE, secret,
            uri: `otpauth://totp/${label}?secret=${secret}&issuer=${encodeURIComponent(totp_issuer)}` } };
    }

    find(id) {
        const found = this.factors.get(id);
        if (!found)
            throw new Refusal(404, `Authentication Factor not found: '${id}'.`);
        return found;
    }

    challenge(id, { sms_template }) {
        const { factor } = this.find(id);
        const challenge = { object: 'authentication_challenge', id: newId('auth_challenge'), created_at: now(), updated_at: now(),
            authentication_factor_id: id };
        const kept = { challenge, tries: 0, done: false };
        if (factor.type === 'sms') {
            challenge.expires_at = new Date(Date.now() + TEN_MINUTES).toISOString();
            kept.code = String(randomBytes(4).readUInt32BE() % 1_000_000).padStart(6, '0');
            if (sms_template !== undefined && !sms_template.includes('{{code}}'))
                throw new Refusal(422, 'sms_template must contain {{code}}.');
            this.messages.push({ to: factor.sms.phone_number, text: (sms_template ?? 'Your code is {{code}}').replace('{{code}}', kept.code) });
        }
        this.challenges.set(challenge.id, kept);
        return challenge;
    }

    verify(id, { code }) {
        const kept = this.challenges.get(id);
        if (!kept)
            throw new Refusal(404, `Authentication Challenge not found: '${id}'.`);
        if (kept.done)
            throw new Refusal(422, `The authentication challenge '${id}' has already been verified.`);
        if (kept.challenge.expires_at && Date.parse(kept.challenge.expires_at) < Date.now())
            throw new Refusal(422, `The authentication challenge '${id}' has expired.`);
        if (++kept.tries > TRIES)
            throw new Refusal(400, 'Too many attempts.', 'one_time_code_too_many_attempts');
        const { secret } = this.factors.get(kept.challenge.authentication_factor_id) ?? {};
        const valid = secret ? [-1, 0, 1].some((step) => totp(secret, Date.now() + step * 30_000) === code) : kept.code === code;
        kept.done = valid;
        return { challenge: kept.challenge, valid };
    }

    /** [status, body] */
    answer(method, path, body) {
        const [, factor, rest] = /^\/auth\/factors\/([\w]+)(\/challenge)?$/.exec(path) ?? [];
        const [, challenge] = /^\/auth\/challenges\/([\w]+)\/verify$/.exec(path) ?? [];
        if (method === 'POST' && path === '/auth/factors/enroll')
            return [201, this.enroll(body)];
        if (method === 'GET' && factor && !rest)
            return [200, this.find(factor).factor];
        if (method === 'DELETE' && factor && !rest) {
            this.find(factor);
            this.factors.delete(factor);
            return [204];
        }
        if (method === 'POST' && factor && rest)
            return [201, this.challenge(factor, body)];
        if (method === 'POST' && challenge)
            return [201, this.verify(challenge, body)];
        throw new Refusal(404, `Cannot ${method} ${path}`);
    }

    /** The same key gets the same answer, and nothing is done again. */
    answerOnce(key, method, path, body) {
        if (!key)
            return this.answer(method, path, body);
        if (!this.keys.has(key))
            this.keys.set(key, this.answer(method, path, body));
        return this.keys.get(key);
    }

    handle(request, text) {
        try {
            if (request.headers.authorization !== `Bearer ${KEY}`)
                throw new Refusal(401, 'Unauthorized');
            return this.answerOnce(request.headers['idempotency-key'], request.method, request.url, text ? JSON.parse(text) : {});
        } catch (refusal) {
            if (!(refusal instanceof Refusal))
                throw refusal;
            return [refusal.status, refusal.body];
        }
    }
}

async function startWorkOS(port) {
    const stub = new WorkOS();
    const server = createServer(async (request, response) => {
        let text = '';
        for await (const piece of request.setEncoding('utf8'))
            text += piece;
        stub.requests.push({ method: request.method, url: request.url, headers: request.headers, text });
        const manner = stub.once ?? stub.manner;
        stub.once = null;
        if (manner && manner(response, request) !== null)
            return;
        const [status, body] = stub.handle(request, text);
        response.writeHead(status, body && { 'Content-Type': 'application/json; charset=utf-8' }).end(body && JSON.stringify(body));
    });
    await new Promise((done) => server.listen(port, '127.0.0.1', done));
    stub.close = () => { server.closeAllConnections(); server.close(); };
    return stub;
}

module.exports = { KEY, startWorkOS, totp };
