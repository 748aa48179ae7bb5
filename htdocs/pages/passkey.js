// SPDX-License-Identifier: Apache-2.0
// Passkeys on the login page, at a second step, after a password and at /account. A page says in an element with data-passkey
// what for; its texts come with it. Where the browser has no passkeys, nothing of this is shown.

/** @typedef {Record<string, any>} Json */

const place = /** @type {HTMLElement | null} */ (document.querySelector('[data-passkey]'));
const told = document.getElementById('passkey-texts')?.dataset ?? {};
const RENEWED = 240_000; // ms: a challenge is good for five minutes

/** An answer that is not what was asked for. */
class Refusal extends Error {
    /** @param {Json} json */
    constructor(json) {
        super(json.code);
        this.json = json;
    }
}

/** @param {string} url @param {Json} body @returns {Promise<Json>} */
async function post(url, body) {
    const headers = { 'Content-Type': 'application/json', Accept: 'application/json' };
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    const json = await answer.json().catch(() => ({}));
    if (!answer.ok)
        throw new Refusal({ code: 'trouble', ...json });
    return json;
}

// ---- bytes, which JSON has as base64url

/** @param {string} text */
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (one) => one.charCodeAt(0));

/** @param {ArrayBuffer} buffer */
const base64 = (buffer) => btoa(Array.from(new Uint8Array(buffer), (one) => String.fromCharCode(one)).join(''))
    .replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '');

/** @param {Json[]} list */
const credentials = (list) => list.map((one) => ({ ...one, id: bytes(one.id) }));

/** @param {Json} options @returns {any} */
const decoded = ({ challenge, user, allowCredentials, excludeCredentials, ...more }) => ({
    ...more,
    challenge: bytes(challenge),
    ...user && { user: { ...user, id: bytes(user.id) } },
    ...allowCredentials && { allowCredentials: credentials(allowCredentials) },
    ...excludeCredentials && { excludeCredentials: credentials(excludeCredentials) },
});

/** @param {any} credential */
function encoded({ id, type, response }) {
    /** @type {Json} */
    const json = { clientDataJSON: base64(response.clientDataJSON) };
    for (const part of ['attestationObject', 'authenticatorData', 'signature', 'userHandle'])
        if (response[part])
            json[part] = base64(response[part]);
    if (response.getTransports)
        json.transports = response.getTransports();
    return { id, rawId: id, type, response: json };
}

// ---- what goes wrong

/** What browsers say; all else is of a person who did not go through with it. @type {Record<string, string>} */
const BY_NAME = { InvalidStateError: 'exists', SecurityError: 'elsewhere', NotSupportedError: 'unable', ConstraintError: 'unable',
    TypeError: 'offline' };

/** @type {Record<string, string>} */
const BY_CODE = { passkey_unknown: 'unknown', passkey_cloned: 'cloned', passkey_expired: 'late', passkey_refused: 'refused',
    passkey_malformed: 'unable', passkey_taken: 'exists', too_many_factors: 'many', throttled: 'often',
    stale_form: 'expired', not_signed_in: 'expired', user_disabled: 'forbidden', not_allowed: 'forbidden', account_gone: 'forbidden' };

/** @param {string} text */
function say(text) {
    const line = place?.querySelector('[role="alert"]');
    if (line)
        line.textContent = text;
}

/** @param {unknown} error */
function failed(error) {
    const name = /** @type {Error} */ (error).name;
    if (error instanceof Refusal && error.json.code === 'proof_too_old' && error.json.login_url)
        return location.assign(error.json.login_url);
    const why = error instanceof Refusal ? BY_CODE[error.json.code] ?? 'trouble'
        : BY_NAME[name] ?? (place?.dataset.passkey === 'add' ? 'cancelled' : 'unused');
    say(told[why] ?? '');
}

/** Tells the browser something that it may know what to do with. @param {string} what @param {Json} how */
const signal = (what, how) => /** @type {any} */ (PublicKeyCredential)[what]?.(how).catch(() => {});

// ---- signing in

/** The autofill that waits: one ceremony at a time. */
let waiting = new AbortController();
let filled = Promise.resolve();
let renewal = 0;

/** The one that was filled in last, and not taken. */
let refused = '';

/** @param {string} to */
const leave = (to) => location.assign(to.includes('#') ? to : to + location.hash);

