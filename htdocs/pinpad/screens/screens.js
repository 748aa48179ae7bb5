// What the person sees: one screen at a time, each a method. Nothing here touches keys or points.

import { h } from './dom.js';
import { choose } from './choose.js';
import { wipe } from './pad.js';
import { permitOf } from '../keep/permits.js';
import { Rps, RpsError } from '../wire/rps.js';
import { RESET, add, offer, register, reset } from './setup.js';
import { DEVICE, Stage } from './stage.js';
import { Vault } from '../keep/vault.js';
import * as store from '../keep/store.js';

/** @typedef {import('../keep/store.js').Identity} Identity */

/**
 * @typedef {object} Options
 * @property {string} base address of our assets, with a trailing slash
 * @property {string} settings address of clientSettings
 * @property {string} [state] login nonce of the page
 * @property {string} [user] whom the page expects
 * @property {string} [success] where to go once signed in, instead of where the server says
 * @property {boolean} [offer] the page asks a person just signed in whether they want a PIN
 * @property {boolean} [others] the page has other ways to sign in
 * @property {string} [mobileApp] address of the page's own mobile app
 * @property {boolean} [mobile] this is a phone, which signs in other computers
 * @property {string | RegExp} [nameRule] what a name looks like
 * @property {boolean} [setDeviceName] ask for the device's name
 * @property {(answer: object) => void} [onSuccessLogin] instead of going anywhere
 * @property {(identity: {user: string, mpinId: string}, done: () => void) => void} [onSuccessSetup]
 * @property {(error: RpsError) => void} [onError]
 * @property {(user: string) => void} [onAccountDisabled]
 * @property {() => void} [onLoaded]
 */

const FRESH = 10_000; // ms that a pass 1 is used for; the server keeps it for 15 s
const SLOW = 450; // ms before "One moment…" is shown

/** Texts of refusals that a person can do something about, by the server's code. @type {Record<string, string>} */
const REFUSALS = {
    name_taken: 'name_taken',
    user_id_invalid: 'name_bad',
    too_many_identities: 'too_many',
    registration_closed: 'registration_closed',
    registration_unknown: 'registration_lost',
};

/** Whether the page may hold keys at all. */
const isSecure = () => isSecureContext && !!crypto.subtle;

export class Screens extends Stage {
    /** @type {Rps} */
    rps;
    /** @type {Vault | undefined} */
    worker;
    /** @type {{mpinId: string, at: number, permit: ReturnType<typeof permitOf>, commitment: Promise<{U: string, UT: string}>, answer: Promise<{y: string, passId: string}>} | undefined} */
    first;

    /**
     * @param {HTMLElement} root
     * @param {import('./texts.js').Text} text
     * @param {Options} options
     */
    constructor(root, text, options) {
        super(root, text, options.onError);
        this.options = options;
        // Back from where the person went: what the browser kept of this page is out of date.
        addEventListener('pageshow', (event) => event.persisted && this.start());
    }

    /** The Worker is fetched when it is wanted first, and again after it could not be. */
    get vault() {
        if (!this.worker || this.worker.broken)
            this.worker = new Vault(this.options.base + this.rps.worker);
        return this.worker;
    }

    /**
     * A part that few need, fetched by who does; out of reach as the server is.
     * @param {string} name
     */
    load(name) {
        return import(this.options.base + name).catch(() => {
            throw new RpsError(0);
        });
    }

    // ---- the way in ----------------------------------------------------------------------------

    /** Begins, and begins again after "Try again". */
    async start() {
        if (!isSecure())
            return this.notice('insecure', this.text('insecure'), '', []);
        const late = setTimeout(() => this.show('loading', this.text('loading')), SLOW);
        try {
            const rps = await Rps.open(this.options.settings);
            if (!rps.settings.suite)
                (await this.load('milagro.js')).adapt(rps);
            this.rps = rps;
            rps.mobile = Number(this.options.mobile ?? 0);
        } catch (error) {
            clearTimeout(late);
            this.options.onError?.(/** @type {RpsError} */ (error));
            return this.offline(/** @type {RpsError} */ (error));
        }
        clearTimeout(late);
        await this.home();
        this.root.toggleAttribute('data-phone', this.phone);
        this.options.onLoaded?.();
    }

