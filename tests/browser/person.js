// SPDX-License-Identifier: Apache-2.0
// What a person does and sees at a page, in any engine: found by what is on the screen, clicked and typed.
const jsqr = require('jsqr');
const { until } = require('./program.js');

/** In the page: the element that a person sees there, at rest, with this text in it (or as its name). */
function find(selector, text) {
    return [...document.querySelectorAll(selector)].find((element) => element.checkVisibility({ visibilityProperty: true })
        && (element.getAttribute('aria-label') ?? element.textContent).includes(text)
        && !document.getAnimations().some(({ effect }) => effect?.target?.contains(element)));
}
const found = (selector, text = '') => `(${find})(${JSON.stringify(selector)}, ${JSON.stringify(text)})`;

/** In the page: what a PNG shows. */
async function drawn(png) {
    const image = await createImageBitmap(new Blob([Uint8Array.from(atob(png), (byte) => byte.charCodeAt(0))]));
    const { width, height } = image;
    const canvas = new OffscreenCanvas(width, height).getContext('2d');
    canvas.drawImage(image, 0, 0);
    const { data } = canvas.getImageData(0, 0, width, height);
    return { width, height, pixels: btoa(Array.from(data, (byte) => String.fromCharCode(byte)).join('')) };
}

/** A person at a page of their own (engines/engine.js); everything waits until it can be done. */
class Person {
    constructor(page, site) {
        this.page = page;
        this.site = site;
    }

    goto(path) {
        return this.page.goto(new URL(path, this.site.url).href);
    }

    /** Tries until it has come about: while a page changes there is a moment in which nothing can be asked. */
    async patiently(what, condition) {
        let last = '';
        try {
            return await until(what, () => condition().catch((error) => void (last = error)));
        } catch (error) {
            const seen = await this.page.evaluate('location.href + "\\n" + document.body.innerText').catch(String);
            throw new Error(`${error.message} at ${seen}\n${last}`);
        }
    }

    sees(selector, text) {
        return this.patiently(`${selector} ${text ?? ''}`, () => this.page.evaluate(`Boolean(${found(selector, text)})`));
    }

    async text(selector) {
        await this.sees(selector);
        return this.page.evaluate(`${found(selector)}.textContent`);
    }

    screen(name) {
        return this.sees(`.mp-screen-${name}`);
    }

    alert(text) {
        return this.sees('[role=alert]', text);
    }

    click(selector, text) {
        return this.patiently(`${selector} ${text ?? ''} to click`, () => this.page.click(found(selector, text)));
    }

    async fill(selector, text) {
        await this.click(selector);
        await this.page.type(text);
    }

    at(path) {
        return this.patiently(path, () => this.page.evaluate(`location.pathname + location.search === ${JSON.stringify(path)}`));
    }

    /** As soon as the pad takes it. */
    async typePin(pin) {
        await this.sees('.mp-pad:not([data-locked])');
        await this.page.evaluate('document.querySelector(".mp-field").focus()');
        await this.page.type(pin);
    }

    async choosePin(pin) {
        await this.screen('choose-pin');
        await this.typePin(pin);
        await this.screen('confirm-pin');
        await this.typePin(pin);
    }

    async signInByPassword() {
        await this.fill('#username', this.site.user);
        await this.fill('#password', this.site.password);
        await this.click('#password-way button.primary');
    }

    /** What a camera would read off the screen. */
    async readCode() {
        const png = Buffer.from(await this.page.screenshot()).toString('base64');
        const { width, height, pixels } = await this.page.evaluate(`(${drawn})('${png}')`);
        return jsqr(Uint8ClampedArray.from(Buffer.from(pixels, 'base64')), width, height)?.data;
    }

    /** From the first visit to the page, with a PIN. */
    async setUp(pin, path) {
        await this.goto(path);
        await this.signInByPassword();
        await this.click('.mp-screen-offer button.mp-primary');
        await this.choosePin(pin);
        await this.at(path);
    }
}

/** Somebody at a browser that nobody has used. */
async function somebody(t) {
    const page = await t.browser.openPage(t.problems);
    t.contexts.push({ pages: () => [page], close: () => page.close() });
    return new Person(page, t.site);
}

module.exports = { somebody };
