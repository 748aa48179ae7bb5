// A stand-in for the module while the pad is being made: the real protocol and the real mathematics, one process.
// node fake_rps.mjs PORT HTDOCS
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { readFileSync, existsSync } from 'node:fs';
import { join, extname } from 'node:path';

const [port, root] = [Number(process.argv[2]), process.argv[3]];
const { G1, G2, pairing, fields } = bls12_381;
const Fr = fields.Fr;
const s = BigInt('0x' + randomBytes(48).toString('hex')) % Fr.ORDER;
const sQ = G2.Point.BASE.multiply(s);
const DST = 'BLS12381G1_XMD:SHA-256_SSWU_NU_MPIN';
const H = (id) => G1.encodeToCurve(createHash('sha256').update(Buffer.from(id, 'hex')).digest(), { DST });
const point = (hex) => { const p = G1.Point.fromHex(hex.slice(2).length === 192 ? uncompressed(hex) : hex); p.assertValidity(); return p; };
const uncompressed = (hex) => hex.slice(2); // noble's BLS codec takes X || Y with flag bits 000
const hexOf = (p) => '04' + Buffer.from(p.toBytes(false)).toString('hex');

const open = new Map(), ids = new Map(), pass1 = new Map(), otts = new Map(), sessions = new Map(), states = new Map();
const users = { john: 'k7-maple-42' };
const texts = (lang) => JSON.parse(readFileSync(join(root, `mpin/texts/${lang}.json`)));
const esc = (v) => String(v).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
const CSP = "default-src 'self'; frame-ancestors 'none'; form-action 'self'; base-uri 'none'; object-src 'none'";

