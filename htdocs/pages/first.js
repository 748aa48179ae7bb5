// SPDX-License-Identifier: Apache-2.0
// Runs before the page is painted: a device that has a PIN here, or waits for a mail, sees the pad first, and nothing jumps.
// It only hints; login.js decides when the pad has looked.

const html = document.documentElement;
html.classList.add('has-script');
try {
    // Who comes for a proof, their PIN being forgotten, is not asked for that one.
    const forgotten = sessionStorage.getItem('mpin-reset') && /[?&]fresh=1/.test(location.search);
    // Milagro's pad and mobile app left theirs under the last two names, until our pad has looked.
    const known = ['mpin-known', 'mpin-waiting'].some((key) => localStorage.getItem(key))
        || ['mpinjs', 'mpin'].some((key) => localStorage.getItem(key)?.includes('"token":"04'));
    // Somebody wants a new PIN here (/account): the pad begins with that.
    if (html.dataset.setUp)
        sessionStorage.setItem('mpin-setup', html.dataset.setUp);
    html.dataset.way ||= forgotten ? 'password' : known ? 'pin' : '';
    html.classList.toggle('declined', (localStorage.getItem('mpin-declined') ?? '[]') !== '[]');
} catch {
    // no storage: the password form first
}

// A page that only says that something is done goes on by itself, and "back" leads to what was before it.
const MOMENT = 2_500; // ms
addEventListener('DOMContentLoaded', () => {
    const onward = /** @type {HTMLAnchorElement | null} */ (document.querySelector('a[data-onward]'));
    if (onward)
        setTimeout(() => location.replace(onward.href), MOMENT);
});

// At another address than the site's own nothing that is typed would be taken. The browser alone knows for sure where it
// is, whatever something in front of the server makes of it. The page leads there once; where it has just done that, the
// site leads back: then there is a link instead of a loop.
const AGAIN = 30_000; // ms
const { site, there, go } = html.dataset;
if (site && site !== location.origin) {
    html.classList.add('elsewhere');
    let led = true; // no storage: a link
    try {
        led = Date.now() - Number(sessionStorage.getItem('mpin-led')) < AGAIN;
        sessionStorage.setItem('mpin-led', String(Date.now()));
    } catch {
        // it stays with that
    }
    if (!led)
        location.replace(there ? there + location.hash : site + location.pathname + location.search + location.hash);
} else if (go) {
    location.replace(go.includes('#') ? go : go + location.hash);
}

/** Whether a cookie comes back: some browsers that keep none say that they do. */
function keepsCookies() {
    try {
        document.cookie = 'mpin-probe=1; Max-Age=60';
        const kept = document.cookie.includes('mpin-probe=1');
        document.cookie = 'mpin-probe=; Max-Age=0';
        return kept;
    } catch {
        return false;
    }
}

document.addEventListener('DOMContentLoaded', () => {
    html.classList.toggle('no-cookies', !!document.querySelector('.cookies-off') && !keepsCookies());
});

// A place's #fragment never reaches the server. The browser has carried it to this page; from here it goes on with the
// links that lead there, and with the form, whose answer does.
document.addEventListener('DOMContentLoaded', () => {
    if (!location.hash)
        return;
    for (const link of document.querySelectorAll('[data-onward] > a:not([href=""])'))
        /** @type {HTMLAnchorElement} */ (link).hash ||= location.hash;
    for (const form of document.querySelectorAll('form[data-onward]'))
        /** @type {HTMLFormElement} */ (form).action += location.hash;
});

// "Back" and "reload" lead to a page as it is now: never into a form that has been used, never to "Send again?".
addEventListener('pageshow', ({ persisted }) => persisted && location.reload());
if (html.dataset.posted)
    history.replaceState(null, '', html.dataset.posted + location.hash);

// "Try again": the same address, with its #fragment.
document.addEventListener('click', (event) => {
    if (!/** @type {Element} */ (event.target).closest('a[href=""]'))
        return;
    event.preventDefault();
    location.reload();
});

// A script that does not come is told at once, and the password form shown where there is one; once the network is back the
// page tries again by itself.
addEventListener('error', ({ target }) => {
    if (!(target instanceof HTMLScriptElement))
        return;
    html.classList.add('script-failed');
    html.dataset.way = document.getElementById('password-way') ? 'password' : 'pin';
}, true);
addEventListener('online', () => document.querySelector('.waiting') && location.reload());

// Each state has a title of its own: the heading that is seen, then the site.
const { title } = html.dataset;
const entitle = () => {
    const seen = [.../** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('h1'))].find((one) => one.offsetParent);
    if (seen)
        document.title = seen.textContent?.includes(String(title)) ? seen.textContent : `${seen.textContent} · ${title}`;
};
addEventListener('mpin-screen', entitle);
addEventListener('mpin-way', entitle);
document.addEventListener('DOMContentLoaded', entitle);

// A password can be looked at while it is typed, and is one again when it is sent.
/** @param {HTMLElement} button @param {boolean} shown */
function peek(button, shown) {
    const field = /** @type {HTMLInputElement} */ (document.getElementById(button.getAttribute('aria-controls') ?? ''));
    field.type = shown ? 'text' : 'password';
    button.setAttribute('aria-pressed', String(shown));
}

document.addEventListener('click', ({ target }) => {
    const button = /** @type {Element} */ (target).closest('button.peek');
    if (button instanceof HTMLElement)
        peek(button, button.getAttribute('aria-pressed') === 'false');
});
document.addEventListener('submit', ({ target }) => {
    const button = /** @type {Element} */ (target).querySelector('button.peek');
    if (button instanceof HTMLElement)
        peek(button, false);
}, true);

// The person's own choice of a language, where the site has several: the server reads the cookie.
/** @param {string} language in its own words */
const called = (language) => {
    const name = new Intl.DisplayNames(language, { type: 'language' }).of(language) ?? language;
    return name[0].toLocaleUpperCase(language) + name.slice(1);
};

document.addEventListener('DOMContentLoaded', () => {
    const foot = /** @type {HTMLElement | null} */ (document.querySelector('footer[data-languages]'));
    const languages = foot?.dataset.languages?.split(' ').filter(Boolean) ?? [];
    if (!foot || !languages.length)
        return;
    const select = document.createElement('select');
    select.setAttribute('aria-label', foot.dataset.language ?? '');
    select.append(...languages.map((language) => {
        const option = new Option(called(language), language, false, language === html.lang);
        option.lang = language;
        return option;
    }));
    select.addEventListener('change', () => {
        document.cookie = `mpin-language=${select.value}; Path=/; Max-Age=31536000; SameSite=Lax${location.protocol === 'https:' ? '; Secure' : ''}`;
        location.reload();
    });
    foot.append(select);
});
