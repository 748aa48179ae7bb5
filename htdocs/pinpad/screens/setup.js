// Setting up: a name, a PIN for it, and a new one for who forgot theirs.

import { h } from './dom.js';
import { choose } from './choose.js';
import { wipe } from './pad.js';
import { secretShares } from '../keep/permits.js';
import { DEVICE } from './stage.js';
import { isWeak } from '../curve/pin.js';
import * as store from '../keep/store.js';

/** @typedef {import('./screens.js').Screens} Screens */
/** @typedef {import('../keep/store.js').Identity} Identity */
/** @typedef {{mpinId: string, regOTT: string, user: string, device: string, secret?: string[]}} NewIdentity */

export const RESET = 'mpin-reset'; // sessionStorage: the mpinId whose PIN is to be set anew after another sign-in

/** @param {Screens} screens @param {string} user @param {Identity} [old] */
export function offer(screens, user, old) {
    const n = screens.text('n' + screens.rps.settings.pinLength);
    const { success } = screens.options;
    screens.show('offer', screens.text('offer'), screens.chip(user),
        h('p.mp-text', {}, screens.text('offer_text', { n })), screens.lines,
        h('div.mp-buttons', {},
            screens.button('primary', screens.text('setup'), () => register(screens, user, '', old)),
            success && h('a.mp-plain', { href: success }, screens.text('not_now'))));
}

/** A name, for a first PIN here. @param {Screens} screens */
export async function add(screens) {
    const { settings, id } = screens.rps;
    const known = await store.list(id);
    const name = h('input.mp-input', {
        id: 'mp-name', required: true, maxlength: 254, autocomplete: 'username', autocapitalize: 'none',
        spellcheck: 'false', value: screens.options.user,
    });
    const device = (screens.options.setDeviceName ?? settings.setDeviceName)
        && h('input.mp-input', { id: 'mp-device', maxlength: 32 });
    const rule = screens.options.nameRule;
    screens.show('add', screens.text('sign_in_to', { site: settings.title }),
        h('form.mp-form', {
            onsubmit: (/** @type {Event} */ event) => {
                event.preventDefault();
                const user = name.value.trim();
                if (rule && !new RegExp(rule).test(user))
                    return screens.warn(screens.text('name_bad'));
                const here = known.find((one) => one.user.toLowerCase() === user.toLowerCase());
                here ? screens.enter(here) : register(screens, user, device ? device.value : '');
            },
        },
        h('label', { for: 'mp-name' }, screens.text('name')), name,
        device && h('label', { for: 'mp-device' }, screens.text('device')), device,
        screens.lines,
        h('button.mp-primary', {}, screens.text('continue')),
        known.length > 0 && screens.button('plain', screens.text('back'), () => choose(screens))));
    screens.addPhone();
    if (screens.root.offsetParent && !matchMedia('(pointer: coarse)').matches)
        name.focus();
}

/** What a script of its own is given of these. */
export const steps = { add, choosePin, secretShares };

/**
 * Asks the RPS for an identity, then for its PIN.
 * @param {Screens} screens
 * @param {string} user
 * @param {string} device
 * @param {Identity} [old] identity of the same user on this device, which the new one replaces
 */
export function register(screens, user, device, old) {
    return screens.busy(async () => {
        const { mpinId, regOTT, active, confirm } = await screens.rps.register(user, device, old?.mpinId);
        const identity = { mpinId, regOTT, user: nameIn(mpinId) ?? user, device };
        screens.vault.call('prepare', identity).catch(() => {});
        if (!active)
            return (await screens.load('mail.js')).awaitMail(screens, steps, identity, confirm, old?.mpinId);
        choosePin(screens, identity);
    }, (error) => {
        if (!error.status || error.status >= 500)
            return screens.offline(error);
        if (old && error.code === 'name_taken')
            return resetHelp(screens, old);
        if (screens.screenName !== 'add' && screens.screenName !== 'offer')
            offer(screens, user, old);
        screens.explain(error);
    });
}

/**
 * @param {Screens} screens
 * @param {NewIdentity} identity
 * @param {string} [warning]
 */
