// SPDX-License-Identifier: Apache-2.0
// A phone's visit to another computer, with nothing to be seen: whom it signs in, by which code, and what is left to do.

import { wipe } from '../curve/pin.js';
import { abandonCode, announceUser, claimCode, handIn, signOutComputer } from '../wire/codes.js';
import { Flow } from './flow.js';
import { identitiesOf, opened } from './identities.js';

/** @typedef {import('./store.js').Identity} Identity */

/** The computer's code, and what has been said of it. @typedef {{wid: string, choice?: string, confirmed?: boolean} & import('../wire/codes.js').Context} Visit */

/** The computer that was signed in. @typedef {{browser?: string, logoutURL?: string, logoutData?: any}} SignedIn */

/** This tab remembers them while its person is elsewhere: signing in on the login page, or with the phone put away. */
const CODE = 'mpin-code';
const SIGNED_IN = 'mpin-signed-in'; // SignedIn, as JSON

export class PhoneFlow extends Flow {
    /** @type {Visit | undefined} */
    visit;

    /**
     * A QR code's link leads here with the code behind the "#", which no server sees and no history keeps.
     * @returns {boolean} there was one
     */
    takeCode() {
        const [, wid] = location.hash.match(/^#([0-9a-f]{32})$/) ?? [];
        if (!wid)
            return false;
        sessionStorage.setItem(CODE, wid);
        history.replaceState(null, '', location.pathname + location.search);
        return true;
    }

    /** The code that has been scanned or typed. */
    get code() {
        return sessionStorage.getItem(CODE);
    }

    /** @param {string} wid @returns {Promise<Visit>} */
    async claim(wid) {
        const [last] = await identitiesOf(this.rps) ?? [];
        const context = await claimCode(this.rps, wid, last?.user);
        sessionStorage.setItem(CODE, wid);
        this.forgetComputer();
        return this.visit = { ...context, wid };
    }

    /** Says who will sign in. @param {Visit} visit @param {Identity} identity */
    announce(visit, { user }) {
        return announceUser(this.rps, visit, user);
    }

    /**
     * This page of an application's RPS has nobody to sign in to: the PIN is for the next computer.
     * @param {{mpinId: string}} identity
     * @param {Uint8Array<ArrayBuffer>} pin
     */
    async signIn(identity, pin) {
        if (!this.rps.settings.registration.includes('application'))
            return super.signIn(identity, pin);
        wipe(pin);
        return {};
    }

    /**
     * Signs the computer in. The PIN is wiped, whatever comes of it.
     * @param {Visit} visit
     * @param {Identity} identity
     * @param {Uint8Array<ArrayBuffer>} pin
     */
    async signInThere({ wid, desktop }, identity, pin) {
        try {
            const { logoutURL, logoutData } = await handIn(this.rps, await this.prove(identity, pin, wid));
            await opened(identity);
            this.forget();
            sessionStorage.setItem(SIGNED_IN, JSON.stringify({ browser: desktop?.browser, logoutURL, logoutData }));
        } finally {
            wipe(pin);
        }
    }

    /** The code is done with. */
    forget() {
        this.visit = undefined;
        sessionStorage.removeItem(CODE);
    }

    /** The computer hears that nothing comes of it. */
    abandon() {
        if (this.visit)
            abandonCode(this.rps, this.visit.wid);
        this.forget();
    }

    /** The computer that was signed in last. @returns {SignedIn | undefined} */
    get computer() {
        return JSON.parse(sessionStorage.getItem(SIGNED_IN) ?? 'null') ?? undefined;
    }

    forgetComputer() {
        sessionStorage.removeItem(SIGNED_IN);
    }

    /** @param {SignedIn} computer */
    async signOutThere({ logoutURL = '', logoutData }) {
        await signOutComputer(new URL(logoutURL, this.options.application || document.baseURI).href, logoutData);
        this.forgetComputer();
    }
}
