// The identities of this device: who signs in.

import { h } from './dom.js';
import { add, reset } from './setup.js';
import * as store from '../keep/store.js';

/** @typedef {import('./screens.js').Screens} Screens */
/** @typedef {import('../keep/store.js').Identity} Identity */

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
const manage = (screens) => screens.load('kept.js').then(
    ({ manage }) => manage(screens, parts), (error) => screens.offline(error));

/** What that script is given of ours. */
export const parts = { avatar, reset };
