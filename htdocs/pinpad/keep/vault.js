// SPDX-License-Identifier: Apache-2.0
// The page's side of the Worker: a call is a message, its answer a promise.

import { script } from '../wire/exchange.js';

/** @typedef {import('./operations.js').Operations} Operations */
/** @typedef {(name: keyof Operations, request: any) => Promise<any>} Run */

/**
 * A Worker of this page. A script of another origin can't be one; a blob that imports it can.
 * @param {string} url
 * @returns {Promise<Run>} refused when it could not be fetched, or when the page's policy forbids it
 */
function inWorker(url) {
    return new Promise((resolve, reject) => {
        const here = new URL(url).origin === location.origin;
        const worker = new Worker(here ? url : URL.createObjectURL(new Blob(
            [`import(${JSON.stringify(url)}).catch(() => postMessage({ id: 0, error: 1 }))`],
            { type: 'text/javascript' })), { type: 'module' });
        /** @type {Map<number, [(value: any) => void, (error: Error) => void]>} */
        const waiting = new Map();
        let last = 0;
        worker.onerror = reject;
        worker.onmessage = ({ data: { id, value, error } }) => {
            if (!id)
                return error ? reject(error) : resolve((name, request) => new Promise((...settle) => {
                    waiting.set(++last, settle);
                    worker.postMessage({ id: last, name, request }, request.pin ? [request.pin.buffer] : []);
                }));
            const [done, failed] = /** @type {NonNullable<ReturnType<typeof waiting.get>>} */ (waiting.get(id));
            waiting.delete(id);
            error ? failed(new Error(error)) : done(value);
        };
    });
}

export class Vault {
    /** @param {string} url */
    constructor(url) {
        this.broken = false;
        /** @type {Promise<Run>} */
        this.run = inWorker(url).catch(async () => (await script(url)).run);
        this.run.catch(() => this.broken = true);
    }

    /**
     * The PIN in a request is given away: it is empty or zeroes here afterwards.
     * @template {keyof Operations} N
     * @param {N} name
     * @param {Parameters<Operations[N]>[0]} request
     * @returns {Promise<Awaited<ReturnType<Operations[N]>>>}
     */
    async call(name, request) {
        return (await this.run)(name, request);
    }
}
