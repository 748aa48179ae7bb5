// SPDX-License-Identifier: Apache-2.0
// An OpenID provider: the certified npm package oidc-provider, with people of the test's own and a page that asks who they
// are. It writes down what it is asked, and misbehaves as it is told:
//   people[name]   claims of a person; a name that is not there is nobody's any more
//   once           what its page does in the place of signing in: 'deny', or an error's name
//   spoil          changes the claims of an ID token, which is signed anew as if they were its own
//   userinfo       answers with this status in the place of userinfo
//   answers[path]  answers with this in the place of what it would
//   silent         says nothing at this path
//   shown          acr and amr of whoever signs in
const { createSign, generateKeyPairSync } = require('node:crypto');

const SCOPES = { openid: ['sub', 'acr', 'amr', 'auth_time'], email: ['email', 'email_verified'] };

const decoded = (part) => JSON.parse(Buffer.from(part, 'base64url').toString());
const encoded = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** The ID token with other claims; signed with `key`. */
function signAnew(token, change, key) {
    const [header, claims] = token.split('.').slice(0, 2).map(decoded);
    const text = `${encoded(header)}.${encoded(change(claims) ?? claims)}`;
    return `${text}.${createSign('RSA-SHA256').update(text).sign(key).toString('base64url')}`;
}

const page = (uid, details) => `<!DOCTYPE html><html lang="en"><title>Provider</title><body><h1>Who are you?</h1>
<form method="post" action="/interaction/${uid}"><p>${details}</p>
<label>Name <input name="name" autofocus></label> <button>Sign in</button> <button name="deny" value="1">Cancel</button></form>`;

async function formOf(request) {
    let text = '';
    for await (const piece of request)
        text += piece;
    return new URLSearchParams(text);
}

class OpenID {
    people = {};
    asked = [];
    once = null;
    spoil = null;
    userinfo = 0;
    silent = null;
    answers = {};
    shown = {};
    #server;

    /** `clients` as oidc-provider has them. `host` is another than the site's, for cookies; `tls` has a key and its cert. */
    static async start(port, clients, settings = {}, host = 'localhost', tls = null) {
        const { default: Provider } = await import('oidc-provider');
        const self = new OpenID();
        const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
        self.key = privateKey;
        self.issuer = `http${tls ? 's' : ''}://${host}:${port}`;
        const provider = self.provider = new Provider(self.issuer, {
            clients, scopes: Object.keys(SCOPES), claims: SCOPES,
            jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'one' }] },
            cookies: { keys: ['only for tests'] },
            pkce: { required: () => false },
            extraParams: ['prerollid', 'lang'],
            acrValues: ['silver', 'gold'],
            interactions: { url: (_, { uid }) => `/interaction/${uid}` },
            findAccount: (_, id) => self.people[id] && { accountId: id, claims: () => ({ sub: id, ...self.people[id] }) },
            loadExistingGrant: (ctx) => self.#grant(ctx),
            features: {
                devInteractions: { enabled: false },
                backchannelLogout: { enabled: true },
                rpInitiatedLogout: { enabled: true, logoutSource: (ctx, form) => { ctx.body = `<!DOCTYPE html><html lang="en"><title>Provider</title><body>${form}<button form="op.logoutForm" name="logout" value="yes">Sign out here</button>`; } },
            },
            ttl: { AccessToken: 3600, Grant: 3600, IdToken: 3600, Interaction: 600, Session: 3600, AuthorizationCode: 60 },
            ...settings,
        });
        provider.use((ctx, next) => self.#watch(ctx, next));
        for (const event of ['server_error', 'backchannel.error'])
            provider.on(event, (...all) => self.asked.push(`${event} ${all.find((one) => one instanceof Error)?.message}`));
        const answer = (request, response) => request.url.startsWith('/interaction/')
            ? self.#interact(request, response).catch((error) => response.writeHead(500).end(String(error)))
            : provider.callback()(request, response);
        self.#server = tls ? require('node:https').createServer(tls, answer) : require('node:http').createServer(answer);
        await new Promise((done, fail) => self.#server.once('error', fail).listen(port, done));
        return self;
    }

    /** Nobody is asked what the site may know. */
    async #grant(ctx) {
        const { client, session } = ctx.oidc;
        const id = session.grantIdFor(client.clientId);
        const grant = id ? await this.provider.Grant.find(id) : new this.provider.Grant({ accountId: session.accountId, clientId: client.clientId });
        grant.addOIDCScope('openid email');
        await grant.save();
        return grant;
    }

    async #watch(ctx, next) {
        if (ctx.path === this.silent) {
            this.asked.push(`${ctx.method} ${ctx.path}`);
            return new Promise((done) => ctx.res.on('close', done));
        }
        if (ctx.path === '/me' && this.userinfo) {
            this.asked.push(`${ctx.method} /me`);
            ctx.status = this.userinfo;
            ctx.body = { error: 'invalid_token' };
            return;
        }
        if (this.answers[ctx.path]) {
            this.asked.push(`${ctx.method} ${ctx.path}`);
            ctx.body = this.answers[ctx.path];
            return;
        }
        this.asked.push(`${ctx.method} ${ctx.path}${ctx.path === '/auth' ? ctx.search : ''}`);
        await next();
        if (ctx.path === '/token' && ctx.body?.id_token && this.spoil)
            ctx.body = { ...ctx.body, id_token: signAnew(ctx.body.id_token, this.spoil, this.key) };
    }

    async #interact(request, response) {
        const { uid, prompt, params } = await this.provider.interactionDetails(request, response);
        if (request.method === 'GET')
            return response.writeHead(200, { 'Content-Type': 'text/html' }).end(page(uid, `${prompt.name} ${params.prerollid ?? ''}`));
        const form = await formOf(request);
        const error = this.once ?? (form.get('deny') ? 'access_denied' : null);
        this.once = null;
        await this.provider.interactionFinished(request, response,
            error ? { error, error_description: 'as the test says' } : { login: { accountId: form.get('name'), ...this.shown } });
    }

    /** A logout token for the client `wiki`. */
    logoutToken(claims) {
        const now = Math.floor(Date.now() / 1000);
        const all = { iss: this.issuer, aud: 'wiki', iat: now, jti: `${now} ${Math.random()}`, events: { 'http://schemas.openid.net/event/backchannel-logout': {} }, ...claims };
        return signAnew(`${encoded({ alg: 'RS256', kid: 'one' })}.${encoded(all)}.`, () => all, this.key);
    }

    /** What was asked since `mark` of these paths. */
    since(mark, path) { return this.asked.slice(mark).filter((one) => one.split(' ')[1].split('?')[0] === path); }

    stop() {
        this.#server.closeAllConnections();
        return new Promise((done) => this.#server.close(done));
    }
}

module.exports = { OpenID, signAnew };
