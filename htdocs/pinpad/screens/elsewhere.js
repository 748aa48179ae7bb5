// SPDX-License-Identifier: Apache-2.0
// The ways to other pages, and to the other ways to sign in.

import { h } from './dom.js';

/** @typedef {import('../keep/flow.js').Answer} Answer */
/** @typedef {import('./stage.js').Stage} Stage */

/** True where a phone may sign this computer in. @param {Stage} stage */
export const phoneOffered = ({ flow, options }) => !!flow.rps?.settings.getAccessNumberURL && !options.mobile;

/** True where there is another way to sign in: on this page, or on its site's login page. @param {Stage} stage */
export function others({ flow: { rps }, options }) {
    const login = rps?.settings.loginURL && new URL(rps.at(rps.settings.loginURL));
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
            + encodeURIComponent(location.pathname + location.search + location.hash));
}

/**
 * Leaves this page for good: "back" leads to what was before it.
 * @param {string} [location]
 */
export function leavePage(location) {
    const target = new URL(location || '/', document.baseURI);
    if (!/^https?:$/.test(target.protocol))
        return;
    // The login page stands at the place's own address (ErrorDocument): a new #fragment alone would load nothing.
    if (target.hash && target.href.split('#')[0] === window.location.href.split('#')[0])
        history.replaceState(null, '', target.pathname + '?-');
    window.location.replace(target);
}

/** Signed in; a one-time code is shown first, where there is one. @param {Stage} stage @param {Answer} answer */
export const arrive = (stage, answer) => answer.otp ? stage.go('otp', answer) : depart(stage, answer);

/**
 * The login page's own fragment is the place's.
 * @template {string | undefined} T
 * @param {T} place
 * @param {string} [back]
 */
export const withFragment = (place, back) =>
    place && back !== undefined && !place.includes('#') ? place + location.hash : place;

/** To where the server or the page says. @param {Stage} stage @param {Answer} answer */
export function depart(stage, { otp, ...answer }) {
    const { success, onSuccessLogin, back } = stage.options;
    if (!onSuccessLogin || success)
        return leavePage(withFragment(success || answer.location, back));
    stage.say('');
    stage.pad?.busy(false);
    onSuccessLogin(answer);
}
