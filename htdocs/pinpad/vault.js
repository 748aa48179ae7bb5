// The page's side of the Worker: a call is a message, its answer a promise.

import { RpsError } from './rps.js';

/** @typedef {import('./worker.js').Operations} Operations */

export class Vault {
    /** @param {string} url */
    constructor(url) {
        /** @type {Map<number, [(value: any) => void, (error: Error) => void]>} */
        this.waiting = new Map();
        this.last = 0;
        this.worker = new Worker(url);
        this.worker.onmessage = ({ data: { id, value, error } }) => {
            const [resolve, reject] = /** @type {[(value: any) => void, (error: Error) => void]} */
                (this.waiting.get(id));
            this.waiting.delete(id);
            error ? reject(new Error(error)) : resolve(value);
        };
        // It could not be fetched: as if the server were out of reach.
        this.broken = false;
        this.worker.onerror = () => {
            this.broken = true;
            for (const [, reject] of this.waiting.values())
                reject(new RpsError(0));
        };
    }

    /**
     * The PIN in a request is given away: its buffer is empty here afterwards, and the Worker wipes it.
     * @template {keyof Operations} N
     * @param {N} name
     * @param {Parameters<Operations[N]>[0]} request
     * @returns {Promise<Awaited<ReturnType<Operations[N]>>>}
     */
    call(name, request) {
        return new Promise((resolve, reject) => {
            if (this.broken)
                return reject(new RpsError(0));
            const id = ++this.last;
            this.waiting.set(id, [resolve, reject]);
            const pin = /** @type {{pin?: Uint8Array<ArrayBuffer>}} */ (request).pin;
            this.worker.postMessage({ id, name, request }, pin ? [pin.buffer] : []);
        });
    }
}
