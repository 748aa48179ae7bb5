// SPDX-License-Identifier: Apache-2.0
// Pictures made here, element by element: nothing of the server's is parsed into the page as it is.

const SVG = 'http://www.w3.org/2000/svg';

/** The attributes that a QR code is drawn with. @type {Record<string, RegExp>} */
const ATTRIBUTES = {
    viewBox: /^[\d .]+$/,
    'shape-rendering': /^crispEdges$/,
    fill: /^#[0-9a-f]{3,6}$/i,
    d: /^[MmLlHhVvZz\d .,-]+$/,
    x: /^[\d.]+$/,
    y: /^[\d.]+$/,
    width: /^[\d.]+$/,
    height: /^[\d.]+$/,
};

/**
 * @param {string} name
 * @param {Record<string, string>} attributes
 * @param {...Element} children
 */
function s(name, attributes, ...children) {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes))
        element.setAttribute(key, value);
    element.append(...children);
    return element;
}

/**
 * A copy of an element, if it and all in it is what a QR code needs.
 * @param {Element} element
 * @returns {Element}
 */
function copy(element) {
    if (element.namespaceURI !== SVG || !['svg', 'path', 'rect'].includes(element.localName))
        throw new Error('no picture');
    const attributes = [...element.attributes].filter(({ name, value }) => ATTRIBUTES[name]?.test(value));
    return s(element.localName, Object.fromEntries(attributes.map(({ name, value }) => [name, value])),
        ...[...element.children].map(copy));
}

/**
 * The QR code that the server has drawn; undefined for what is none.
 * @param {string} svg
 */
export function toNodes(svg) {
    try {
        const root = new DOMParser().parseFromString(svg, 'image/svg+xml').documentElement;
        return root.localName === 'svg' ? copy(root) : undefined;
    } catch {
        return undefined;
    }
}

/** A ring that empties; for the eye only. */
export function ring() {
    const hand = s('circle', { class: 'mp-hand', cx: '12', cy: '12', r: '9', pathLength: '100' });
    const element = s('svg', { class: 'mp-ring', viewBox: '0 0 24 24', 'aria-hidden': 'true' },
        s('circle', { cx: '12', cy: '12', r: '9' }), hand);
    return {
        element,
        /** @param {number} part 0 to 1 */
        turn: (part) => hand.setAttribute('stroke-dasharray', `${part * 100} 100`),
    };
}
