// SPDX-License-Identifier: Apache-2.0
// /mpin/kept.js: fetched when somebody wants to see whose PINs this device keeps.

export { default as english } from 'texts:kept';
export { choose } from '../screens/choose.js';
export { manage as screen } from '../screens/kept.js';
