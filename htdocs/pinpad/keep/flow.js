// SPDX-License-Identifier: Apache-2.0
// Signing in and setting up, with nothing to be seen: what this device keeps, the Worker and the server, put together.

import { wipe } from '../curve/pin.js';
import { fetchSecret, secretOf } from '../wire/dta.js';
import { script } from '../wire/exchange.js';
import { Rps } from '../wire/rps.js';
import { askToKeep, identitiesOf, nameIn, opened, welcome } from './identities.js';
import { permitOf } from './permits.js';
import { Vault } from './vault.js';
import { endWaiting } from './waiting.js';

/**
 * The page's wishes.
 * @typedef {object} Options
 * @property {string} base address of our assets, with a trailing slash
 * @property {string} settings address of clientSettings
 * @property {string} [back] the place that is wanted; where the page is the site's login page, its own fragment is the place's
 * @property {boolean} [mobile] this is a phone, which signs in other computers
 * @property {string} [application] a phone's: the origin of the application whose RPS this page is of
 * @property {string} [user] the user whom the page expects
 * @property {boolean} [preroll] and nobody else: without a PIN here they set one up
 * @property {string} [success] where to go once signed in, instead of where the server says
 * @property {string} [why] the page's reason to ask for a PIN
 * @property {boolean} [offer] the page asks a person just signed in whether they want a PIN
 * @property {boolean} [confirm] the page asks a person who is signed in to show once more that it is them
 * @property {boolean} [others] the page has other ways to sign in
 * @property {string} [successSetup] where to go once a PIN is set up, instead of signing in with it
 * @property {string} [landing] what a browser without PINs sees: "add" (a name) or "home" (the ways)
 * @property {boolean} [phone] false: phones sign nobody in here
 * @property {boolean} [phoneOnly] nothing but phones does
 * @property {string} [mobileApp] address of the page's own mobile app
 * @property {string | RegExp} [nameRule] that a name has to match
 * @property {boolean} [setDeviceName] ask for the device's name
 * @property {(answer: object) => void} [onSuccessLogin] instead of going anywhere
 * @property {(identity: {user: string, mpinId: string}, done: () => void) => void} [onSuccessSetup]
 * @property {(error: import('../wire/exchange.js').RpsError) => void} [onError]
 * @property {(user: string) => void} [onAccountDisabled]
 * @property {() => void} [onLoaded]
 */

/**
 * A registration on its way to a PIN.
 * @typedef {object} NewIdentity
 * @property {string} mpinId
 * @property {string} regOTT
 * @property {string} user
 * @property {string} device its name, '' without
 * @property {boolean} [active] its secret is there for the asking; else a mail goes before
 * @property {string} [confirm] the number that the mail's link asks for; without one it must be opened in this browser
 * @property {number} until it is good, ms
 * @property {string[]} [secret] shares, where they have been fetched already
 * @property {string} [key] the device's, which comes with them
 * @property {boolean} [open] the name was free, and nobody has proven it
 */

/** The relying party's word on a login. @typedef {{location?: string, otp?: string | number, ttlSeconds?: number}} Answer */

/**
 * A pass 1 under way.
 * @typedef {object} Pass1
 * @property {string} mpinId
 * @property {number} at ms
 * @property {ReturnType<typeof permitOf>} permit
 * @property {Promise<{U: string, UT: string}>} commitment
 * @property {Promise<{y: string, passId: string}>} answer
 */

const HOUR = 3_600_000; // ms that a registration waits, where its RPS does not say

const FRESH = 10_000; // ms that a pass 1 is used for; the server keeps it for 15 s

export class Flow {
    /** The RPS, once it has been opened. @type {Rps} */
    rps;
    /** @type {Vault | undefined} */
    worker;
    /** The last pass 1, until it is used. @type {Pass1 | undefined} */
    first;

    /** @param {Options} options */
    constructor(options) {
        this.options = options;
    }

    /** Finds out what kind of RPS it is. */
    async open() {
        const rps = await Rps.open(this.options.settings);
        if (!rps.settings.suite) {
            const { adapt, inherit } = await this.load('milagro.js');
            adapt(rps);
            await inherit(rps);
        }
        rps.mobile = Number(this.options.mobile ?? 0);
        this.rps = rps;
    }

    /** A part that few need. @param {string} name */
    load(name) {
        return script(this.options.base + name);
    }

    /** The Worker is fetched when it is wanted first, and again after it could not be. */
    get vault() {
        if (!this.worker || this.worker.broken)
            this.worker = new Vault(this.options.base + this.rps.worker);
        return this.worker;
    }

    // ---- signing in ----------------------------------------------------------------------------

    /**
     * H(id) is computed, and the day's permit fetched, while the person reads.
     * @param {{mpinId: string}} identity
     */
    prepare({ mpinId }) {
        this.vault.call('prepare', { mpinId }).catch(() => {});
        permitOf(this.rps, mpinId).catch(() => {});
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
     * Both passes and the relying party's word. The PIN is wiped, whatever comes of it.
     * @param {{mpinId: string}} identity
     * @param {Uint8Array<ArrayBuffer>} pin
     * @returns {Promise<Answer>}
     */
    async signIn(identity, pin) {
        try {
            const proven = await this.prove(identity, pin);
            const { deviceKey, ...answer } = await this.rps.authenticate(proven, this.options.back ?? '');
            await opened(identity, deviceKey);
            return { ...answer, otp: answer.ttlSeconds && proven.OTP };
        } finally {
            wipe(pin);
        }
    }

    // ---- setting up ----------------------------------------------------------------------------

    /**
     * Asks the RPS for an identity.
     * @param {{user: string, device: string, replaces?: string, old?: {mpinId: string, regOTT: string}}} registration
     * @returns {Promise<NewIdentity>}
     */
    async register(registration) {
        const { mpinId, regOTT, active, confirm, expireTime = '', nowTime = '' } = await this.rps.register(registration);
        const until = Date.now() + (Date.parse(expireTime) - Date.parse(nowTime) || HOUR);
        this.vault.call('prepare', { mpinId }).catch(() => {});
        const { user, device } = registration;
        const { registration: ways, signedIn } = this.rps.settings;
        const open = active && ways.includes('open') && signedIn?.user !== user;
        return { mpinId, regOTT, active, confirm, until, open, user: nameIn(mpinId) ?? user, device };
    }

    /**
     * Resolves when a registration is active. Its secret stays where it is, unless the RPS gives it at once.
     * @param {NewIdentity} identity
     * @returns {Promise<NewIdentity>}
     */
    async activated(identity) {
        const answer = await this.rps.signature(identity.mpinId, identity.regOTT, true);
        if (answer.active)
            return identity;
        endWaiting();
        return { ...identity, ...await secretOf(this.rps, answer) };
    }

    /**
     * Keeps the secret of a new identity without its PIN.
     * @param {NewIdentity} identity
     * @param {Uint8Array<ArrayBuffer>} pin
     */
    async keep(identity, pin) {
        askToKeep();
        const { secret, key } = identity.secret ? identity : await fetchSecret(this.rps, identity);
        endWaiting();
        await this.vault.call('keep', { ...identity, rps: this.rps.id, secret: secret ?? [], key, pin: pin.slice() });
        welcome(identity.user);
        await this.rps.setupDone(identity.mpinId);
        await identitiesOf(this.rps); // the login page has its hint
    }
}
