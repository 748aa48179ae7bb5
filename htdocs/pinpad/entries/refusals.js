// SPDX-License-Identifier: Apache-2.0
// /mpin/refusals.js: fetched when something is refused for another reason than a wrong PIN.

export { default as english } from 'texts:refusals';
export * from '../screens/refusals.js';
