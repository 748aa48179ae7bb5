// SPDX-License-Identifier: Apache-2.0
// The login page: PIN pad or password form first, the other one a click away.

const html = document.documentElement;
const pad = /** @type {(HTMLElement & {byPhone?: () => void}) | null} */ (document.querySelector('mpin-pad'));
const form = /** @type {HTMLFormElement | null} */ (document.querySelector('#password-way form'));

/** @param {'pin' | 'password'} way */
function show(way) {
    html.dataset.way = way;
}

/** The focus goes to the first field; on a touch screen not to the pad's, where a keyboard would cover the keys. */
function focus() {
    const inPad = matchMedia('(pointer: coarse)').matches ? null : pad?.querySelector('input');
    const place = html.dataset.way === 'pin' ? inPad ?? pad?.querySelector('h1')
        : form?.[form.username.value ? 'password' : 'username'];
    place?.focus();
}

// The pad's first screen decides, unless the server has (a refused password) or the person has begun to type.
let decided = html.dataset.way === 'password';

/** The way that was shown before the phone's. @type {string | undefined} */
let before;

pad?.addEventListener('mpin-screen', (event) => {
    const { screen } = /** @type {CustomEvent} */ (event).detail;
    if (before === 'password' && ['add', 'offer'].includes(screen))
        show(before);
    if (!screen.startsWith('phone'))
        before = undefined;
    const useless = ['empty', 'insecure', 'storage', 'confirm'].includes(screen);
    html.classList.toggle('pin-usable', !useless);
    if (!form || screen === 'loading')
        return;
    if (useless || (!decided && ['add', 'offer'].includes(screen)))
        show('password');
    else if (!decided && screen === 'enter' && !form.username.value)
        show('pin');
    decided = true;
});

pad?.addEventListener('mpin-other', (event) => {
    if (!form)
        return;
    const { user, reset } = /** @type {CustomEvent} */ (event).detail;
    event.preventDefault();
    form.username.value ||= user;
    /** @type {HTMLElement} */ (document.getElementById('reset-first')).hidden = !reset;
    show('password');
    focus();
});

document.addEventListener('click', ({ target }) => {
    const way = target instanceof HTMLElement && target.dataset.to;
    if (way === 'pin' || way === 'password') {
        show(way);
        focus();
    } else if (way === 'phone') {
        before = html.dataset.way === 'pin' ? 'pin' : 'password';
        show('pin');
        pad?.byPhone?.();
    }
});
