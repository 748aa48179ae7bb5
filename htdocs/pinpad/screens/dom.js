// SPDX-License-Identifier: Apache-2.0
// Elements, made from text only.

/**
 * `h('button.mp-key', {type: 'button'}, 'Clear')`: a class after each dot; a property whose name starts with "on"
 * is a listener, every other is an attribute (true = present, false and undefined = absent).
 * @param {string} tag
 * @param {Record<string, any>} [props]
 * @param {...(Node | string | false | null | undefined)} children
 * @returns {any} the element; `any` because its type follows the tag's text
 */
export function h(tag, props = {}, ...children) {
    const [name, ...classes] = tag.split('.');
    const element = document.createElement(name);
    element.className = classes.join(' ');
    for (const [key, value] of Object.entries(props)) {
        if (key.startsWith('on'))
            element.addEventListener(key.slice(2), value);
        else if (value !== false && value !== undefined)
            element.setAttribute(key, value === true ? '' : value);
    }
    element.append(.../** @type {(Node | string)[]} */ (children.filter((child) => child)));
    return element;
}

/** The first letter of a name, as a picture. @param {string} user */
export const avatar = (user) => h('span.mp-avatar', { 'aria-hidden': 'true' }, user.slice(0, 1).toUpperCase());

/** False on a touch screen, where a keyboard would cover the keys. */
export const hasKeyboard = () => !matchMedia('(pointer: coarse)').matches;

/** Touched, and no larger than a hand. */
export const isPhone = () => !hasKeyboard() && matchMedia('(hover: none)').matches && Math.min(screen.width, screen.height) < 600;

/**
 * A text in which one value is an element.
 * @param {import('./texts.js').Text} text
 * @param {string} key
 * @param {string} name of the value
 * @param {HTMLElement} element
 */
export function textWith(text, key, name, element) {
    const [before, after] = text(key, { [name]: '\0' }).split('\0');
    return [before, element, after];
}
