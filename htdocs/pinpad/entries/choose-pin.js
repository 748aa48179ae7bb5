// SPDX-License-Identifier: Apache-2.0
// /mpin/choose-pin.js: fetched when a new identity needs its PIN.

export { default as english } from 'texts:choose-pin';
export { choosePin as screen } from '../screens/choose-pin.js';
