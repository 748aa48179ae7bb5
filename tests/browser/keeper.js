// SPDX-License-Identifier: Apache-2.0
// Passkeys in Chromium, with its virtual authenticator (https://chromedevtools.github.io/devtools-protocol/tot/WebAuthn/): what
// the tests of them share.
const { enrol, findings, openProfile, typePin } = require('./browser.js');

/** A passkey's keeper, plugged into the page: a phone's or laptop's own, or a key of one's own. */
async function plugIn(page, options = {}) {
    const cdp = await page.context().newCDPSession(page);
    await cdp.send('WebAuthn.enable');
    const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
        options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true,
            automaticPresenceSimulation: true, ...options },
    });
    return {
        send: (what, more = {}) => cdp.send(`WebAuthn.${what}`, { authenticatorId, ...more }),
        async credentials() {
            return (await this.send('getCredentials')).credentials;
        },
    };
}

/** The signals that a page gives to its browser. */
const listen = () => {
    window.heard = JSON.parse(sessionStorage.heard ?? '[]');
    for (const name of ['signalUnknownCredential', 'signalAllAcceptedCredentials', 'signalCurrentUserDetails'])
        PublicKeyCredential[name] = async (what) => {
            window.heard.push({ signal: name, ...what });
            sessionStorage.heard = JSON.stringify(window.heard);
        };
};

/** The virtual authenticator chooses as soon as the autofill asks: what is about the button does without. */
const withoutAutofill = () => PublicKeyCredential.isConditionalMediationAvailable = async () => false;

let people = 0;

/** Somebody who has a PIN here, signed in a moment ago, at their account. */
async function newcomer(t, options) {
    const page = await openProfile(t);
    await page.addInitScript(listen);
    const keeper = await plugIn(page, options);
    await page.addInitScript(withoutAutofill);
    const name = `keys${++people}@example.org`;
    await enrol(page, name, '7391');
    await byPin(page);
    await page.goto('/account');
    return { page, keeper, name };
}

async function byPin(page) {
    await page.goto('/login');
    await typePin(page, '7391');
    await page.waitForURL('**/');
}

async function add(page, button = 'Add a passkey') {
    await page.getByRole('button', { name: button }).click();
    await page.waitForURL('**/account?done=passkey_added');
}

/** axe looks at a page that has come to rest: the pad is there, and nothing moves. */
async function faults(page) {
    await page.waitForFunction(() => !document.querySelector('.waiting') && document.querySelector('h1')
        && document.getAnimations().every(({ playState }) => playState !== 'running'));
    return findings(page);
}

const byPasskey = (page) => page.getByRole('button', { name: 'Sign in with a passkey' }).click();
const signedIn = (page, name) => page.getByText(`You are logged in as ${name}`).waitFor();


module.exports = { add, byPasskey, byPin, faults, listen, newcomer, plugIn, signedIn, withoutAutofill };
