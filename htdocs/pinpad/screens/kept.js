// What can be done about the PINs that this device keeps. A script of its own, fetched by who wants that.

import english from 'texts:kept';
import { h } from './dom.js';
import * as store from '../keep/store.js';

/** @typedef {import('./screens.js').Screens} Screens */
/** @typedef {import('../keep/store.js').Identity} Identity */
/** @typedef {typeof import('./choose.js').parts} Parts */

/**
 * @param {Screens} screens
 * @param {Parts} parts
 */
export async function manage(screens, parts) {
    const { text } = screens;
    text.add(english);
    const known = await store.list(screens.rps.id);
    if (!known.length)
        return screens.home();
    screens.show('manage', text('kept_title'),
        h('ul.mp-list', {}, ...known.map((identity) => h('li.mp-card', {},
            h('div.mp-head', {}, parts.avatar(identity.user), h('div.mp-name', {}, identity.user,
                h('small', {}, [identity.device, lastUse(screens, identity)].filter(Boolean).join(' · ')),
                h('span.mp-badge', {}, text('kept_badge')))),
            h('div.mp-pair', {},
                screens.button('plain', text('kept_reset'), () => parts.reset(screens, identity)),
                screens.button('plain', text('kept_remove'), () => remove(screens, parts, identity)))))),
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
    return text('kept_used', { when });
}

/**
 * @param {Screens} screens
 * @param {Parts} parts
 * @param {Identity} identity
 */
function remove(screens, parts, { user, mpinId }) {
    const { text } = screens;
    screens.show('remove', text('kept_remove_question', { user }),
        h('p.mp-text', {}, text('kept_remove_text', { user })),
        h('div.mp-buttons', {},
            screens.button('danger', text('kept_remove_user', { user }), async () => {
                await store.remove(mpinId);
                manage(screens, parts);
            }),
            screens.button('plain', text('kept_keep'), () => manage(screens, parts))));
}
