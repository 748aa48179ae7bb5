// SPDX-License-Identifier: Apache-2.0
// SAML by mod_auth_mellon: conf/examples/saml.conf as it is shipped, beside SimpleSAMLphp. People sign in and out in both
// directions; what is forged, old, another's or refused never makes a session, and always a page with another try.
const assert = require('node:assert/strict');
const { writeFileSync } = require('node:fs');
const { request: ask } = require('node:https');
const { join } = require('node:path');
const { run } = require('./browser.js');
const { check } = require('./pictures.js');
const { PEOPLE } = require('../lib/samlidp.cjs');
const { withoutStore } = require('./program.js');
const { come, comeIn, endpoints, entity, failed, loads, secure, showWho, signOutThere, startSaml, until, url, who } = require('./saml_site.js');

const WHO = '%{REMOTE_USER}|%{reqenv:MPIN_PROVIDER}|%{reqenv:MPIN_SUBJECT}|%{reqenv:MPIN_EMAIL}|%{reqenv:MPIN_AMR}';

const more = () => `${loads('headers')}
<Location /members>
    Header always set X-Who "expr=${WHO}"
    Header always set X-At "expr=%{reqenv:MPIN_AUTH_TIME}"
</Location>
<Location /twice>
    AuthType MPin
    MPinSecondFactor totp
    Require valid-user
</Location>
MPinTOTP Wiki`;

const start = () => startSaml({ more });

/** One request as curl would send it: {status, headers, text}. */
const curl = (path, { method = 'GET', headers = {}, body } = {}) => new Promise((resolve, reject) => {
    const request = ask(new URL(path, url), { method, headers, rejectUnauthorized: false, agent: false }, async (answer) => {
        let text = '';
        for await (const piece of answer.setEncoding('utf8'))
            text += piece;
        resolve({ status: answer.statusCode, headers: answer.headers, text });
    });
    request.on('error', reject).end(body);
});

/** When the provider has seen them, in seconds. */
const seenAt = async (page) => Number((await page.request.get('/members/', { maxRedirects: 0 })).headers()['x-at']);

const decoded = (field) => Buffer.from(field, 'base64').toString();
const encoded = (text) => Buffer.from(text).toString('base64');

/** The provider's answer on its way: `spoil` makes another one of its fields, null stops it. Gives those that came. */
async function between(page, spoil) {
    const came = [];
    await page.route(`${endpoints}/postResponse`, async (route) => {
        const fields = Object.fromEntries(new URLSearchParams(route.request().postData()));
        came.push(fields);
        const changed = spoil(fields);
        return changed ? route.continue({ postData: new URLSearchParams(changed).toString() })
            : route.fulfill({ status: 200, contentType: 'text/html', body: 'stopped' });
    });
    return came;
}

/** The provider's answer to somebody, which the site has not got. */
async function answerOf(page, name) {
    const came = await between(page, () => null);
    await come(page, name);
    await page.getByText('stopped').waitFor();
    await page.unroute(`${endpoints}/postResponse`);
    return came[0];
}

/** The page that is there brings it to the site. */
const bring = (page, answer) => page.evaluate(([action, fields]) => {
    const form = Object.assign(document.createElement('form'), { method: 'post', action });
    for (const [name, value] of Object.entries(fields))
        form.append(Object.assign(document.createElement('input'), { name, value }));
    document.body.append(form);
    form.submit();
}, [`${endpoints}/postResponse`, answer]);

const inXml = (change) => ({ SAMLResponse, ...rest }) => ({ ...rest, SAMLResponse: encoded(change(decoded(SAMLResponse))) });

