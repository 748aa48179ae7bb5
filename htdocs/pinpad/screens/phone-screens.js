// SPDX-License-Identifier: Apache-2.0
// A login by phone as this computer shows it: the code, how far the phone is, and the end.

import { number } from './digits.js';
import { h, textWith } from './dom.js';
import { ring, toNodes } from './drawing.js';

/** @typedef {import('../wire/codes.js').Progress} Progress */
/** @typedef {import('./phone.js').PhoneLogin} PhoneLogin */
/** @typedef {import('./stage.js').Stage} Stage */
/** @typedef {import('./stage.js').Content} Content */

/** The address that a person types: without what goes without saying. @param {string} url */
const typed = (url) => url.replace(/#.*/, '').replace(/^https?:\/\//, '').replace(/(\/index\.html|\/)$/, '');

/** @param {Stage} stage @param {{login: PhoneLogin}} state */
export function showCode(stage, { login }) {
    const { options } = stage;
    const { qrSvg, qrUrl = '', accessNumber = '' } = login.code;
    // A page that names a mobile app of its own means that one, which a QR code of ours does not lead to.
    const app = options.mobileApp && new URL(options.mobileApp, document.baseURI).href;
    const address = typed(app || qrUrl || location.host + '/m');
    const drawing = qrSvg && address === typed(qrUrl) && toNodes(qrSvg);
    const how = drawing ? 'phone_type' : 'phone_type_only';
    frame(stage, login, {
        name: 'phone',
        title: stage.text('phone_title'),
        content: [
            drawing && h('p.mp-text', {}, stage.text('phone_scan')),
            drawing && h('div.mp-qr', { role: 'img', 'aria-label': stage.text('phone_qr') }, drawing),
            h('p.mp-text', {}, ...textWith(stage.text, how, 'address', h('strong', {}, address))),
            number(accessNumber),
        ],
    });
}

/** @param {Stage} stage @param {{login: PhoneLogin, answer: Progress}} state */
export function showScanned(stage, { login, answer: { match } }) {
    frame(stage, login, {
        name: 'phone-scanned',
        title: match ? stage.text('phone_confirm', { n: match }) : stage.text('phone_scanned'),
        content: [
            match && h('p.mp-match', { 'aria-hidden': 'true' }, match),
            h('p.mp-text', {}, stage.text(match ? 'phone_confirm_text' : 'phone_go_on')),
        ],
    });
}

/** @param {Stage} stage @param {{login: PhoneLogin, answer: Progress}} state */
export function showUser(stage, { login, answer: { userId } }) {
    frame(stage, login, {
        name: 'phone-user',
        title: userId ? stage.text('phone_user', { user: userId }) : stage.text('phone_entering'),
        content: [h('p.mp-text', {}, stage.text('phone_go_on'))],
    });
}

/** Another user than was announced. @param {Stage} stage @param {{login: PhoneLogin, answer: Progress}} state */
export function showOther(stage, { login, answer }) {
    const { userId, provenUserId: user = '' } = answer;
    frame(stage, login, {
        name: 'phone-other',
        title: stage.text('phone_other', { user }),
        content: [h('p.mp-text', {}, stage.text('phone_other_text', { user: userId }))],
        yes: stage.button('primary', 'phone_other_yes', () => login.enter(answer), { user }),
    });
}

/**
 * A screen with the time that is left and a way out.
 * @param {Stage} stage
 * @param {PhoneLogin} login
 * @param {{name: string, title: string, content: Content[], yes?: Node}} parts
 */
function frame(stage, login, { name, title, content, yes }) {
    const clock = ring();
    const time = h('span', { role: 'timer' });
    stage.show(name, title, ...content, h('p.mp-time', {}, clock.element, time), stage.lines,
        h('div.mp-buttons', {}, yes, stage.button('plain', 'phone_cancel', () => login.cancel())));
    login.section = stage.section;
    stage.countdown((login.until - Date.now()) / 1000, (left) => {
        clock.turn(left / login.code.ttlSeconds);
        time.textContent = stage.text('phone_left', { time: Math.floor(left / 60) + ':' + String(left % 60).padStart(2, '0') });
        if (!left)
            login.poll.ask();
    });
}

/**
 * The end of a code, and a new beginning.
 * @param {Stage} stage
 * @param {{name: string, title: string, text?: string}} state
 */
export function over(stage, { name, title, text }) {
    stage.show(name, title, text && h('p.mp-text', {}, text), stage.lines, h('div.mp-buttons', {},
        stage.button('primary', 'phone_new', () => stage.go('phone')),
        stage.button('plain', 'back', () => stage.go('home'))));
}
