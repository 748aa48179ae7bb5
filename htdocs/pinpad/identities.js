// The identities of this device: who signs in, and what can be done about a PIN.

import { h } from './dom.js';
import { add, reset } from './setup.js';
import * as store from './store.js';

/** @typedef {import('./screens.js').Screens} Screens */
/** @typedef {import('./store.js').Identity} Identity */

/** @param {string} user */
const avatar = (user) => h('span.mp-avatar', { 'aria-hidden': 'true' }, user.slice(0, 1).toUpperCase());

/** @param {Screens} screens */
export async function choose(screens) {
    const { text, rps, options } = screens;
    const known = await store.list(rps.id);
    screens.show('choose', text('who'),
        h('ul.mp-list', {}, ...known.map((identity) => h('li', {},
            h('button.mp-row', { type: 'button', onclick: () => screens.enter(identity) },
                avatar(identity.user), h('span.mp-name', {}, identity.user,
                    identity.device && h('small', {}, identity.device)))))),
        h('div.mp-buttons', {},
            rps.takesNames
                && screens.button('plain', text('add_here'), () => add(screens)),
            screens.button('plain', text('manage_short'), () => manage(screens)),
            ...(options.others ? [] : screens.otherWays())));
}

/** @param {Screens} screens */
async function manage(screens) {
    const { text } = screens;
    const known = await store.list(screens.rps.id);
    if (!known.length)
        return screens.home();
    screens.show('manage', text('manage'),
        h('ul.mp-list', {}, ...known.map((identity) => h('li.mp-card', {},
            h('div.mp-head', {}, avatar(identity.user), h('div.mp-name', {}, identity.user,
                h('small', {}, [identity.device, lastUse(screens, identity)].filter(Boolean).join(' · ')),
                h('span.mp-badge', {}, text('badge')))),
            h('div.mp-pair', {},
                screens.button('plain', text('reset'), () => reset(screens, identity)),
                screens.button('plain', text('remove'), () => remove(screens, identity)))))),
        h('div.mp-buttons', {}, screens.button('plain', text('back'), () => screens.home())));
}

/**
 * @param {Screens} screens
 * @param {Identity} identity
 */
function lastUse({ root, text }, { used }) {
    if (!used)
        return '';
    const days = Math.round((used - Date.now()) / 86_400_000);
    const when = new Intl.RelativeTimeFormat(root.closest('[lang]')?.getAttribute('lang') || 'en',
        { numeric: 'auto' }).format(days, 'day');
    return text('used', { when });
}

/**
 * @param {Screens} screens
 * @param {Identity} identity
 */
function remove(screens, { user, mpinId }) {
    const { text } = screens;
    screens.show('remove', text('remove_question', { user }),
        h('p.mp-text', {}, text('remove_text', { user })),
        h('div.mp-buttons', {},
            screens.button('danger', text('remove_user', { user }), async () => {
                await store.remove(mpinId);
                manage(screens);
            }),
            screens.button('plain', text('keep'), () => manage(screens))));
}
