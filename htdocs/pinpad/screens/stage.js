// SPDX-License-Identifier: Apache-2.0
// Screens are shown here, one at a time, each with its heading, its lines for progress and refusals, its pad.
//
// A screen is a function (stage, state), which shows itself and leads to the next one. It calls those further on; back,
// to a script of its own, or where a page may have its own way, it goes by name: `stage.go(name, state)`, as table.js
// has it.

import { DEVICE, RpsError } from '../wire/exchange.js';
import { h } from './dom.js';
import { Pad } from './pad.js';

/** @typedef {import('./table.js').Screens} Screens */
/** @typedef {import('../keep/flow.js').Flow} Flow */
/** @typedef {Node | string | false | null | undefined} Content */

/**
 * A screen with a keypad.
 * @typedef {object} Keypad
 * @property {string} name
 * @property {string} title
 * @property {string} [hint]
 * @property {string} user whose PIN it is
 * @property {() => void} [change] to another user
 * @property {Node} action a way out, under the keys
 * @property {(pin: Uint8Array<ArrayBuffer>) => void} onPin
 * @property {(entered: number) => void} [onDigit]
 */

const CALM = 150; // ms before "Checking…" is shown
const LONG = 75; // characters that the lines above the keys have room for

/** @template {Flow} [F=Flow] */
export class Stage {
    /** @type {Pad | undefined} */
    pad;
    /** The screen that is shown. @type {HTMLElement} */
    section;
    screenName = '';
    working = false;

    /**
     * @param {HTMLElement} root
     * @param {import('./texts.js').Text} text
     * @param {F} flow
     * @param {Record<string, (stage: any, state: any) => any>} screens
     */
    constructor(root, text, flow, screens) {
        this.root = root;
        this.text = text;
        this.flow = flow;
        this.options = flow.options;
        this.screens = screens;
        this.status = h('p.mp-status', { role: 'status' });
        this.alert = h('p.mp-alert', { id: 'mp-alert', role: 'alert' });
        this.lines = h('div.mp-lines', {}, this.status, this.alert);
        root.classList.add('mp');
        // Digits are the pad's while nothing else has the focus.
        document.addEventListener('keydown', (event) => {
            const { activeElement: at } = document;
            if (this.pad && root.offsetParent && (!at || at === document.body || at.matches('h1')))
                this.pad.key(event);
        });
        // Back from where the person went: the page as the browser kept it is out of date.
        addEventListener('pageshow', (event) => event.persisted && this.go('start'));
    }

    // ---- screens -------------------------------------------------------------------------------

    /**
     * Leads to a screen.
     * @template {keyof Screens} N
     * @param {N} name
     * @param {Parameters<Screens[N]>[1]} [state]
     * @returns {any} the screen's own answer, a promise where it waits for something
     */
    go(name, state) {
        return this.screens[name](this, state);
    }

    /**
     * Shows a screen and moves the focus to it.
     * @param {string} name
     * @param {string} title
     * @param {...Content} content
     */
    show(name, title, ...content) {
        const first = !this.screenName;
        this.stopCountdown();
        this.screenName = name;
        this.pad = undefined;
        this.say('');
        this.warn('');
        const heading = h('h1.mp-title', { tabindex: '-1' }, title);
        this.section = h('section.mp-screen.mp-screen-' + name, {}, heading, ...content);
        this.root.replaceChildren(this.section);
        this.emit('screen', { screen: name, title });
        // The page's own first focus is left alone while the page shows something else than the pad.
        if (!first || this.root.offsetParent)
            heading.focus({ preventScroll: first });
    }

    /** @param {Keypad} keypad */
    keypad({ name, title, hint, user, change, action, onPin, onDigit }) {
        const pad = new Pad(this.text, this.lines, this.flow.rps.settings.pinLength, {
            user, onPin, onDigit: (entered) => {
                this.warn('');
                onDigit?.(entered);
            },
        });
        this.show(name, title, hint && h('p.mp-text', {}, hint), this.chip(user, change), pad.element,
            h('p.mp-actions', {}, action));
        this.pad = pad;
        if (this.root.offsetParent)
            pad.focus();
    }

