// SPDX-License-Identifier: Apache-2.0
// /mpin/address.js: fetched where the page is open at another address than the site's own.

export { default as english } from 'texts:address';
export { address as screen } from '../screens/address.js';