const SPOILED = {
    'another name': inXml((xml) => xml.replaceAll('>anna<', '>root<')),
    'no signature of the answer': inXml((xml) => xml.replace(/<ds:Signature .*?<\/ds:Signature>/s, '')),
    'no signature at all': inXml((xml) => xml.replace(/<ds:Signature .*?<\/ds:Signature>/gs, '')),
    'another name, and no signature': inXml((xml) => xml.replace(/<ds:Signature .*?<\/ds:Signature>/gs, '').replaceAll('>anna<', '>root<')),
    'a second assertion before it': inXml((xml) => xml.replace(/<saml:Assertion .*<\/saml:Assertion>/s, (one) =>
        one.replace(/<ds:Signature .*?<\/ds:Signature>/s, '').replaceAll('>anna<', '>root<').replace(/ID="\w+"/, 'ID="_other"') + one)),
    'another audience': inXml((xml) => xml.replace('/mellon/metadata</saml:Audience>', '/other</saml:Audience>')),
    'an hour later': inXml((xml) => xml.replace(/NotOnOrAfter="[^"]*"/g, 'NotOnOrAfter="2099-01-01T00:00:00Z"')),
    'half of it': ({ SAMLResponse, ...rest }) => ({ ...rest, SAMLResponse: SAMLResponse.slice(0, SAMLResponse.length / 2) }),
    'nothing': ({ SAMLResponse, ...rest }) => ({ ...rest, SAMLResponse: '' }),
    'no such field': ({ RelayState }) => ({ RelayState }),
    'no base64': (fields) => ({ ...fields, SAMLResponse: '<html>' }),
    'a hundred thousand letters': (fields) => ({ ...fields, SAMLResponse: 'A'.repeat(100_000) }),
};

run({
    async the_example_signs_in_and_out_as_it_is_shipped(t) {
        assert.equal(t.site.checked(), 'Syntax OK\n', 'httpd -t');
        const page = await secure(t);
        await page.goto('/members/');
        await check(page, 'saml-login');
        await comeIn(page);
        assert.match(await page.locator('.flash.success').innerText(), /Successfully logged in!/);
        assert.equal(await who(page), 'company:anna|company|anna|anna@example.org|trusted');
        await page.goto('/logout');
        await page.getByRole('button', { name: 'Sign out' }).click();
        await page.waitForURL(`${url}/`);
        assert.equal(await who(page), '', 'signed out here');
        assert.match(t.site.provider.log(), /SingleLogoutService/, '... and there');
        await page.goto('/login/with/company');
        await page.waitForURL('**/loginuserpass.php**');
    },

    async a_sign_out_at_the_provider_ends_the_session_here(t) {
        const page = await secure(t), other = await secure(t);
        await comeIn(page);
        await comeIn(other);
        await page.goto(signOutThere(t));
        await until('the end of the session', async () => await who(page) === '');
        assert.match(await who(other), /^company:anna/, 'another session of hers goes on');
        assert.equal(t.site.audit().filter(({ event }) => event === 'logout_by_provider').length, 1);
    },

    async a_forged_sign_out_ends_nothing(t) {
        const page = await secure(t);
        await comeIn(page);
        let at = signOutThere(t);
        while (!at.startsWith(`${endpoints}/logout?`))
            at = new URL((await page.request.get(at, { maxRedirects: 0 })).headers().location, at).href;
        const query = new URL(at).searchParams;
        const send = (change) => {
            const changed = new URLSearchParams(query);
            change(changed);
            return curl(`/trusted/company/mellon/logout?${changed}`);
        };
        for (const change of [
            (one) => one.set('Signature', `${one.get('Signature').slice(0, -8)}AAAAAAA=`),
            (one) => one.set('RelayState', 'other'),
            (one) => one.append('SAMLRequest', one.get('SAMLRequest')),
            (one) => one.set('SAMLRequest', 'AAAA'),
        ]) {
            const answer = await send(change);
            assert.ok(answer.status >= 400 || !/Signature/.test(change), `${change}: ${answer.status}`);
            assert.match(await who(page), /^company:anna/, String(change));
        }
        for (const names of [['Signature'], ['Signature', 'SigAlg']]) {
            await send((one) => names.forEach((name) => one.delete(name)));
            assert.match(await who(page), /^company:anna/, `without ${names}`);
        }
        const bare = `/trusted/company/mellon/logout?SAMLRequest=${encodeURIComponent(query.get('SAMLRequest'))}`;
        for (const more of ['&Sign%61ture=AAAA&Sig%41lg=AAAA', '&x=;&Signature=AAAA;SigAlg=AAAA', '&Signature&SigAlg']) {
            await curl(bare + more);
            assert.match(await who(page), /^company:anna/, `unsigned, with ${more}`);
        }
        const sheltered = (path, name) => curl(`/trusted/company/mellon/${path}?ReturnTo=${url}/?SAMLResponse=&xSAMLRequest=1`
            + `&${name}=${encodeURIComponent(query.get('SAMLRequest'))}&Signature=AAAA&SigAlg=AAAA`);
        assert.equal((await sheltered('logout', 'SAML%52equest')).status, 303, 'mod_auth_mellon sees no message in it, and leads on');
        for (const [path, name] of [['logout', 'SAML%52equest'], ['login', 'SAMLRequest'], ['login', 'SAML%52equest'], ['invalidate', 'SAMLRequest'], ['metadata', 'SAMLRequest']]) {
            await sheltered(path, name);
            assert.match(await who(page), /^company:anna/, `${name} at ${path}, where nobody checks it`);
        }
        assert.equal((await send(() => {})).status, 303);
        assert.equal(await who(page), '', 'the true one does');
    },

    async a_sign_out_from_server_to_server_ends_the_session_here(t) {
        const page = await secure(t);
        const came = await between(page, (fields) => fields);
        await comeIn(page);
        const xml = decoded(came[0].SAMLResponse);
        const whom = { name: />([^<]+)<\/saml:NameID>/.exec(xml)[1], session: /SessionIndex="([^"]+)"/.exec(xml)[1], sp: entity, destination: `${endpoints}/logout` };
        const send = (body) => curl('/trusted/company/mellon/logout', { method: 'POST', body, headers: { 'Content-Type': 'text/xml' } });
        const forged = await send(t.site.provider.logoutBySoap({ ...whom, key: `${t.site.folder}/mellon/sp.key` }));
        assert.equal(forged.status, 400, 'signed by somebody else');
        assert.match(await who(page), /^company:anna/);
        const elsewhere = await curl('/trusted/company/mellon/metadata', { method: 'POST', headers: { 'Content-Type': 'text/xml' },
            body: t.site.provider.logoutBySoap({ ...whom, key: `${t.site.folder}/mellon/sp.key` }) });
        assert.equal(elsewhere.status, 200, 'an answer that looks at no message');
        assert.match(await who(page), /^company:anna/, 'a forged one where nobody checks it');
        const message = t.site.provider.logoutBySoap(whom);
        const unsigned = await send(message.replace(/<ds:Signature .*<\/ds:Signature>/s, ''));
        assert.match(await who(page), /^company:anna/, `unsigned, which mod_auth_mellon answers by ${unsigned.status}`);
        assert.match(t.site.errors(), /MPIN0930/);
        await send(message.replace(/<ds:Signature .*<\/ds:Signature>/s, '<x:Signature xmlns:x="urn:other">AAAA</x:Signature>')).catch(() => null); // liblasso may end its process
        assert.match(await who(page), /^company:anna/, 'unsigned, with something else of that name');
        const answer = await send(message);
        assert.equal(answer.status, 200, answer.text);
        assert.match(answer.text, /LogoutResponse/);
        assert.equal(await who(page), '');
    },

    async a_sign_out_that_the_store_cannot_keep_is_told(t) {
        if (process.getuid() !== 0)
            return;
        const page = await secure(t);
        const came = await between(page, (fields) => fields);
        await comeIn(page);
        const xml = decoded(came[0].SAMLResponse);
        const whom = { name: />([^<]+)<\/saml:NameID>/.exec(xml)[1], session: /SessionIndex="([^"]+)"/.exec(xml)[1], sp: entity, destination: `${endpoints}/logout` };
        await withoutStore(t.site.httpd, join(t.site.folder, 'state/mpin/store'), () =>
            curl('/trusted/company/mellon/logout', { method: 'POST', body: t.site.provider.logoutBySoap(whom), headers: { 'Content-Type': 'text/xml' } }));
        assert.match(t.site.errors(), /MPIN0931/);
    },

    async spoiled_answers_make_no_session(t) {
        for (const [what, spoil] of Object.entries(SPOILED)) {
            const page = await secure(t);
            await between(page, spoil);
            await come(page);
            await page.waitForURL(/postResponse|trusted\/company$|offer=1/);
            if (what === 'no signature of the answer') { // that of the assertion is enough
                assert.match(await who(page), /^company:anna\|/, what);
                continue;
            }
            await failed(t, page, what);
            if (what === 'another name')
                await check(page, 'saml-failed');
            await page.unroute(`${endpoints}/postResponse`);
            await page.getByRole('link', { name: 'Try again' }).click();
            await page.waitForURL('**/login?offer=1*');
            assert.match(await who(page), /^company:anna\|/, `${what}: and another try succeeds`);
        }
    },

    async a_comment_within_a_name_makes_no_other_name(t) {
        const page = await secure(t);
        await between(page, inXml((xml) => xml.replaceAll('>anna.evil<', '>anna<!-- -->.evil<')));
        await come(page, 'anna.evil');
        await page.waitForURL(/postResponse|trusted\/company$|offer=1/);
        assert.match(await who(page), /^(company:anna\.evil\||$)/);
    },

    async an_answer_counts_once_in_any_browser(t) {
        const page = await secure(t), thief = await secure(t);
        const answer = await answerOf(page, 'anna');
        await thief.goto('/login/with/company');
        await thief.waitForURL('**/loginuserpass.php**');
        await page.goto(`${t.site.provider.url}/`);
        await bring(page, answer);
        await page.waitForURL('**/login?offer=1*');
        await bring(thief, answer);
        await failed(t, thief, 'replayed in another browser');
        await page.context().clearCookies();
        await page.goto('/login/with/company');
        await page.waitForURL(/loginuserpass/);
        await bring(page, answer);
        await failed(t, page, 'replayed in the same');
    },

    /** mod_auth_mellon does not look for its question: docs/trusted.md tells it. */
    async an_answer_that_this_browser_has_not_asked_for_counts_while_it_is_under_way_only(t) {
        const page = await secure(t);
        const first = await answerOf(await secure(t), 'bob'), second = await answerOf(await secure(t), 'bob');
        await page.goto(`${t.site.provider.url}/`);
        await bring(page, first);
        await failed(t, page, 'nothing is under way');
        await page.goto('/login/with/company');
        await page.waitForURL(/loginuserpass/);
        await bring(page, second);
        await page.waitForURL('**/login?offer=1*');
        assert.match(await who(page), /^company:bob\|/);
        await page.goto('/login');
        await page.getByText('company:bob').first().waitFor();
    },

    async what_did_not_begin_here_signs_nobody_in(t) {
        const page = await secure(t);
        await page.goto(`${t.site.provider.url}/saml2/idp/SSOService.php?spentityid=${encodeURIComponent(`${endpoints}/metadata`)}`
            + `&RelayState=${encodeURIComponent(`${url}/trusted/company`)}`);
        await showWho(page, 'anna');
        await page.waitForURL(/trusted\/company/);
        await failed(t, page, 'the provider begins');
        await page.goto('/trusted/company');
        await failed(t, page, 'without a beginning');
        for (const method of ['HEAD', 'PUT', 'DELETE', 'OPTIONS'])
            assert.ok((await page.request.fetch('/trusted/company', { method, maxRedirects: 0 })).status() >= 400, method);
        assert.equal(await who(page), '');
    },

    async what_the_provider_or_the_module_refuses_is_a_page(t) {
        const page = await secure(t);
        await page.goto('/login/with/company');
        await page.goto(`/trusted/company/mellon/login?IsPassive=true&ReturnTo=${encodeURIComponent(`${url}/trusted/company`)}`);
        await failed(t, page, 'the provider says no');
        for (const path of ['login', 'login?ReturnTo=https://evil.example/', 'logout', 'logout?ReturnTo=https://evil.example/', 'logout?SAMLRequest=AAAA',
            'logout?SAMLResponse=AAAA', 'postResponse', 'artifactResponse', 'paosResponse', 'nothing', 'invalidate']) {
            const answer = await page.goto(`/trusted/company/mellon/${path}`);
            assert.ok(answer.status() >= 400, `${path}: ${answer.status()}`);
            await failed(t, page, path);
        }
        for (const [method, body, type] of [['POST', 'SAMLRequest=AAAA', 'application/x-www-form-urlencoded'], ['POST', 'x'.repeat(140_000), 'text/xml']])
            for (const path of ['logout', 'postResponse']) {
                const answer = await curl(`/trusted/company/mellon/${path}`, { method, body, headers: { 'Content-Type': type } });
                assert.ok(answer.status >= 400, `${path}: ${answer.status}`);
                assert.match(answer.text, /Login failed!/, path);
            }
    },

    async what_is_no_person_at_a_page_signs_nobody_in(t) {
        const page = await secure(t);
        await comeIn(page);
        await page.context().clearCookies({ name: '__Host-mpin' });
        const mellons = (await page.context().cookies(`${url}/trusted/company`)).map(({ name, value }) => `${name}=${value}`).join('; ');
        const begun = (await curl('/login/with/company')).headers['set-cookie'].map((line) => line.split(';')[0]).join('; ');
        const paos = { Accept: 'application/vnd.paos+xml', PAOS: 'ver="urn:liberty:paos:2003-08";"urn:oasis:names:tc:SAML:2.0:profiles:SSO:ecp"' };
        for (const [what, headers, cookie] of [['a script', { 'X-Requested-With': 'XMLHttpRequest' }, begun], ['an ECP client', paos, begun], ['an ECP client that is known', paos, mellons]]) {
            const answer = await curl('/trusted/company', { headers: { ...headers, cookie } });
            assert.doesNotMatch(String(answer.headers['set-cookie']), /__Host-mpin=[^;]/, what);
            assert.ok(answer.status === 200 ? /AuthnRequest/.test(answer.text) : /Login failed!/.test(answer.text), `${what}: ${answer.status}`);
        }
    },

    async names_are_what_the_provider_says_and_never_the_client(t) {
        for (const [name, expected] of [['anna.evil', /^company:anna\.evil\|company\|anna\.evil\|evil@/], ['bob', /^company:bob\|company\|bob\|bob@example\.org\|/],
            ['two', /^company:(two|anna)\|/], ['spaced', null], ['nobody', null]]) {
            assert.ok(PEOPLE[name]);
            const page = await secure(t);
            await come(page, name);
            await page.waitForURL(/postResponse|trusted\/company$|offer=1/);
            if (expected)
                assert.match(await who(page), expected, name);
            else
                await failed(t, page, name);
        }
        const page = await secure(t, { extraHTTPHeaders: { 'MELLON_uid': 'root', 'Mellon-Mail': 'root@example.org', 'MELLON_mail': 'root@example.org',
            'Remote-User': 'root', 'X-Remote-User': 'root', 'MPIN_EMAIL': 'root@example.org' } });
        await comeIn(page, 'anna');
        assert.equal(await who(page), 'company:anna|company|anna|anna@example.org|trusted');
        const stranger = await curl('/members/', { headers: { Cookie: 'mellon-company=0123456789abcdef0123456789abcdef', 'MELLON_uid': 'root', 'Remote-User': 'root' } });
        assert.ok([302, 401].includes(stranger.status), String(stranger.status));
    },

    async a_fresh_proof_is_asked_of_the_person_by_the_provider(t) {
        const page = await secure(t);
        await comeIn(page);
        const first = await seenAt(page);
        assert.ok(first, 'it is told when that was');
        await page.waitForTimeout(1100); // it is told in seconds
        await page.request.get('/login/with/company', { maxRedirects: 0 });
        await page.goto('/trusted/company'); // past what asks anew
        assert.match(await who(page), /^company:anna\|/);
        assert.equal(await seenAt(page), first, 'what mod_auth_mellon remembers is no fresh proof');
        await page.goto('/login/with/company');
        await showWho(page, 'anna');
        await page.waitForURL('**/login?offer=1*');
        assert.ok(await seenAt(page) > first, 'what the person has shown is');
    },

    async somebody_else_who_comes_is_another_session(t) {
        const page = await secure(t);
        await comeIn(page);
        await page.goto('/login/with/company?switch=1');
        await showWho(page, 'bob');
        await page.waitForURL('**/login?offer=1*');
        assert.match(await who(page), /^company:bob\|/);
    },

    async whom_the_module_does_not_know_signs_in_there_once(t) {
        const page = await secure(t);
        await comeIn(page, 'anna');
        const ours = (await page.context().cookies()).filter(({ name }) => /mpin/.test(name));
        await page.context().clearCookies();
        await page.context().addCookies(ours);
        await page.goto('/login/with/company'); // by somebody who is signed in here: anew
        await page.waitForURL('**/loginuserpass.php**');
        await showWho(page, 'bob');
        await page.waitForURL('**/login?offer=1*');
        assert.match(await who(page), /^company:bob/);
    },

    async a_second_step_comes_after_it(t) {
        const page = await secure(t);
        await comeIn(page);
        const answer = await page.goto('/twice/');
        assert.ok(answer.status() !== 200 || !/inside/.test(await answer.text()));
        assert.match(new URL(page.url()).pathname, /^\/login\/step/);
    },

    async a_provider_that_is_down_leaves_the_other_ways(t) {
        const page = await secure(t);
        await comeIn(page);
        await t.site.provider.stop();
        assert.match(await who(page), /^company:anna\|/, 'who is here stays');
        const other = await secure(t);
        await assert.rejects(other.goto('/login/with/company'), /ERR_CONNECTION_REFUSED/);
        const again = await other.context().newPage();
        await again.goto('/login');
        await again.getByRole('link', { name: 'Company login' }).waitFor();
        t.site.provider.start();
    },

    async a_provider_that_nobody_can_read_is_a_page(t) {
        const file = join(t.site.folder, 'mellon/idp.xml');
        await t.site.end();
        writeFileSync(file, 'nothing');
        await t.site.begin(t.site.text());
        const page = await secure(t);
        await page.goto('/login/with/company');
        await failed(t, page, 'no metadata');
    },
}, start);
