// SPDX-License-Identifier: Apache-2.0
// /mpin/milagro.js: fetched where the server is Milagro's.

export { adapt } from '../wire/milagro.js';
