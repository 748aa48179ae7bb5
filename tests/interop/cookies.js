// SPDX-License-Identifier: Apache-2.0
// A browser without a screen, for tests over plain HTTP: keeps cookies, sends its origin.
class Browser {
    cookies = new Map();

    /** @param {string} url the site's origin */
    constructor(url) {
        this.url = url;
    }

    async ask(path, method = 'GET', body = undefined, headers = {}) {
        const response = await fetch(new URL(path, this.url), {
            method, redirect: 'manual', body: body && (typeof body === 'string' ? body : JSON.stringify(body)),
            headers: {
                Cookie: [...this.cookies].map((pair) => pair.join('=')).join('; '), Origin: this.url, Accept: 'application/json',
                ...body && { 'Content-Type': 'application/json' }, ...headers,
            },
        });
        // Joined by commas, of which our cookies have none; Node 18 has no other way to read them.
        for (const line of (response.headers.get('set-cookie') ?? '').split(', ').filter(Boolean)) {
            const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
            if (/Max-Age=0/.test(line))
                this.cookies.delete(name);
            else
                this.cookies.set(name, value);
        }
        const text = await response.text();
        return { status: response.status, text, headers: response.headers, json: /^[[{]/.test(text) ? JSON.parse(text) : undefined };
    }
}

module.exports = { Browser };