function render(name, values, lang) {
    const t = texts(lang);
    let page = readFileSync(join(root, `pages/${name}.html`), 'utf8')
        .replace(/\{\{>(\w+)\}\}/g, (_, f) => readFileSync(join(root, `pages/${f}.html`), 'utf8'));
    for (let again = true; again;) {
        const next = page.replace(/\{\{([#^])(\w+)\}\}((?:(?!\{\{[#^]\2\}\})[\s\S])*?)\{\{\/\2\}\}/g,
            (_, k, n, body) => (k === '#') === !!values[n] ? body : '');
        again = next !== page;
        page = next;
    }
    return page.replace(/\{\{t\.(\w+)\}\}/g, (_, k) => esc((t[k] ?? k).replace(/\{(\w+)\}/g, (_, n) => values[n] ?? ''))).replace(/\{\{(\w+)\}\}/g, (_, k) => esc(values[k] ?? ''));
}

createServer(async (req, res) => {
    const url = new URL(req.url, `http://127.0.0.1:${port}`);
    const cookie = /mpin=(\w+)/.exec(req.headers.cookie ?? '')?.[1];
    const user = sessions.get(cookie);
    let body = '';
    for await (const chunk of req) body += chunk;
    const lang = /^(de|fr|es)/.exec(req.headers['accept-language'] ?? '')?.[1] ?? 'en';
    const common = { title: 'Wiki', host: 'wiki.example.org', base: '/mpin', lang, user, csrf: 'c', settings_url: '/rps/clientSettings', login_url: '/login', logout_url: '/logout', state: url.searchParams.get('s') ?? '', demo: '1', pin: '1' };
    const send = (status, type, data, headers = {}) => { res.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store', 'Content-Security-Policy': CSP, ...headers }); res.end(data); };
    const json = (status, data, headers) => send(status, 'application/json', JSON.stringify(data), headers);
    const refuse = (status, code, more = {}) => json(status, { code, message: code, id: 'MPIN0042', ...more });
    const page = (name, values = {}, status = 200, headers = {}) => send(status, 'text/html; charset=utf-8', render(name, { ...common, ...values }, lang), headers);
    const go = (to, headers = {}) => { res.writeHead(303, { Location: to, ...headers }); res.end(); };
    const data = () => JSON.parse(body || '{}');
    const path = url.pathname;
    const rest = path.split('/').pop();
    try {
        if (path === '/mpin.js' || path.startsWith('/mpin/')) {
            const file = join(root, path);
            if (!existsSync(file)) return page('error', { status: 404, error_title: 'Not found', error_text: '', error_code: 'MPIN0024', error_time: '14:03 UTC' }, 404);
            return send(200, { '.js': 'text/javascript', '.css': 'text/css', '.json': 'application/json', '.svg': 'image/svg+xml' }[extname(file)], readFileSync(file));
        }
        if (path === '/login' && req.method === 'GET') {
            if (user && url.searchParams.get('offer')) return page('offer', { continue_href: states.get(common.state) ?? '/' });
            if (user) return page('signed_in', { continue_href: '/' });
            return page('login', { password: '1', pin: '1', expired: url.searchParams.get('expired') });
        }
        if (path === '/login') {
            const form = new URLSearchParams(body);
            if (users[form.get('username')] !== form.get('password')) return page('login', { password: '1', wrong: '1', username: form.get('username'), state: form.get('s') }, 401);
            const id = randomBytes(8).toString('hex'); sessions.set(id, form.get('username'));
            return go('/login?offer=1&s=' + form.get('s'), { 'Set-Cookie': `mpin=${id}; Path=/; HttpOnly; SameSite=Lax` });
        }
        if (path === '/logout' && req.method === 'GET') return page('logout');
        if (path === '/logout') { sessions.delete(cookie); return go('/'); }
        if (path === '/rps/clientSettings') return json(200, { registerURL: '/rps/user', signatureURL: '/rps/signature', setupDoneURL: '/rps/setupDone', mpinAuthServerURL: '/rps', authenticateURL: '/mpinAuthenticate', appID: 'a', seedValue: 'b', suite: 'BLS12381-MPIN-NU', pinLength: 4, maxFailures: 3, title: 'Wiki', registration: ['signed-in', 'open'], signedIn: user ? { user } : null, loginURL: '/login', logoutURL: '/logout' });
        if (path === '/rps/user') {
            const { userId, replaces } = data();
            if (!/^[!-~]+$/.test(userId ?? '')) return refuse(400, 'user_id_invalid');
            const taken = users[userId] || [...ids.values()].some((i) => i.user === userId);
            if (taken && user !== userId) return refuse(403, 'name_taken');
            const mpinId = Buffer.from(JSON.stringify({ mobile: 0, issued: '2026-01-01 00:00:00.000000', userID: userId, salt: randomBytes(16).toString('hex') })).toString('hex');
            const regOTT = randomBytes(16).toString('hex'); open.set(mpinId, { user: userId, regOTT, replaces });
            return json(200, { mpinId, regOTT, active: true });
        }
        if (path.startsWith('/rps/signature/')) {
            const r = open.get(rest);
            if (!r || r.regOTT !== data().regOTT) return refuse(400, 'registration_unknown');
            open.delete(rest); ids.set(rest, { user: r.user, failures: 0, replaces: r.replaces });
            return json(200, { clientSecretShare: hexOf(H(rest).multiply(s)), params: '' });
        }
        if (path.startsWith('/rps/setupDone/')) return json(200, {});
        if (path === '/rps/pass1') {
            const { mpin_id, U } = data(); const y = BigInt('0x' + randomBytes(48).toString('hex')) % Fr.ORDER; const passId = randomBytes(8).toString('hex');
            pass1.set(passId, { mpin_id, U: point(U), y });
            return json(200, { y: y.toString(16).padStart(96, '0'), passId, pass: 1 });
        }
        if (path === '/rps/pass2') {
            const { mpin_id, V, passId } = data(); const f = pass1.get(passId); pass1.delete(passId);
            if (!f) return refuse(408, 'pass1_unknown');
            const e = fields.Fp12.mul(pairing(point(V), G2.Point.BASE), pairing(f.U.add(H(mpin_id).multiply(f.y)), sQ));
            const authOTT = randomBytes(8).toString('hex'); const i = ids.get(mpin_id);
            const ok = i.failures < 3 && fields.Fp12.eql(e, fields.Fp12.ONE);
            if (ok) i.failures = 0; else i.failures++;
            otts.set(authOTT, { ok, i });
            return json(200, { authOTT, pass: 2 });
        }
        if (path === '/mpinAuthenticate') {
            const { mpinResponse, state } = data(); const a = otts.get(mpinResponse.authOTT); otts.delete(mpinResponse.authOTT);
            if (!a) return refuse(408, 'authott_unknown');
            if (a.i.revoked) return refuse(403, 'identity_revoked');
            if (a.i.failures >= 3) return refuse(410, 'locked');
            if (!a.ok) return refuse(401, 'wrong_pin', { attemptsLeft: 3 - a.i.failures });
            if (a.i.replaces) ids.get(a.i.replaces).revoked = true;
            const id = randomBytes(8).toString('hex'); sessions.set(id, a.i.user);
            return json(200, { user: a.i.user, location: states.get(state) ?? '/' }, { 'Set-Cookie': `mpin=${id}; Path=/; HttpOnly; SameSite=Lax` });
        }
        if (path === '/protected/deep' || path === '/protected') {
            if (!user) { const n = randomBytes(4).toString('hex'); states.set(n, path); return go('/login?s=' + n); }
            return send(200, 'text/html', `<title>x</title><main><h1>You are logged in as ${esc(user)}</h1><form method=post action=/logout><button>Log out</button></form></main>`);
        }
        if (path === '/') return send(200, 'text/html', user ? `Hello. You are logged in as ${esc(user)}.` : 'Hello. You are not logged in. You need to <a href=/login>login</a>');
        return page('error', { status: 404, error_title: 'Not found', error_text: 'There is nothing at this address.', error_button: 'Start again', error_href: '/login', error_code: 'MPIN0024', error_time: '14:03 UTC', request_id: 'Zx3k' }, 404);
    } catch (e) { console.error(e); refuse(500, 'boom'); }
}).listen(port, '127.0.0.1');