    /**
     * A sentence and what can be done.
     * @param {string} name
     * @param {string} key of its title; its text has the same key with "_text"
     * @param {Content[]} buttons
     * @param {Record<string, string>} [values]
     */
    notice(name, key, buttons, values) {
        this.show(name, this.text(key, values), h('p.mp-text', {}, this.text(key + '_text', values)),
            h('div.mp-buttons', {}, ...buttons));
    }

    /**
     * Tells the page; false when the page has taken it over.
     * @param {string} name
     * @param {object} detail
     */
    emit(name, detail) {
        return this.root.dispatchEvent(new CustomEvent('mpin-' + name, { bubbles: true, cancelable: true, detail }));
    }

    // ---- parts of screens ----------------------------------------------------------------------

    /**
     * @param {string} kind 'primary', 'plain', 'danger' or 'link'
     * @param {string} key of its text
     * @param {() => unknown} onclick
     * @param {Record<string, string>} [values]
     */
    button(kind, key, onclick, values) {
        return h('button.mp-' + kind, { type: 'button', onclick }, this.text(key, values));
    }

    /** The user, and a way to another one. @param {string} user @param {() => void} [change] */
    chip(user, change) {
        return h('p.mp-chip', {}, h('span.mp-name', { title: user }, user),
            change && h('span', { 'aria-hidden': 'true' }, '·'),
            change && this.button('link', 'change', change));
    }

    // ---- its lines -----------------------------------------------------------------------------

    /** @param {string} text */
    say(text) {
        this.status.textContent = text;
    }

    /**
     * @param {string} text
     * @param {Element | null} [field] that is refused, where it is not the only one
     */
    warn(text, field) {
        this.alert.replaceChildren(text);
        this.alert.classList.toggle('mp-long', text.length > LONG);
        const fields = this.section?.querySelectorAll('input') ?? [];
        fields.forEach((one) => one.setAttribute('aria-invalid', String(!!text && one === (field ?? fields[0]))));
    }

    /** Says why something was refused. @param {RpsError} error */
    explain(error) {
        if (error.status === 429 && error.code !== 'too_many_mails')
            this.wait(error.retryAfter);
        else
            this.go('explain', { error, section: this.section });
    }

    /**
     * Counts down where the eye sees it; the ear hears it once.
     * @param {number} seconds
     */
    wait(seconds) {
        const { pad } = this;
        const seen = h('span', { 'aria-hidden': 'true' });
        this.alert.replaceChildren(h('span.mp-hidden', {}, this.text('throttled', { n: seconds })), seen);
        pad?.lock(true);
        this.countdown(seconds, (left) => {
            seen.textContent = this.text('throttled', { n: left });
            if (left)
                return;
            this.warn('');
            pad?.reset();
        });
    }

    // ---- time ----------------------------------------------------------------------------------

    /**
     * Counts down on this screen; one countdown at a time.
     * @param {number} seconds
     * @param {(left: number) => void} tick is told the seconds that are left, 0 at last
     */
    countdown(seconds, tick) {
        const until = Date.now() + seconds * 1000;
        const step = () => {
            const left = Math.max(0, Math.ceil((until - Date.now()) / 1000));
            if (!left)
                this.stopCountdown();
            tick(left);
        };
        this.stopCountdown();
        this.ticking = setInterval(step, 500);
        step();
    }

    stopCountdown() {
        clearInterval(this.ticking);
    }

    /**
     * Runs a piece of work, one at a time; "Checking…" appears if it takes time.
     * @param {() => Promise<unknown>} work
     * @param {(error: RpsError) => void} refused
     * @param {(error: RpsError) => void} [unheard] nothing was decided: "try again" unless the screen has a better way
     */
    async busy(work, refused, unheard = (error) => this.go('offline', error)) {
        if (this.working)
            return;
        this.working = true;
        const { pad } = this;
        pad?.busy(true);
        const late = setTimeout(() => this.status.textContent || this.say(this.text('checking')), CALM);
        try {
            await work();
        } catch (error) {
            const known = error instanceof RpsError ? error : new RpsError(DEVICE, { message: String(error) });
            this.options.onError?.(known);
            this.say('');
            pad?.busy(false); // not after success: the page is about to go
            (known.unheard ? unheard : refused)(known);
        } finally {
            clearTimeout(late);
            this.working = false;
        }
    }
}
