// SPDX-License-Identifier: Apache-2.0
// /mpin/milagro.js: fetched where the server is Milagro's.

export { inherit } from '../keep/inherit.js';
export { adapt } from '../wire/milagro.js';
