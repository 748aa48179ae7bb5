// SPDX-License-Identifier: Apache-2.0
// The ways to other pages, and to the other ways to sign in.

import { h } from './dom.js';

/** @typedef {import('../keep/flow.js').Answer} Answer */
/** @typedef {import('./stage.js').Stage} Stage */

/** True where a phone may sign this computer in. @param {Stage} stage */
export const phoneOffered = ({ flow, options }) => !!flow.rps?.settings.getAccessNumberURL && !options.mobile;

/** True where there is another way to sign in: on this page, or on its site's login page. @param {Stage} stage */
export function others({ flow: { rps }, options }) {
    const { loginURL, passwords = true } = rps?.settings ?? {};
    const login = passwords && loginURL && new URL(rps.at(loginURL));
    return options.others || (login && login.origin === location.origin && login.pathname !== location.pathname);
}

/** @param {Stage} stage @param {string} kind */
const phoneButton = (stage, kind) => stage.button(kind, 'by_phone', () => stage.go('phone'));

/**
 * The buttons for them.
 * @param {Stage} stage
 * @param {string} [key] text of the first
 * @param {string} [kind] its look
 */
export const otherWays = (stage, key = 'other', kind = 'plain') => [
    others(stage) && stage.button(kind, key, () => toOtherWays(stage)),
    phoneOffered(stage) && phoneButton(stage, 'plain'),
];

/** A person who is signed in goes on, whatever becomes of their PIN. @param {Stage} stage */
export const goOn = ({ flow: { rps }, options: { offer, success }, text }) =>
    (offer || rps?.settings.signedIn) && success && h('a.mp-primary', { href: success }, text('continue'));

/**
 * What leads on from here, made from what this site, this page and this person can do: never nothing.
 * @param {Stage} stage
 * @param {(Node | string | false | null | undefined)[]} more that only this screen has
 * @param {(Node | string | false | null | undefined)[]} [elsewhere]
 */
export function waysOn(stage, more, elsewhere = otherWays(stage)) {
    const ways = [goOn(stage), ...more, ...elsewhere].filter((way) => way);
    return ways.length ? ways : [stage.button('primary', 'try_again', () => stage.go('start'))];
}

/** The link to a login by phone, where the page does not show one. @param {Stage} stage */
export function addPhone(stage) {
    if (phoneOffered(stage) && !stage.options.others)
        stage.section.append(h('p.mp-actions', {}, phoneButton(stage, 'link')));
}

/**
 * To the other ways: the page shows its own, else the login page does.
 * @param {Stage} stage
 * @param {{user: string, reset: boolean}} [reason] the user whose PIN is forgotten
 */
export function toOtherWays(stage, reason = { user: '', reset: false }) {
    const { rps } = stage.flow;
    if (stage.emit('other', reason))
        location.assign(rps.at(rps.settings.loginURL) + (rps.settings.signedIn ? '?fresh=1&return=' : '?return=')
            + encodeURIComponent(location.pathname + location.search));
}

/**
 * Leaves this page for good: "back" leads to what was before it.
 * @param {string} [location]
 */
export function leavePage(location) {
    const target = new URL(location || '/', document.baseURI);
    if (/^https?:$/.test(target.protocol))
        window.location.replace(target);
}

/** Signed in; a one-time code is shown first, where there is one. @param {Stage} stage @param {Answer} answer */
export const arrive = (stage, answer) => answer.otp ? stage.go('otp', answer) : depart(stage, answer);

/** To where the server or the page says. @param {Stage} stage @param {Answer} answer */
export function depart(stage, { otp, ...answer }) {
    const { success, onSuccessLogin } = stage.options;
    if (!onSuccessLogin || success)
        return leavePage(success || answer.location);
    stage.say('');
    stage.pad?.busy(false);
    onSuccessLogin(answer);
}
