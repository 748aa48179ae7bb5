// SPDX-License-Identifier: Apache-2.0
// Recovery codes are printed and copied by a button; the page and its download work without.

/** @param {string} id */
const lines = (id) => [...document.querySelectorAll(`#${id} code`)].map((code) => code.textContent).join('\n');

document.addEventListener('click', async ({ target }) => {
    if (!(target instanceof HTMLElement))
        return;
    if ('print' in target.dataset)
        print();
    const { copy, copied = '' } = target.dataset;
    if (!copy)
        return;
    await navigator.clipboard.writeText(lines(copy));
    const told = document.getElementById('copied');
    if (told)
        told.textContent = copied;
});

// Without https there is no clipboard: then the codes are marked, and the keyboard copies them.
if (!navigator.clipboard)
    document.querySelectorAll('[data-copy]').forEach((button) => button.remove());
