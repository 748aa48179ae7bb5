// A phone signs in another computer: it says which one that is, asks for the number on its screen, then for the PIN.

import { announce, claim, giveUp, grouped, handIn, isNumber, signOut } from '../wire/codes.js';
import { h } from './dom.js';
import { choose } from './choose.js';
import { wipe } from './pad.js';
import { Screens } from './screens.js';

/** @typedef {import('../wire/codes.js').Context} Context */
/** @typedef {import('../wire/rps.js').RpsError} RpsError */
/** @typedef {import('../keep/store.js').Identity} Identity */

/** The computer's code, and what has been said of it. @typedef {{wid: string, choice?: string, confirmed?: boolean} & Context} Visit */

/** What this tab remembers while its person is elsewhere: signing in on the login page, or with the phone put away. */
const CODE = 'mpin-code';
const SIGNED_IN = 'mpin-signed-in'; // {browser, logoutURL, logoutData}

/** Ends of a code, by the server's word. @type {Record<string, string>} */
const ENDS = { code_taken: 'mobile_taken', wrong_pick: 'mobile_wrong', phone_timeout: 'mobile_timeout' };

/** A QR code's link leads here with the code behind the "#", which no server sees and no history keeps. */
function scanned() {
    const [, wid] = location.hash.match(/^#([0-9a-f]{32})$/) ?? [];
    if (!wid)
        return false;
    sessionStorage.setItem(CODE, wid);
    history.replaceState(null, '', location.pathname + location.search);
    return true;
}

export class Mobile extends Screens {
    /** @type {Visit | undefined} */
    visit;

    async start() {
        removeEventListener('hashchange', this.rescan);
        addEventListener('hashchange', this.rescan); // another code, in the same tab
        scanned();
        return super.start();
    }

    rescan = () => {
        if (scanned())
            this.start();
    };

    async home() {
        this.visit = undefined;
        const known = await this.known();
        if (!known)
            return this.storage();
        if (this.forgotten(known))
            return super.home();
        if (!known.length)
            return this.notice('mobile-new', this.text('mobile_new'), this.text('mobile_new_text'),
                [this.button('primary', this.text('setup'), () => super.home())]);
        const wid = sessionStorage.getItem(CODE);
        if (wid)
            return this.claim(wid);
        return sessionStorage.getItem(SIGNED_IN) ? this.done() : this.number();
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

    /** An identity has been set up here: on to the computer. */
    async arrive() {
        this.start();
    }

    // ---- the code ------------------------------------------------------------------------------

    number() {
        const digits = this.rps.settings.accessNumberDigits ?? 7;
        const field = h('input.mp-input.mp-code', {
            id: 'mp-code', inputmode: 'numeric', autocomplete: 'off', required: true, maxlength: digits + 4,
            oninput: () => {
                format(field, digits);
                this.warn('');
                if (read(field).length === digits)
                    this.submit(read(field));
            },
        });
        this.show('mobile-number', this.text('mobile_number'),
            h('form.mp-form', {
                onsubmit: (/** @type {Event} */ event) => {
                    event.preventDefault();
                    this.submit(read(field));
                },
            },
            h('label', { for: 'mp-code' }, this.text('mobile_number_label')), field, this.lines,
            h('button.mp-primary', {}, this.text('continue'))));
        field.focus();
    }

    /** @param {string} number */
    submit(number) {
        const digits = this.rps.settings.accessNumberDigits ?? 7;
        if (number.length !== digits || (digits === 7 && !isNumber(number)))
            return this.warn(this.text('mobile_slip'));
        return this.claim(number);
    }

    /** @param {string} wid */
    claim(wid) {
        if (this.screenName !== 'mobile-number')
            this.show('loading', this.text('loading'));
        return this.busy(async () => {
            const [last] = await this.known() ?? [];
            const context = await claim(this.rps, wid, last?.user);
            sessionStorage.setItem(CODE, wid);
            sessionStorage.removeItem(SIGNED_IN);
            this.visit = { ...context, wid };
            this.computer(this.visit);
        }, (error) => this.unclaimed(error));
    }

    /** @param {RpsError} error */
    unclaimed(error) {
        if (!error.status || error.status >= 500)
            return this.offline(error);
        if (error.status !== 429 && this.screenName !== 'mobile-number')
            return this.over(ENDS[error.code ?? ''] ?? 'mobile_over');
        if (this.screenName !== 'mobile-number')
            this.number();
        if (error.status === 429)
            return this.explain(error);
        sessionStorage.removeItem(CODE);
        this.warn(this.text(error.code === 'code_taken' ? 'mobile_taken' : 'mobile_unknown'));
    }

    // ---- the computer --------------------------------------------------------------------------

    /** What is about to be signed in: seen before anything is asked. @param {Visit} visit */
    computer(visit) {
        const { desktop, origin = location.host, choices, secondTap } = visit;
        const hint = secondTap ? 'li.mp-caution' : 'li';
        this.show('mobile-computer', this.text('mobile_computer'),
            h('ul.mp-facts', {},
                desktop && h('li', {}, h('strong', {}, desktop.browser)),
                desktop && h('li.mp-address', {}, desktop.address),
                h('li', {}, ...this.textWith('mobile_to', 'site', h('strong', {}, origin))),
                desktop && h(hint, {}, this.text(desktop.sameNetwork ? 'mobile_near' : 'mobile_far')),
                desktop && h(hint, {}, this.text(desktop.seen ? 'mobile_seen' : 'mobile_unseen'))),
            choices && h('p.mp-ask', { id: 'mp-pick' }, this.text('mobile_pick')),
            choices && h('div.mp-picks', { role: 'group', 'aria-labelledby': 'mp-pick' }, ...choices.map((choice) =>
                h('button.mp-key', { type: 'button', onclick: () => this.pick(visit, choice) }, choice))),
            this.lines,
            h('div.mp-buttons', {},
                !choices && this.button('primary', this.text('continue'), () => this.who(visit)),
                this.button('plain', this.text('mobile_none'), () => this.cancel())));
    }

    /** @param {Visit} visit @param {string} choice */
    pick(visit, choice) {
        visit.choice = choice;
        return visit.secondTap ? this.secondTap(visit) : this.who(visit);
    }

    /**
     * A computer that nobody knows, somewhere else.
     * @param {Visit} visit
     * @param {Identity} [identity] who was to sign in when it turned out
     */
    secondTap(visit, identity) {
        this.notice('mobile-far', this.text('mobile_sure'), this.text('mobile_sure_text'), [
            this.button('danger', this.text('mobile_sure_yes'), () => {
                visit.confirmed = true;
                return identity ? this.enter(identity) : this.who(visit);
            }),
            this.button('primary', this.text('mobile_sure_no'), () => this.cancel())]);
    }

    /** @param {Visit} visit */
    async who({ PrerollId }) {
        const known = await this.known() ?? [];
        const expected = known.find((identity) => identity.user === PrerollId) ?? (known.length === 1 && known[0]);
        return expected ? this.enter(expected) : choose(this);
    }

    /** Says who will sign in, then asks for the PIN. @param {Identity} identity */
    enter(identity) {
        const { visit } = this;
        if (!visit)
            return super.enter(identity);
        return this.busy(async () => {
            await announce(this.rps, visit, identity.user);
            this.pin(visit, identity);
        }, (error) => {
            if (error.code === 'second_tap')
                return this.secondTap(visit, identity);
            this.refused(error, identity);
        });
    }

    // ---- the PIN -------------------------------------------------------------------------------

    /** @param {Visit} visit @param {Identity} identity */
    async pin({ desktop, origin = location.host }, identity) {
        const { pinLength } = this.rps.settings;
        const many = (await this.known() ?? []).length > 1;
        this.keypad(pinLength, 'enter', this.text('mobile_pin'),
            desktop ? this.text('mobile_pin_for', { browser: desktop.browser, site: origin }) : '',
            this.chip(identity.user, many ? () => choose(this) : undefined),
            this.button('link', this.text('mobile_cancel'), () => this.cancel()), identity.user,
            (pin) => this.check(identity, pin),
            (entered) => entered + 2 >= pinLength && this.begin(identity));
        this.prepare(identity);
    }

    /**
     * @param {Identity} identity
     * @param {Uint8Array<ArrayBuffer>} pin
     */
    check(identity, pin) {
        const { visit } = this;
        if (!visit)
            return super.check(identity, pin);
        return this.busy(async () => {
            const { logoutURL, logoutData } = await handIn(this.rps, await this.prove(identity, pin, visit.wid));
            await this.opened(identity);
            this.forget();
            sessionStorage.setItem(SIGNED_IN, JSON.stringify({ browser: visit.desktop?.browser, logoutURL, logoutData }));
            this.done();
        }, (error) => {
            wipe(pin);
            this.refused(error, identity);
        });
    }

    /** @param {RpsError} error @param {Identity} identity */
    refused(error, identity) {
        const { status, code = '' } = error;
        if (this.visit && (ENDS[code] || status === 412 || (status === 408 && code !== 'authott_unknown')))
            return this.over(ENDS[code] ?? (status === 408 ? 'mobile_timeout' : 'mobile_over'));
        if (this.visit && (status === 410 || code === 'identity_revoked'))
            this.abandon();
        return super.refused(error, identity);
    }

    // ---- the end -------------------------------------------------------------------------------

    /** The code is done with. */
    forget() {
        this.visit = undefined;
        sessionStorage.removeItem(CODE);
    }

    /** The computer hears that nothing comes of it. */
    abandon() {
        if (this.visit)
            giveUp(this.rps, this.visit.wid);
        this.forget();
    }

    cancel() {
        this.abandon();
        this.end('mobile-cancelled', 'mobile_cancelled');
    }

    /** @param {string} reason */
    over(reason) {
        this.forget();
        this.end('mobile-over', reason);
    }

    /** @param {string} name @param {string} reason */
    end(name, reason) {
        this.notice(name, this.text(reason), this.text(reason + '_text'),
            [this.button('primary', this.text('mobile_type'), () => this.number())]);
    }

    done() {
        const { browser, logoutURL, logoutData } = JSON.parse(sessionStorage.getItem(SIGNED_IN) ?? '{}');
        this.show('mobile-done', this.text('mobile_done'), h('p.mp-text', {}, this.text('mobile_done_text')),
            browser && h('p.mp-chip', {}, h('span.mp-name', {}, browser)), this.lines,
            h('div.mp-buttons', {},
                logoutURL && this.button('plain', this.text('mobile_out'), () => this.signOutThere(logoutURL, logoutData)),
                this.button('link', this.text('mobile_another'), () => {
                    sessionStorage.removeItem(SIGNED_IN);
                    this.number();
                })));
    }

    /** @param {string} url @param {any} data */
    signOutThere(url, data) {
        return this.busy(async () => {
            await signOut(url, data);
            sessionStorage.removeItem(SIGNED_IN);
            this.notice('mobile-out', this.text('mobile_signed_out'), '',
                [this.button('plain', this.text('mobile_another'), () => this.number())]);
        }, ({ status }) => this.warn(!status || status >= 500
            ? this.text('offline', { site: this.rps.settings.title }) : this.text('mobile_out_late')));
    }
}

/** @param {HTMLInputElement} field */
const read = (field) => field.value.replace(/\D/g, '');

/**
 * Groups the digits as they are typed; the caret stays where it was among them.
 * @param {HTMLInputElement} field
 * @param {number} digits
 */
function format(field, digits) {
    const before = field.value.slice(0, field.selectionStart ?? undefined).replace(/\D/g, '').length;
    field.value = grouped(read(field).slice(0, digits));
    const at = before > 3 ? before + 1 : before;
    field.setSelectionRange(at, at);
}