/** @param {HTMLElement} at @param {Json} options @param {any} credential */
async function signIn(at, options, credential) {
    try {
        const { location: to } = await post(`${at.dataset.url}/verify`, { credential: encoded(credential), return: at.dataset.return });
        leave(to);
    } catch (error) {
        if (error instanceof Refusal && error.json.code === 'passkey_unknown')
            signal('signalUnknownCredential', { rpId: options.rpId, credentialId: credential.id });
        throw error;
    }
}

/** @param {HTMLElement} at */
async function askSignature(at) {
    const { publicKey } = await post(String(at.dataset.url), at.dataset.passkey === 'step' ? { step: true } : {});
    await signIn(at, publicKey, await navigator.credentials.get({ publicKey: decoded(publicKey) }));
}

/** The browser offers its passkeys in the field for the name, and again after one was not taken: whoever chooses that once more is
 * told once more, and no other. @param {HTMLElement} at @returns {Promise<void>} */
async function autofill(at) {
    if (!document.querySelector('input[autocomplete~="webauthn"]') || !await PublicKeyCredential.isConditionalMediationAvailable?.())
        return;
    const { signal: aborted } = waiting = new AbortController();
    clearTimeout(renewal);
    renewal = window.setTimeout(() => restart(at), RENEWED);
    let credential;
    try {
        const { publicKey } = await post(String(at.dataset.url), {});
        if (!aborted.aborted)
            credential = await navigator.credentials.get({ publicKey: decoded(publicKey), mediation: 'conditional', signal: aborted });
        if (credential)
            await signIn(at, publicKey, credential);
    } catch (error) {
        if (!credential)
            return; // nobody has asked for anything
        failed(error);
        if (!aborted.aborted && credential.id !== refused)
            filled = autofill(at);
        refused = credential.id;
    }
}

/** @param {HTMLElement} at */
async function restart(at) {
    waiting.abort();
    await filled;
    filled = autofill(at);
}

// ---- adding one

/** @param {HTMLElement} at @param {boolean} key */
async function add({ dataset: { url, csrf, next } }, key) {
    const { publicKey } = await post(String(url), { csrf, key });
    const credential = await navigator.credentials.create({ publicKey: decoded(publicKey) });
    const { location: to } = await post(`${url}/add`, { csrf, credential: encoded(credential) });
    leave(next ?? to);
}

/** What is there, so that the browser offers nothing that is gone. @param {DOMStringMap} of */
function signals({ site: rpId, user: userId, ids, name }) {
    if (!rpId || !userId)
        return;
    signal('signalAllAcceptedCredentials', { rpId, userId, allAcceptedCredentialIds: ids?.split(' ').filter(Boolean) ?? [] });
    signal('signalCurrentUserDetails', { rpId, userId, name, displayName: name });
}

// ---- the page

/** The buttons that begin a ceremony: one at a time. */
const ceremonies = /** @type {HTMLButtonElement[]} */ ([...place?.querySelectorAll('button:not([data-decline])') ?? []]);

/** @param {HTMLElement} at @param {HTMLButtonElement} button */
async function press(at, button) {
    const signing = at.dataset.passkey !== 'add';
    say(told.asking ?? '');
    ceremonies.forEach((one) => one.disabled = true);
    clearTimeout(renewal);
    waiting.abort();
    await filled;
    try {
        await (signing ? askSignature(at) : add(at, button.dataset.key === 'second'));
    } catch (error) {
        failed(error);
        ceremonies.forEach((one) => one.disabled = false);
        button.focus();
        filled = autofill(at);
    }
}

/** Who wants none on this device, or has nothing here that could keep one, is not stopped. @param {HTMLElement} at */
async function leadOn({ dataset: { alone, next = '/' } }) {
    const declined = () => localStorage.getItem('mpin-no-passkey');
    if (alone && (declined() || !await window.PublicKeyCredential?.isUserVerifyingPlatformAuthenticatorAvailable()))
        location.replace(next.includes('#') ? next : next + location.hash);
}

function decline() {
    try {
        localStorage.setItem('mpin-no-passkey', '1');
    } catch {
        // no storage: they are asked again
    }
    leave(place?.dataset.next ?? '/');
}

if (place)
    leadOn(place).catch(() => {}); // no storage
place?.querySelector('[data-decline]')?.addEventListener('click', decline);
if (place && window.PublicKeyCredential) {
    place.hidden = false;
    document.documentElement.classList.add('passkeys');
    for (const button of ceremonies)
        button.addEventListener('click', () => press(place, button));
    if (place.dataset.passkey === 'sign-in')
        filled = autofill(place);
}
const account = document.getElementById('passkey-signals');
if (account && window.PublicKeyCredential)
    signals(account.dataset);