    /** The first screen for what this device and the server know. */
    async home() {
        const { settings } = this.rps;
        const known = await this.known();
        if (!known)
            return this.storage();
        const user = settings.signedIn?.user;
        const mine = known.find((identity) => identity.user === (user ?? this.options.user));
        const forgotten = this.forgotten(known);
        if (forgotten) {
            sessionStorage.removeItem(RESET);
            return register(this, forgotten.user, '', forgotten);
        }
        if (this.options.offer && mine && !mine.state)
            return this.go(this.options.success);
        if (user && (!mine || this.options.offer))
            return offer(this, user, mine);
        if (known.length)
            return this.enter(mine ?? known[0]);
        return this.rps.takesNames ? add(this) : this.notice('empty',
            this.text('empty'), this.text('empty_text'), this.otherWays(this.text('sign_in'), 'primary'));
    }

    /** The identities of this device, undefined where the browser keeps none. */
    async known() {
        const known = await store.list(this.rps.id).catch(() => undefined);
        if (known)
            localStorage.setItem('mpin-known', known.length ? '1' : '');
        return known;
    }

    /**
     * The identity whose PIN is to be set anew, now that its user has signed in another way.
     * @param {Identity[]} known
     */
    forgotten(known) {
        const mpinId = sessionStorage.getItem(RESET);
        return known.find((one) => one.mpinId === mpinId && one.user === this.rps.settings.signedIn?.user);
    }

    /**
     * Leaves this page for good: "back" leads to what was before it.
     * @param {string} [location]
     */
    go(location) {
        const target = new URL(location || '/', document.baseURI);
        if (/^https?:$/.test(target.protocol))
            window.location.replace(target);
    }

    // ---- signing in ----------------------------------------------------------------------------

    /** @param {Identity} identity */
    enter(identity) {
        const { pinLength } = this.rps.settings;
        this.keypad(pinLength, 'enter', this.text('welcome'), '', this.chip(identity.user, () => choose(this)),
            this.button('link', this.text('forgot'), () => reset(this, identity)), identity.user,
            (pin) => this.check(identity, pin),
            (entered) => entered + 2 >= pinLength && this.begin(identity));
        this.addPhone();
        this.prepare(identity);
    }

    /** @param {Identity} identity */
    prepare(identity) {
        // H(id) is computed, and the day's permit fetched, while the person reads.
        this.vault.call('prepare', { mpinId: identity.mpinId }).catch(() => {});
        permitOf(this.rps, identity.mpinId).catch(() => {});
    }

    /**
     * Pass 1 needs no PIN, so it is under way while the last digits are typed.
     * @param {{mpinId: string}} identity
     */
    begin({ mpinId }) {
        if (this.first?.mpinId === mpinId && Date.now() - this.first.at < FRESH)
            return this.first;
        const permit = permitOf(this.rps, mpinId);
        const commitment = permit.then((permits) => this.vault.call('commit', { mpinId, date: permits?.date }));
        const answer = commitment.then((made) => this.rps.pass1(mpinId, made));
        const first = this.first = { mpinId, at: Date.now(), permit, commitment, answer };
        answer.catch(() => { // tried again with the last digit, unless that awaits it already
            if (this.first === first)
                this.first = undefined;
        });
        return first;
    }

    /**
     * Both passes and the relying party's word.
     * @param {{mpinId: string}} identity
     * @param {Uint8Array<ArrayBuffer>} pin
     * @returns {Promise<{location?: string, otp?: string | number, ttlSeconds?: number}>}
     */
    async signIn(identity, pin) {
        const proven = await this.prove(identity, pin);
        const answer = await this.rps.authenticate(proven, this.options.state ?? '');
        await this.opened(identity);
        return { ...answer, otp: answer.ttlSeconds && proven.OTP };
    }

    /** The PIN was right. @param {{mpinId: string}} identity */
    async opened({ mpinId }) {
        await store.update(mpinId, { used: Date.now(), state: '' });
        sessionStorage.removeItem(RESET);
    }

    /**
     * Both passes.
     * @param {{mpinId: string}} identity
     * @param {Uint8Array<ArrayBuffer>} pin given to the Worker, which wipes it
     * @param {string} [wid] the code of another computer
     */
    async prove({ mpinId }, pin, wid) {
        const first = this.begin({ mpinId });
        this.first = undefined;
        const { y, passId } = await first.answer;
        const { U } = await first.commitment;
        const V = await this.vault.call('prove', { mpinId, U, y, permits: (await first.permit)?.shares ?? [], pin });
        return this.rps.pass2(mpinId, V, passId, wid);
    }

    /**
     * @param {Identity} identity
     * @param {Uint8Array<ArrayBuffer>} pin
     */
    check(identity, pin) {
        return this.busy(async () => this.arrive(await this.signIn(identity, pin)),
            (error) => {
                wipe(pin);
                this.refused(error, identity);
            });
    }

