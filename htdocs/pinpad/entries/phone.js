// /mpin/phone.js: fetched when somebody wants to sign in with a phone.

export { signInByPhone } from '../screens/phone.js';
