// SPDX-License-Identifier: Apache-2.0
// Runs before the page is painted: a device that has a PIN here sees the pad first, and nothing jumps.
// It only hints; login.js decides when the pad has looked.

const html = document.documentElement;
html.classList.add('has-script');
try {
    html.dataset.way ||= localStorage.getItem('mpin-known') ? 'pin' : '';
} catch {
    // no storage: the password form first
}

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
    for (const link of document.querySelectorAll('[data-onward] > a'))
        /** @type {HTMLAnchorElement} */ (link).hash ||= location.hash;
    for (const form of document.querySelectorAll('form[data-onward]'))
        /** @type {HTMLFormElement} */ (form).action += location.hash;
});
