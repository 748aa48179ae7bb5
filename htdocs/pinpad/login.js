// The login page: PIN pad or password form first, the other one a click away.

const html = document.documentElement;
const pad = document.querySelector('mpin-pad');
const form = /** @type {HTMLFormElement | null} */ (document.querySelector('#password-way form'));

/**
 * Shows one way to sign in and puts the focus there.
 * @param {'pin' | 'password'} way
 * @param {boolean} focus
 */
function show(way, focus) {
    html.dataset.way = way;
    if (focus)
        /** @type {HTMLElement | null} */ (document.querySelector(way === 'pin' ? 'mpin-pad input, mpin-pad h1'
            : '#password-way [name=' + (form?.username.value ? 'password' : 'username') + ']'))?.focus();
}

// The pad's first screen decides, unless the server has (a refused password) or the person has begun to type.
let decided = html.dataset.way === 'password';

pad?.addEventListener('mpin-screen', (event) => {
    const { screen } = /** @type {CustomEvent} */ (event).detail;
    const useless = ['empty', 'insecure', 'storage'].includes(screen);
    html.classList.toggle('pin-usable', !useless);
    if (!form || screen === 'loading')
        return;
    if (useless || (!decided && screen === 'add'))
        show('password', false);
    else if (!decided && screen === 'enter' && !form.username.value)
        show('pin', true);
    decided = true;
});

pad?.addEventListener('mpin-other', (event) => {
    if (!form)
        return;
    const { user, reset } = /** @type {CustomEvent} */ (event).detail;
    event.preventDefault();
    form.username.value ||= user;
    /** @type {HTMLElement} */ (document.getElementById('reset-first')).hidden = !reset;
    show('password', true);
});

document.addEventListener('click', ({ target }) => {
    const way = target instanceof HTMLElement && target.dataset.to;
    if (way === 'pin' || way === 'password')
        show(way, true);
});