export function choosePin(screens, identity, warning) {
    const n = screens.text('n' + screens.rps.settings.pinLength);
    screens.keypad(screens.rps.settings.pinLength, 'choose-pin', screens.text('choose'), screens.text('choose_hint', { n }), screens.chip(identity.user),
        screens.button('link', screens.text('back'), () => screens.home()), identity.user, (pin) => {
            if (!isWeak(pin))
                return confirmPin(screens, identity, pin);
            wipe(pin);
            screens.pad?.refuse();
            screens.warn(screens.text('weak'));
        });
    screens.warn(warning ?? '');
}

/**
 * @param {Screens} screens
 * @param {NewIdentity} identity
 * @param {Uint8Array<ArrayBuffer>} chosen
 */
function confirmPin(screens, identity, chosen) {
    screens.keypad(screens.rps.settings.pinLength, 'confirm-pin', screens.text('once_more'), screens.text('once_more_hint'), screens.chip(identity.user),
        screens.button('link', screens.text('back'), () => choosePin(screens, identity)), identity.user, (pin) => {
            const same = pin.every((digit, i) => digit === chosen[i]);
            wipe(chosen);
            if (same)
                return finish(screens, identity, pin);
            wipe(pin);
            choosePin(screens, identity, screens.text('differ'));
        });
}

/**
 * Fetches the secret, keeps it without its PIN, and signs in with the PIN just chosen.
 * @param {Screens} screens
 * @param {NewIdentity} identity
 * @param {Uint8Array<ArrayBuffer>} pin
 */
function finish(screens, identity, pin) {
    const { user, mpinId, regOTT } = identity;
    const rps = screens.rps.id;
    let kept = false;
    return screens.busy(async () => {
        const secret = identity.secret ?? await secretShares(screens.rps, mpinId, regOTT);
        await screens.vault.call('keep', { ...identity, rps, secret, pin: pin.slice() });
        kept = true;
        await screens.rps.setupDone(mpinId);
        localStorage.setItem('mpin-known', '1');
        await new Promise((/** @type {(value?: unknown) => void} */ done) =>
            screens.options.onSuccessSetup ? screens.options.onSuccessSetup({ user, mpinId }, done) : done());
        screens.say(screens.text('signing_in'));
        const answer = await screens.signIn(identity, pin);
        for (const other of await store.list(rps))
            if (other.user === user && other.mpinId !== mpinId)
                await store.remove(other.mpinId);
        screens.arrive(answer);
    }, async (error) => {
        wipe(pin);
        const stored = kept && await store.get(mpinId);
        if (stored)
            return screens.refused(error, stored);
        if (!error.status || error.status >= 500)
            return screens.offline(error);
        if (error.status === DEVICE)
            return screens.storage();
        await screens.home();
        screens.explain(error);
    });
}

// ---- a new PIN ------------------------------------------------------------------------------

/**
 * A new PIN for a name: the name is proved first, by being signed in.
 * @param {Screens} screens
 * @param {Identity} identity
 */
export function reset(screens, identity) {
    const { user, mpinId } = identity;
    const mailed = screens.rps.settings.registration.includes('mail') && user.includes('@');
    if (mailed || screens.rps.settings.signedIn?.user === user)
        return register(screens, user, identity.device, identity);
    if (!screens.others())
        return resetHelp(screens, identity);
    sessionStorage.setItem(RESET, mpinId);
    screens.leave(user, true);
}

/** @param {Screens} screens @param {Identity} identity */
function resetHelp(screens, { user }) {
    screens.notice('reset-help', screens.text('reset_help'), screens.text('reset_help_text', { user }),
        [...screens.otherWays(), screens.button('plain', screens.text('back'), () => screens.home())]);
}

/**
 * The name as the server wrote it into the mpinId.
 * @param {string} mpinId
 * @returns {string | undefined}
 */
function nameIn(mpinId) {
    try {
        return JSON.parse(decodeURIComponent(mpinId.replace(/../g, '%$&'))).userID;
    } catch {
        return undefined;
    }
}
