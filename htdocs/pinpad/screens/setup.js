// SPDX-License-Identifier: Apache-2.0
// Setting up: a name, and what becomes of the PIN that was chosen for it.

import { wipe } from '../curve/pin.js';
import { decline, identitiesOf, replaceOthers } from '../keep/identities.js';
import * as store from '../keep/store.js';
import { endWaiting } from '../keep/waiting.js';
import { DEVICE } from '../wire/exchange.js';
import { h, hasKeyboard } from './dom.js';
import { addPhone, leavePage } from './elsewhere.js';

/** @typedef {import('../wire/exchange.js').RpsError} RpsError */
/** @typedef {import('../keep/flow.js').NewIdentity} NewIdentity */
/** @typedef {import('../keep/store.js').Identity} Identity */
/** @typedef {import('./stage.js').Stage} Stage */

const MOMENT = 500; // ms that a success is seen

/** A user who has signed in is offered a PIN. @param {Stage} stage @param {{user: string, old?: Identity}} state */
export function offer(stage, { user, old }) {
    const { success } = stage.options;
    const { rps } = stage.flow;
    const n = stage.text('n' + rps.settings.pinLength);
    const key = !old && rps.forgot(user) ? 'forgotten' : 'offer';
    stage.show('offer', stage.text(key), stage.chip(user),
        h('p.mp-text', {}, stage.text(key + '_text', { n })), h('p.mp-text', {}, stage.text('pin_forgot')), stage.lines,
        h('div.mp-buttons', {},
            stage.button('primary', 'setup', () => register(stage, { user, old })),
            success ? h('a.mp-plain', { href: success }, stage.text('not_now'))
                : old && stage.button('plain', 'back', () => stage.go('home')),
            success && stage.button('link', 'decline', () => {
                decline(user);
                leavePage(success);
            })));
}

/** What a PIN is, for who has none here yet. @param {Stage} stage */
const firstWords = ({ text, flow: { rps } }) => [
    h('p.mp-text', {}, text('pin_is', { n: text('n' + rps.settings.pinLength) })),
    h('p.mp-text', {}, text('pin_forgot')),
];

/** A name, for a first PIN here. @param {Stage} stage */
export async function add(stage) {
    const { options, flow: { rps }, root } = stage;
    const known = await identitiesOf(rps) ?? [];
    const name = h('input.mp-input', {
        id: 'mp-name', required: true, maxlength: 254, autocomplete: 'username', autocapitalize: 'none',
        spellcheck: 'false', value: options.user, 'aria-describedby': 'mp-alert',
    });
    const device = (options.setDeviceName ?? rps.settings.setDeviceName)
        && h('input.mp-input', { id: 'mp-device', maxlength: 32, 'aria-describedby': 'mp-alert' });
    stage.show('add', stage.text('sign_in_to', { site: rps.settings.title }), ...known.length ? [] : firstWords(stage),
        h('form.mp-form', {
            onsubmit: (/** @type {Event} */ event) => {
                event.preventDefault();
                named(stage, { user: name.value.trim(), device: device ? device.value.trim() : '', known });
            },
        },
        h('label', { for: 'mp-name' }, stage.text('name')), name,
        device && h('label', { for: 'mp-device' }, stage.text('device')), device,
        stage.lines,
        h('button.mp-primary', {}, stage.text('continue')),
        known.length > 0 && stage.button('plain', 'back', () => stage.go('choose'))));
    addPhone(stage);
    if (root.offsetParent && hasKeyboard())
        name.focus();
}

/**
 * A name was given: one that has a PIN here enters it.
 * @param {Stage} stage
 * @param {{user: string, device: string, known: Identity[]}} given
 */
function named(stage, { user, device, known }) {
    const { nameRule } = stage.options;
    if (nameRule && !new RegExp(nameRule).test(user))
        return stage.warn(stage.text('name_bad'));
    const here = known.find((one) => one.user.toLowerCase() === user.toLowerCase());
    return here ? stage.go('enter', here) : register(stage, { user, device });
}

/**
 * Asks the RPS for an identity, then for its PIN.
 * @param {Stage} stage
 * @param {{user: string, device?: string, old?: Identity}} state `old` is an identity of the same user on this device,
 *     which the new one replaces
 */
export function register(stage, { user, device = '', old }) {
    const { rps } = stage.flow;
    if (rps.settings.signedIn?.user === user && !rps.proves(user))
        return stage.go('confirm', { user, old });
    return stage.busy(async () => {
        const replaces = old?.mpinId;
        const identity = await stage.flow.register({ user, device, replaces });
        return identity.active ? stage.go('choosePin', identity) : stage.go('mail', { identity, replaces });
    }, (error) => {
        if (error.code === 'proof_too_old')
            return stage.go('confirm', { user, old });
        // A person who has or had a PIN here, or is signed in by one, shows first who they are; in front of a Milagro server,
        // which knows no more of a taken name, everybody does.
        if (['name_taken', 'registration_closed'].includes(error.code ?? '')
            && (old || !rps.settings.suite || rps.settings.signedIn || rps.forgot(user)))
            return stage.go('resetHelp', old ?? { user });
        if (!['add', 'offer'].includes(stage.screenName))
            offer(stage, { user, old });
        stage.explain(error);
    });
}

/**
 * Keeps the identity and signs in with the PIN just chosen.
 * @param {Stage} stage
 * @param {{identity: NewIdentity, pin: Uint8Array<ArrayBuffer>}} state
 */
export function finish(stage, { identity, pin }) {
    const { successSetup, onSuccessSetup } = stage.options;
    const { user, mpinId } = identity;
    return stage.busy(async () => {
        try {
            await stage.flow.keep(identity, pin);
            if (successSetup)
                return leavePage(successSetup);
            if (onSuccessSetup)
                await new Promise((done) => onSuccessSetup({ user, mpinId }, () => done(true)));
            stage.say(stage.text('signing_in'));
            stage.section.classList.add('mp-success');
            const [answer] = await Promise.all([stage.flow.signIn(identity, pin), new Promise((seen) => setTimeout(seen, MOMENT))]);
            await replaceOthers(stage.flow.rps, identity).catch(() => {});
            return stage.go('arrive', answer);
        } finally {
            wipe(pin);
        }
    }, (error) => unfinished(stage, identity, error));
}

/**
 * An identity that is here already has a screen for the refusal; without one it begins anew.
 * @param {Stage} stage
 * @param {NewIdentity} identity
 * @param {RpsError} error
 */
async function unfinished(stage, identity, error) {
    const stored = await store.get(identity.mpinId).catch(() => undefined);
    endWaiting();
    if (stored)
        return stage.go('refused', { error, identity: stored });
    if (error.status === DEVICE)
        return stage.go('noPin', 'storage');
    await stage.go('home');
    stage.explain(error);
}
