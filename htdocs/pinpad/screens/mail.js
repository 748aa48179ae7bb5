// A name that is proven by its mailbox: the pad shows a number and waits until it was typed where the mail's link leads.
// A script of its own, fetched where a mail is under way; what it needs of the pad it is given.

import english from 'texts:mail';
import { h } from './dom.js';

/** @typedef {import('./screens.js').Screens} Screens */
/** @typedef {import('./setup.js').NewIdentity} NewIdentity */
/** @typedef {typeof import('./setup.js').steps} Steps */

const POLL = 3_000; // ms
const AGAIN = 30; // s before another mail may be asked for

/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** "482913" as people read it. @param {string} number */
const grouped = (number) => number.slice(0, 3) + ' ' + number.slice(3);

/**
 * @param {Screens} screens
 * @param {Steps} steps
 * @param {NewIdentity} identity
 * @param {string | undefined} confirm the number; undefined: the link must be opened in this browser
 * @param {string} [replaces] mpinId of the identity whose PIN is forgotten
 */
export function awaitMail(screens, steps, identity, confirm, replaces) {
    const { text } = screens;
    text.add(english);
    const { user } = identity;
    const again = screens.button('plain', '', () => resend(screens, steps, identity, replaces));
    const number = confirm && grouped(confirm);
    screens.show('mail', text('mail'),
        h('p.mp-text', {}, number ? text('mail_number', { user, number }) : text('mail_here', { user })),
        number && h('p.mp-number', { 'aria-hidden': 'true' }, number),
        h('p.mp-text', {}, text('mail_on')), screens.lines,
        h('div.mp-buttons', {}, again,
            screens.button('plain', text('mail_wrong'), () => steps.add(screens))));
    const here = screens.root.firstElementChild;
    count(screens, again);
    wait(screens, steps, identity, () => here === screens.root.firstElementChild);
}

/**
 * @param {Screens} screens
 * @param {HTMLButtonElement} again
 */
function count(screens, again) {
    const until = Date.now() + AGAIN * 1000;
    const tick = () => {
        const n = Math.ceil((until - Date.now()) / 1000);
        again.disabled = n > 0;
        again.textContent = n > 0 ? screens.text('mail_wait', { n }) : screens.text('mail_again');
        if (n <= 0)
            clearInterval(screens.countdown);
    };
    tick();
    screens.countdown = setInterval(tick, 500);
}

/**
 * Asks until the registration is activated, and goes on with its PIN.
 * @param {Screens} screens
 * @param {Steps} steps
 * @param {NewIdentity} identity
 * @param {() => boolean} shown
 */
async function wait(screens, steps, identity, shown) {
    for (;;) {
        await pause(POLL);
        if (!shown())
            return;
        try {
            const secret = await steps.secretShares(screens.rps, identity.mpinId, identity.regOTT);
            if (shown())
                steps.choosePin(screens, { ...identity, secret });
            return;
        } catch (error) {
            const { status = 0 } = /** @type {import('../wire/rps.js').RpsError} */ (error);
            if (!status || status === 401 || status === 429 || status >= 500)
                continue; // not yet, or out of reach for a moment
            if (shown()) {
                await screens.home();
                screens.explain(/** @type {import('../wire/rps.js').RpsError} */ (error));
            }
            return;
        }
    }
}

/**
 * Another mail: the registration that waits ends, and a new one takes its place.
 * @param {Screens} screens
 * @param {Steps} steps
 * @param {NewIdentity} identity
 * @param {string} [replaces]
 */
function resend(screens, steps, identity, replaces) {
    return screens.busy(async () => {
        const { user, device } = identity;
        const { mpinId, regOTT, confirm } = await screens.rps.register(user, device, replaces, identity);
        awaitMail(screens, steps, { mpinId, regOTT, user, device }, confirm, replaces);
        screens.say(screens.text('mail_sent'));
    }, (error) => error.status ? screens.explain(error) : screens.offline(error));
}
