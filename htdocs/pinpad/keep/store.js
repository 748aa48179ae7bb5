// SPDX-License-Identifier: Apache-2.0
// This browser keeps one record an identity in IndexedDB, its token sealed with an AES-GCM key that script can use and
// cannot read out. Records belong to one origin (the browser's rule) and one RPS (ours).

/**
 * @typedef {object} Identity
 * @property {string} mpinId hex; the record's key
 * @property {string} rps absolute URL of the RPS that issued it
 * @property {string} user
 * @property {string} device its name, '' without
 * @property {string} [key] by which it proves itself to the RPS without its PIN
 * @property {string} state '' or 'locked', 'withdrawn' or 'outdated', as the server said last
 * @property {boolean} [open] its name was free, and nobody has proven it
 * @property {boolean} [inherited] Milagro's pad or app left it; until it is used, nobody knows of which RPS it is
 * @property {number} added ms
 * @property {number} used last successful sign-in, ms; 0 = never
 * @property {import('../wire/dta.js').Permit} [permit] the last time permit
 * @property {Uint8Array} iv
 * @property {ArrayBuffer} sealed
 */

const LIMIT = 5_000; // ms: a browser's database may hang for good

/** @type {Promise<IDBDatabase> | undefined} */
let opening;

function open() {
    return opening ??= new Promise((resolve, reject) => {
        const request = indexedDB.open('mpin', 1);
        request.onupgradeneeded = () => {
            request.result.createObjectStore('identities', { keyPath: 'mpinId' });
            request.result.createObjectStore('keys');
        };
        request.onsuccess = () => {
            request.result.onclose = () => opening = undefined; // somebody has cleared it meanwhile
            resolve(request.result);
        };
        request.onerror = () => reject(request.error);
        request.onblocked = () => reject(new Error('blocked'));
    });
}

/**
 * Runs one request in a transaction of its own; resolves when the transaction is complete.
 * @template T
 * @param {'identities' | 'keys'} store
 * @param {IDBTransactionMode} mode
 * @param {(store: IDBObjectStore) => IDBRequest<T>} work
 * @returns {Promise<T>}
 */
async function run(store, mode, work) {
    try {
        return await new Promise((resolve, reject) => {
            setTimeout(reject, LIMIT, new Error('the database hangs'));
            open().then((database) => {
                const transaction = database.transaction(store, mode);
                const request = work(transaction.objectStore(store));
                transaction.oncomplete = () => resolve(request.result);
                transaction.onabort = () => reject(transaction.error);
            }).catch(reject);
        });
    } catch (error) {
        opening = undefined; // the next one begins anew
        throw error;
    }
}

/** @returns {Promise<Identity[]>} */
export const all = () => run('identities', 'readonly', (store) => store.getAll());

/**
 * The identities of one RPS, the last used first.
 * @param {string} rps
 * @returns {Promise<Identity[]>}
 */
export async function list(rps) {
    return (await all()).filter((identity) => identity.rps === rps)
        .sort((a, b) => (b.used || b.added) - (a.used || a.added));
}

/**
 * @param {string} mpinId
 * @returns {Promise<Identity | undefined>}
 */
export const get = (mpinId) => run('identities', 'readonly', (store) => store.get(mpinId));

/** @param {Identity} identity */
export const put = (identity) => run('identities', 'readwrite', (store) => store.put(identity));

/** @param {string} mpinId */
export const remove = (mpinId) => run('identities', 'readwrite', (store) => store.delete(mpinId));

/**
 * Changes some fields of a record, if it is still there.
 * @param {string} mpinId
 * @param {Partial<Identity>} fields
 */
export async function update(mpinId, fields) {
    const identity = await get(mpinId);
    if (identity)
        await put({ ...identity, ...fields });
}

/**
 * The sealing key, made at first use. Two tabs may make one each: the first that is stored is everybody's.
 * @returns {Promise<CryptoKey>}
 */
async function sealingKey() {
    const kept = await run('keys', 'readonly', (store) => store.get('seal'));
    if (kept)
        return kept;
    const made = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
    await run('keys', 'readwrite', (store) => store.add(made, 'seal')).catch(() => {});
    return run('keys', 'readonly', (store) => store.get('seal'));
}

/**
 * The sealed token is bound to its record's name.
 * @param {string} rps
 * @param {string} mpinId
 * @param {Uint8Array<ArrayBuffer>} iv
 */
const parameters = (rps, mpinId, iv) =>
    ({ name: 'AES-GCM', iv, additionalData: new TextEncoder().encode(rps + ' ' + mpinId) });

/**
 * @param {string} rps
 * @param {string} mpinId
 * @param {string} token
 */
export async function seal(rps, mpinId, token) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const sealed = await crypto.subtle.encrypt(parameters(rps, mpinId, iv), await sealingKey(),
        new TextEncoder().encode(token));
    return { iv, sealed };
}

/** @param {Identity} identity */
export async function unseal({ rps, mpinId, iv, sealed }) {
    const token = await crypto.subtle.decrypt(
        parameters(rps, mpinId, /** @type {Uint8Array<ArrayBuffer>} */ (iv)), await sealingKey(), sealed);
    return new TextDecoder().decode(token);
}
