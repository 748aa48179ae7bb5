// Where screens are shown: one at a time, with its heading, its lines for progress and refusals, its pad.

import { h } from './dom.js';
import { Pad } from './pad.js';
import { RpsError } from '../wire/rps.js';

const CALM = 150; // ms before "Checking…" is shown

export const DEVICE = -1; // status of an error of this device's own

export class Stage {
    /** @type {Pad | undefined} */
    pad;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    countdown;

    /**
     * @param {HTMLElement} root
     * @param {import('./texts.js').Text} text
     * @param {(error: RpsError) => void} [onError]
     */
    constructor(root, text, onError) {
        this.root = root;
        this.text = text;
        this.onError = onError;
        this.screenName = '';
        this.working = false;
        this.status = h('p.mp-status', { role: 'status' });
        this.alert = h('p.mp-alert', { role: 'alert' });
        this.lines = h('div.mp-lines', {}, this.status, this.alert);
        root.classList.add('mp');
    }

    /**
     * Shows a screen and moves the focus to it.
     * @param {string} name
     * @param {string} title
     * @param {...(Node | string | false | null | undefined)} content
     */
    show(name, title, ...content) {
        const first = !this.screenName;
        clearInterval(this.countdown);
        this.screenName = name;
        this.pad = undefined;
        this.say('');
        this.warn('');
        const heading = h('h1.mp-title', { tabindex: '-1' }, title);
        this.root.replaceChildren(h('section.mp-screen.mp-screen-' + name, {}, heading, ...content));
        this.emit('screen', { screen: name });
        // The page's own first focus is left alone while the pad is not what it shows.
        if (!first || this.root.offsetParent)
            heading.focus({ preventScroll: first });
    }

    /**
     * Tells the page; false when the page has taken it over.
     * @param {string} name
     * @param {object} detail
     */
    emit(name, detail) {
        return this.root.dispatchEvent(new CustomEvent('mpin-' + name, { bubbles: true, cancelable: true, detail }));
    }

    /** @param {string} text */
    say(text) {
        this.status.textContent = text;
    }

    /** @param {string} text */
    warn(text) {
        this.alert.replaceChildren(text);
    }

    /**
     * @param {string} kind 'primary', 'plain' or 'link'
     * @param {string} text
     * @param {() => unknown} onclick
     */
    button(kind, text, onclick) {
        return h('button.mp-' + kind, { type: 'button', onclick }, text);
    }

    /**
     * A text in which one value is an element.
     * @param {string} key
     * @param {string} name
     * @param {HTMLElement} element
     */
    textWith(key, name, element) {
        const [before, after] = this.text(key, { [name]: '\0' }).split('\0');
        return [before, element, after];
    }

    /** @param {string} user @param {() => void} [change] */
    chip(user, change) {
        return h('p.mp-chip', {}, h('span.mp-name', { title: user }, user),
            change && h('span', { 'aria-hidden': 'true' }, '·'),
            change && this.button('link', this.text('change'), change));
    }

    /**
     * A screen with a keypad.
     * @param {number} length digits of a PIN
     * @param {string} name
     * @param {string} title
     * @param {string} hint
     * @param {Node} chip whose PIN it is
     * @param {Node} action a way out, under the keys
     * @param {string} user
     * @param {(pin: Uint8Array<ArrayBuffer>) => void} onPin
     * @param {(entered: number) => void} [onDigit]
     */
    keypad(length, name, title, hint, chip, action, user, onPin, onDigit) {
        const pad = new Pad(this.text, length, this.text('label', { user }), this.lines, onPin, (entered) => {
            this.warn('');
            onDigit?.(entered);
        });
        this.show(name, title, hint && h('p.mp-text', {}, hint), chip, pad.element,
            h('p.mp-actions', {}, action));
        this.pad = pad;
        if (this.root.offsetParent)
            pad.focus();
    }

    /**
     * Runs a piece of work, one at a time; "Checking…" appears if it takes time.
     * @param {() => Promise<void>} work
     * @param {(error: RpsError) => void} refused
     */
    async busy(work, refused) {
        if (this.working)
            return;
        this.working = true;
        const { pad } = this;
        pad?.busy(true);
        const late = setTimeout(() => this.say(this.text('checking')), CALM);
        try {
            await work();
        } catch (error) {
            const known = error instanceof RpsError ? error : new RpsError(DEVICE, { message: String(error) });
            this.onError?.(known);
            this.say('');
            pad?.busy(false); // not after success: the page is about to go
            refused(known);
        } finally {
            clearTimeout(late);
            this.working = false;
        }
    }

    /**
     * Counts down where the eye sees it; the ear hears it once.
     * @param {number} seconds
     */
    wait(seconds) {
        const { pad } = this;
        const until = Date.now() + seconds * 1000;
        const seen = h('span', { 'aria-hidden': 'true' });
        this.alert.replaceChildren(h('span.mp-hidden', {}, this.text('throttled', { n: seconds })), seen);
        pad?.lock(true);
        const tick = () => {
            const left = Math.ceil((until - Date.now()) / 1000);
            seen.textContent = this.text('throttled', { n: left });
            if (left > 0)
                return;
            clearInterval(this.countdown);
            this.warn('');
            pad?.reset();
        };
        tick();
        this.countdown = setInterval(tick, 500);
    }

    /**
     * A sentence and what can be done.
     * @param {string} name
     * @param {string} title
     * @param {string} text
     * @param {Node[]} buttons
     */
    notice(name, title, text, buttons) {
        this.show(name, title, text && h('p.mp-text', {}, text), h('div.mp-buttons', {}, ...buttons));
    }
}
