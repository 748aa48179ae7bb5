// SPDX-License-Identifier: Apache-2.0
// The keypad: one password field, dots in front of it, twelve keys. It knows digits and nothing of what they open.

import { h, hasKeyboard } from './dom.js';

const KEYS = [...'123456789', 'clear', '0', 'delete'];

/** From key to key. @type {Record<string, number>} */
const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -3, ArrowDown: 3 };

let count = 0; // makes the field's id unique on its page

export class Pad {
    /**
     * @param {import('./texts.js').Text} text
     * @param {HTMLElement} lines where refusals and progress are told, under the dots
     * @param {number} length digits of a PIN
     * @param {object} keypad
     * @param {string} keypad.user the user whose PIN it is
     * @param {(pin: Uint8Array<ArrayBuffer>) => void} keypad.onPin all digits are there; the receiver wipes them
     * @param {(entered: number) => void} keypad.onDigit
     */
    constructor(text, lines, length, { user, onPin, onDigit }) {
        this.length = length;
        this.onPin = onPin;
        this.onDigit = onDigit;
        this.locked = false;
        const id = 'mp-pin-' + ++count;
        /** @type {HTMLInputElement} */
        this.field = h('input.mp-field', {
            id, type: 'password', inputmode: 'numeric', pattern: '[0-9]*',
            // Said so that no password manager offers to keep the PIN: beside the device's secret it would be no
            // second factor any more.
            autocomplete: 'one-time-code', 'aria-describedby': 'mp-alert', 'data-1p-ignore': true, 'data-lpignore': 'true',
            oninput: () => this.take(),
        });
        this.dots = Array.from({ length }, () => h('i.mp-dot'));
        this.heard = h('span.mp-hidden', { role: 'status' });
        this.count = () => text('count', { n: this.field.value.length, all: length });
        this.element = h('form.mp-pad', {
            onkeydown: (/** @type {KeyboardEvent} */ event) => this.key(event),
            onsubmit: (/** @type {Event} */ event) => event.preventDefault(),
        },
            h('div.mp-entry', {},
                h('label.mp-hidden', { for: id }, text('label', { user, n: length })), this.field,
                h('div.mp-dots', { 'aria-hidden': 'true' }, ...this.dots)),
            this.heard, lines,
            h('div.mp-keys', { role: 'group', 'aria-label': text('keys') }, ...KEYS.map((key, i) =>
                h('button.mp-key.mp-key-' + key, {
                    type: 'button',
                    tabindex: i ? '-1' : '0', // one stop for all of them, and arrows from key to key
                    'aria-label': key === 'delete' && text('delete'),
                    // The focus stays in the field: the next digit may be typed, and phones open no keyboard.
                    onpointerdown: (/** @type {Event} */ event) => event.preventDefault(),
                    onclick: () => this.press(key),
                }, key === 'delete' ? '⌫' : key === 'clear' ? text('clear') : key))));
    }

    /** The focus goes to the field, but not on a touch screen. */
    focus() {
        if (hasKeyboard())
            this.field.focus();
    }

    /** @param {string} key */
    press(key) {
        if (this.locked)
            return;
        const { value } = this.field;
        this.field.value = key === 'clear' ? '' : key === 'delete' ? value.slice(0, -1) : value + key;
        this.take();
    }

    /** Digits typed while a key of the grid has the focus, or nothing that takes them; arrows. @param {KeyboardEvent} event */
    key(event) {
        const step = STEPS[event.key];
        if (step && event.target instanceof HTMLButtonElement)
            return this.move(event, step);
        const key = event.key === 'Escape' ? 'clear' : event.key === 'Backspace' ? 'delete' : event.key;
        const typed = event.target === this.field && key !== 'clear';
        if (!typed && KEYS.includes(key) && !event.ctrlKey && !event.metaKey && !event.altKey) {
            event.preventDefault();
            this.press(key);
        }
    }

    /** The focus goes from one key to another. @param {KeyboardEvent} event @param {number} step */
    move(event, step) {
        /** @type {HTMLButtonElement[]} */
        const keys = [...this.element.querySelectorAll('.mp-key')];
        const from = keys.findIndex((key) => key === event.target), to = keys[from + step];
        event.preventDefault();
        if (!to || (step % 3 && Math.floor(from / 3) !== Math.floor((from + step) / 3)))
            return;
        keys[from].tabIndex = -1;
        to.tabIndex = 0;
        to.focus();
    }

    /** The field has changed. */
    take() {
        const value = this.locked ? '' : this.field.value.replace(/\D/g, '').slice(0, this.length);
        if (value !== this.field.value)
            this.field.value = value;
        if (this.locked)
            return;
        this.show();
        this.onDigit(value.length);
        if (value.length < this.length)
            return;
        const pin = Uint8Array.from(value, Number);
        this.field.value = '';
        this.lock(true);
        this.onPin(pin);
    }

    show() {
        const { length } = this.field.value;
        this.element.classList.remove('mp-wrong');
        this.dots.forEach((dot, i) => dot.classList.toggle('mp-on', i < length));
        this.heard.textContent = this.count();
    }

    /** While locked no digit is taken. @param {boolean} locked */
    lock(locked) {
        this.locked = locked;
        this.field.readOnly = locked;
        this.element.toggleAttribute('data-locked', locked);
        this.element.querySelector('.mp-keys').setAttribute('aria-disabled', locked);
    }

    /** @param {boolean} busy */
    busy(busy) {
        this.element.setAttribute('aria-busy', busy);
    }

    /** Empty again, for another try. */
    reset() {
        this.busy(false);
        this.lock(false);
        this.field.value = '';
        this.show();
        this.heard.textContent = '';
    }

    /** As `reset`, and seen to be refused. */
    refuse() {
        this.reset();
        this.element.classList.add('mp-wrong');
    }
}
