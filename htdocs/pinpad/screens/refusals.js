// SPDX-License-Identifier: Apache-2.0
// Why something was refused, and what can be done: on the alert line of the screen that is shown, or on one of its own.

import { beginReset, beginSetup, identitiesOf } from '../keep/identities.js';
import { toProof } from './confirm.js';
import { lastUse } from './days.js';
import { h } from './dom.js';
import { others, otherWays, waysOn } from './elsewhere.js';
import { strange } from './notices.js';

/** @typedef {import('../wire/exchange.js').RpsError} RpsError */
/** @typedef {import('../keep/store.js').Identity} Identity */
/** One whose PIN is forgotten; where the browser forgot it, too, its user's name alone. @typedef {Identity | {user: string}} Lost */
/** @typedef {import('./stage.js').Stage} Stage */

/** Texts of refusals, by the server's code. All others are told as trouble, with their code. @type {Record<string, string>} */
const REFUSALS = {
    name_taken: 'name_taken',
    user_id_invalid: 'name_bad',
    device_name_invalid: 'device_bad',
    too_many_identities: 'too_many',
    registration_closed: 'registration_closed',
    registration_unknown: 'registration_lost',
    origin_refused: 'not_here',
    store_full: 'full',
    mail_queue_full: 'full',
    // These are about the account.
    not_allowed: 'forbidden',
    user_disabled: 'forbidden',
    account_gone: 'forbidden',
    relying_party: 'forbidden',
};

/**
 * Says it where the person still is.
 * @param {Stage} stage
 * @param {{error: RpsError, section: HTMLElement}} state the screen on which it was refused
 */
export function explain(stage, { error, section }) {
    const { settings } = stage.flow.rps;
    const site = settings.siteURL ?? document.documentElement.dataset.site;
    if (stage.section !== section)
        return;
    if (error.code === 'origin_refused' && site)
        return stage.go('address', site);
    stage.warn(sentence(stage, error), document.getElementById(error.code === 'device_name_invalid' ? 'mp-device' : ''));
    if (error.devices)
        stage.lines.after(devices(stage, error.devices), toAccount(stage) || '');
}

/** Where one of them is let go, by whoever is signed in, or signs in there in another way. @param {Stage} stage */
function toAccount({ flow: { rps }, text }) {
    const { accountURL, siteURL } = rps.settings;
    return accountURL && siteURL === location.origin
        && h('div.mp-buttons', {}, h('a.mp-plain', { href: accountURL + '#devices' }, text('too_many_account')));
}

/** Those that have a PIN for the name. @param {Stage} stage @param {import('../wire/exchange.js').Device[]} list */
const devices = (stage, list) => h('ul.mp-devices', {}, ...list.map(({ deviceName, lastUsed }) =>
    h('li', {}, [deviceName || stage.text('unnamed'), lastUse(stage, lastUsed)].filter(Boolean).join(' · '))));

/** @param {Stage} stage @param {RpsError} error */
function sentence(stage, { status, code = '', character, id, retryAfter }) {
    const { text, flow: { rps: { settings } } } = stage;
    const { title: site, contact = '', suite } = settings;
    if (code === 'too_many_mails')
        return text('mails_often', { n: Math.ceil(retryAfter / 60) });
    if (code === 'user_id_invalid' && character)
        return text('name_foreign', { character });
    if (code === 'name_taken' && !otherWays(stage).some((way) => way))
        return text('name_taken_only');
    if (status === 408)
        return text('expired');
    const key = REFUSALS[code] ?? (!suite && status === 403 ? 'forbidden' : '');
    if (key)
        return text(key === 'forbidden' && contact ? 'forbidden_ask' : key, { site, contact, code: id ?? status });
    // Something in front of the site refuses, or has no such file: the account is not to blame.
    return text(suite && !code && status > 0 && status < 500 ? strange(status) + '_text' : 'trouble', { site, code: id ?? status });
}

/** Whom a sentence is about. @param {Stage} stage @param {string} user @param {() => void} [change] to another one */
const named = (stage, user, change) => stage.section.querySelector('h1')?.after(stage.chip(user, change));

