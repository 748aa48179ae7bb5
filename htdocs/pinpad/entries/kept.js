// /mpin/kept.js: fetched when somebody wants to see what this device keeps.

export { manage } from '../screens/kept.js';
