// SPDX-License-Identifier: Apache-2.0
// /mpin/otp.js: fetched where a login has a one-time code.

export { default as english } from 'texts:otp';
export { otp as screen } from '../screens/otp.js';
