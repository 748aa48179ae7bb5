// SPDX-License-Identifier: Apache-2.0
// Every screen, and every step between screens that a page may have its own way of, by name.

import { arrive, depart } from './elsewhere.js';
import { enter, refused } from './enter.js';
import { offline } from './notices.js';
import { reset } from './reset.js';
import { add, finish } from './setup.js';
import { home, SLOW, start } from './start.js';

/** @typedef {import('../wire/exchange.js').RpsError} RpsError */
/** @typedef {import('./stage.js').Stage} Stage */

/**
 * A screen in a script of its own, which brings its texts.
 * @param {string} script
 * @param {(stage: Stage, error: RpsError, state: any) => void} [instead] where it could not be fetched
 * @param {string} [name] of several in one script
 * @returns {any}
 */
const fetched = (script, instead, name = 'screen') => (/** @type {Stage} */ stage, /** @type {any} */ state) => {
    // A screen is announced while its script is on the way; a sentence for the screen that is shown is not.
    const late = setTimeout(() => instead === offline && stage.show('loading', stage.text('loading')), SLOW);
    return stage.flow.load(script).finally(() => clearTimeout(late)).then((part) => {
        stage.text.add(part.english);
        return part[name](stage, state);
    }, instead && ((error) => instead(stage, error, state)));
};

export const SCREENS = {
    start, home, offline,
    enter, refused, arrive,
    add, finish, reset,

    /** @type {typeof import('./address.js').address} */
    address: fetched('address.js', offline),
    /** @type {typeof import('./choose-pin.js').choosePin} */
    choosePin: fetched('choose-pin.js', offline),
    /** @type {typeof import('./confirm.js').confirm} */
    confirm: fetched('confirm.js', offline),
    /** @type {typeof import('./refusals.js').explain} */
    explain: fetched('refusals.js', (stage, _, { error: { id, status } }) =>
        stage.warn(stage.text('trouble', { code: id ?? status })), 'explain'),
    /** @type {typeof import('./refusals.js').ended} */
    ended: fetched('refusals.js', offline, 'ended'),
    /** @type {typeof import('./refusals.js').forgotten} */
    forgotten: fetched('refusals.js', offline, 'forgotten'),
    /** @type {typeof import('./refusals.js').noPin} */
    noPin: fetched('refusals.js', offline, 'noPin'),
    /** @type {typeof import('./refusals.js').resetHelp} */
    resetHelp: fetched('refusals.js', offline, 'resetHelp'),
    /** @type {typeof import('./mail.js').mail} */
    mail: fetched('mail.js'),
    /** @type {typeof import('./phone.js').phone} */
    phone: fetched('phone.js', offline),
    /** @type {typeof import('./choose.js').choose} */
    choose: fetched('kept.js', offline, 'choose'),
    /** @type {typeof import('./kept.js').manage} */
    manage: fetched('kept.js', offline),
    /** Without its script there is no code: the person is signed in all the same. @type {typeof import('./otp.js').otp} */
    otp: fetched('otp.js', (stage, _, answer) => depart(stage, answer)),
};

/** @typedef {typeof import('./mobile.js').SCREENS_OF_A_PHONE} ScreensOfAPhone */
/** @typedef {typeof SCREENS & Omit<ScreensOfAPhone, keyof typeof SCREENS>} Screens */