    /**
     * Signed in; a one-time code is shown first, where there is one.
     * @param {{location?: string, otp?: string | number, ttlSeconds?: number}} answer
     */
    async arrive({ otp, ...answer }) {
        // Without its script there is no code: the person is signed in all the same.
        const shown = otp && await this.load('otp.js').catch(() => undefined);
        if (!shown)
            return this.depart(answer);
        shown.showCode(this, otp, answer.ttlSeconds, () => this.depart(answer));
    }

    /** @param {{location?: string}} answer */
    depart(answer) {
        const { success, onSuccessLogin } = this.options;
        if (!onSuccessLogin || success)
            return this.go(success || answer.location);
        this.say('');
        this.pad?.busy(false);
        onSuccessLogin(answer);
    }

    /**
     * Why a PIN did not open the door.
     * @param {RpsError} error
     * @param {Identity} identity
     */
    refused(error, identity) {
        const { status, attemptsLeft: left } = error;
        if (status === 410 || error.code === 'identity_revoked') {
            const state = status === 410 ? 'locked' : 'withdrawn';
            store.update(identity.mpinId, { state });
            this.options.onAccountDisabled?.(identity.user);
            return this.notice(state, this.text(state), this.text(state + '_text'), [
                this.button('primary', this.text('again'), () => reset(this, identity)), ...this.otherWays()]);
        }
        if (!status || status >= 500)
            return this.offline(error);
        if (status === DEVICE)
            return this.lost(identity);
        if (this.screenName !== 'enter')
            this.enter(identity);
        if (status === 401) {
            this.pad?.refuse();
            this.warn(left === 1 ? this.text('last_try')
                : this.text('wrong') + (left ? ' ' + this.text('tries', { n: left }) : ''));
        } else {
            this.pad?.reset();
            this.explain(error);
        }
        this.pad?.focus();
    }

    /**
     * The record or its key is not there any more: removed in another tab, or cleared by the browser.
     * @param {Identity} identity
     */
    async lost(identity) {
        if (!await store.get(identity.mpinId))
            return this.home();
        this.notice('lost', this.text('lost'), this.text('lost_text'), [
            this.button('primary', this.text('again'), () => reset(this, identity)), ...this.otherWays()]);
    }

    storage() {
        this.notice('storage', this.text('storage'), this.text('storage_text'), this.otherWays());
    }

    /** What is said on the alert line. @param {RpsError} error */
    explain(error) {
        const { status, code } = error;
        const site = this.rps.settings.title;
        if (code === 'too_many_mails')
            this.warn(this.text('mails_often', { n: Math.ceil(error.retryAfter / 60) }));
        else if (status === 429)
            this.wait(error.retryAfter);
        else if (status === 408)
            this.warn(this.text('expired'));
        else if (status === 403 || status === 400)
            this.warn(this.text(REFUSALS[code ?? ''] ?? 'forbidden', { site }));
        else
            this.warn(this.text('trouble', { code: error.id ?? status }));
    }

    // ---- elsewhere -----------------------------------------------------------------------------

    /** Whether there is another way to sign in: on this page, or on its site's login page. */
    others() {
        const { rps, options } = this;
        const login = rps?.settings.loginURL && new URL(rps.at(rps.settings.loginURL));
        return options.others || (login && login.origin === location.origin && login.pathname !== location.pathname);
    }

    /** @param {string} [text] @param {string} [kind] */
    otherWays(text = this.text('other'), kind = 'plain') {
        return [this.others() && this.button(kind, text, () => this.leave('', false)),
            this.phone && this.button('plain', this.text('by_phone'), () => this.byPhone())].filter((way) => way);
    }

    /** Whether a phone may sign this computer in. */
    get phone() {
        return !!this.rps?.settings.getAccessNumberURL && !this.options.mobile;
    }

    /** The link to it, where the page does not show one. */
    addPhone() {
        if (this.phone && !this.options.others)
            this.root.firstElementChild?.append(h('p.mp-actions', {},
                this.button('link', this.text('by_phone'), () => this.byPhone())));
    }

    byPhone() {
        return this.load('phone.js').then(({ signInByPhone }) => signInByPhone(this), (error) => this.offline(error));
    }

    /**
     * To the other ways: the page shows its own, else the login page does.
     * @param {string} user
     * @param {boolean} reset a forgotten PIN is the reason
     */
    leave(user, reset) {
        if (this.emit('other', { user, reset }))
            location.assign(this.rps.at(this.rps.settings.loginURL) + '?return='
                + encodeURIComponent(location.pathname + location.search));
    }

    /** @param {{host?: string}} error */
    offline({ host }) {
        const site = host ?? this.rps?.settings.title ?? location.hostname;
        this.notice('offline', this.text('offline', { site }), this.text('offline_text', { site }),
            [this.button('primary', this.text('try_again'), () => this.start())]);
    }
}