/**
 * An identity that is good for nothing here any more, and the way to a new one.
 * @param {Stage} stage
 * @param {{identity: Identity, why: 'locked' | 'withdrawn' | 'outdated' | 'lost'}} state
 */
export async function ended(stage, { identity, why }) {
    const { section } = stage;
    const known = await identitiesOf(stage.flow.rps) ?? [];
    if (stage.section !== section)
        return;
    const again = stage.button('primary', 'again', () => stage.go('reset', identity));
    // One without a key cannot ask whether that has been undone: its PIN can.
    const anyway = !identity.key && why !== 'lost'
        && stage.button('plain', 'try_again', () => stage.go('enter', { ...identity, state: '' }));
    stage.notice(why, why, waysOn(stage, [again, anyway]));
    named(stage, identity.user, known.length > 1 ? () => stage.go('choose') : undefined);
}

/**
 * The browser has lost what it kept for this user's PIN. Where they prove their name on this page, the page shows that; who
 * never had a password is not asked for it.
 * @param {Stage} stage
 * @param {string} user
 */
export function forgotten(stage, user) {
    const { rps } = stage.flow;
    const { forgottenOpen: open } = rps.settings;
    stage.show('forgotten', stage.text('forgotten'),
        h('p.mp-text', {}, stage.text(open ? 'reset_open_text' : 'forgotten_text', { user, site: siteOf(stage) })),
        h('div.mp-buttons', {},
            !open && stage.button('primary', 'again', () => stage.go('reset', { user })),
            rps.takesNames && stage.button(open ? 'primary' : 'plain', 'add_here', () => stage.go('add')),
            ...otherWays(stage)), stage.lines);
    named(stage, user);
    if (!open && !rps.proves(user))
        stage.emit('other', { user, reset: false, forgotten: true });
}

/** @param {Stage} stage */
const siteOf = ({ flow: { rps } }) => rps?.settings.title ?? location.hostname;

/**
 * The site's login page takes no password for the place that is wanted; but a password makes a PIN, and that it takes.
 * @param {Stage} stage
 * @param {Lost} [identity] whose PIN is to be set anew
 */
function passwordForPin(stage, identity) {
    const { passwords, registration = [], signedIn } = stage.flow.rps?.settings ?? {};
    return passwords && registration.includes('signed-in') && !signedIn && !others(stage)
        && stage.button('primary', 'empty_password', () => {
            if (identity)
                'mpinId' in identity ? beginReset(identity) : beginSetup(identity.user);
            toProof(stage);
        });
}

/**
 * There is no PIN to be entered here: why, and what can be done instead.
 * @param {Stage} stage
 * @param {'empty' | 'storage' | 'insecure'} why
 */
export function noPin(stage, why) {
    const password = why === 'empty' && passwordForPin(stage);
    const elsewhere = why === 'empty' ? otherWays(stage, 'sign_in', 'primary') : otherWays(stage);
    const alone = !password && !elsewhere.some((way) => way);
    /** @type {Record<string, string>} */
    const keys = { empty: alone ? 'empty_ask' : 'empty', storage: alone ? 'storage_alone' : 'storage', insecure: 'insecure' };
    stage.notice(why, keys[why], waysOn(stage, [password], elsewhere), { site: siteOf(stage) });
}

/**
 * A forgotten PIN, and its user has to show first that it's them; or nobody can.
 * @param {Stage} stage
 * @param {Lost} identity
 */
export function resetHelp(stage, identity) {
    const { user } = identity;
    const { rps } = stage.flow;
    const open = 'mpinId' in identity ? rps.unproven(identity) : rps.settings.forgottenOpen && rps.forgot(user);
    const password = passwordForPin(stage, identity);
    const alone = open || (!password && !otherWays(stage).some((way) => way));
    const another = alone && rps.takesNames && stage.button('plain', 'add_here', () => stage.go('add'));
    const back = stage.button('plain', 'back', () => stage.go('home'));
    stage.notice('reset-help', !alone ? 'reset_help' : open && another ? 'reset_open' : 'reset_ask',
        waysOn(stage, [another, password, back]), { user, site: siteOf(stage) });
}
