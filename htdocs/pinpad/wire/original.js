// SPDX-License-Identifier: Apache-2.0
// What pages made for Milagro's pad know it by: its names of texts, its numbers of errors, its rule for names. A script of
// its own, fetched by pages that have one of these.

/** @typedef {import('./exchange.js').RpsError} RpsError */

/** Our text (without "pad_"), and the names that it had. @type {[string, string][]} */
const NAMES = [
    ['add_here', 'account_button_add account_button_addnew'],
    ['again', 'deactivated_button_register deactivated_button_register2 accessdenied_btn'],
    ['back', 'button_back_text mobileGet_button_back error_page_button account_button_backToList2'],
    ['by_phone', 'signin_button_mobile signin_mobile_btn_text signin_mobile_btn_text2 signin_btn_mobile1'],
    ['checking', 'authPin_pleasewait'],
    ['choose', 'pinpad_setup_screen_text2 setupPin_header2'],
    ['clear', 'pinpad_btn_clear authPin_button_clear setupPin_button_clear'],
    ['continue', 'setup_button_setup setup_btn_text'],
    ['device', 'setup_label2 setup_device_label'],
    ['expired', 'authPin_errorExpired'],
    ['forbidden', 'authPin_errorNotAuthorized error_not_auth error_code_4009'],
    ['forgot', 'help_text_login_button'],
    ['kept_keep', 'account_button_cancel2'],
    ['kept_remove', 'account_button_delete2'],
    ['kept_reset', 'account_button_reactivate2'],
    ['loading', 'pinpad_initializing setupPin_initializing'],
    ['locked', 'revoke_header_text'],
    ['locked_text', 'revoke_text1'],
    ['mail', 'activate_header setupReady_header'],
    ['mail_again', 'activate_btn_new2 setupNotReady_button_resend2'],
    ['mail_sent', 'setupNotReady_resend_info2'],
    ['name', 'setup_label1 setup_text1'],
    ['otp_over', 'otp_expire_header otp_expired_header'],
    ['otp_title', 'otp_header_btn_text otp_text1'],
    ['phone_new', 'an_btn_generate'],
    ['phone_over', 'an_expire_header'],
    ['phone_title', 'signin_mobile_header'],
    ['registration_lost', 'setup_error_signupexpired setupNotReady_check_expire'],
    ['setup', 'pinpad_btn_setup'],
    ['trouble', 'authPin_errorServer setup_error_server error_code_4001'],
    ['welcome', 'pinpad_default_message authPin_header'],
    ['who', 'identity_current_title'],
    ['wrong', 'authPin_errorInvalidPin'],
];

const OURS = new Map(NAMES.flatMap(([ours, theirs]) => theirs.split(' ').map((name) => [name, 'pad_' + ours])));

/** A page's texts by our names. They were HTML, and are text here. @param {Record<string, Record<string, string>>} custom */
export function textsOf(custom) {
    return Object.fromEntries(Object.entries(custom).map(([language, texts]) => [language,
        Object.fromEntries(Object.entries(texts).map(([name, text]) => OURS.has(name)
            ? [OURS.get(name), String(text).replace(/<[^>]*>/g, ' ').replace(/ +/g, ' ').trim()] : [name, text]))]));
}

/** What was asked, and the number of its failure. @type {[RegExp, number][]} */
const NUMBERS = [
    [/\/(user|register)(\/[0-9a-f]+)?$/, 4010],
    [/\/(signature\/[0-9a-f]+|clientSecret)$/, 4013],
    [/\/setupDone\/[0-9a-f]+$/, 4011],
    [/\/timePermit(\/[0-9a-f]+)?$/, 4008],
    [/\/(getAccessNumber|getQrUrl|access|codeStatus)$/, 4014],
    [/\/clientSettings$/, 4001],
];

/** @param {RpsError & {url?: string}} error */
export function numberOf({ status, url }) {
    if (!url)
        return status < 0 ? 4005 : 4001; // this browser keeps nothing
    const { pathname } = new URL(url);
    const [, number] = NUMBERS.find(([pattern]) => pattern.test(pathname)) ?? [null, 4012];
    return number === 4010 && status === 403 ? 4009 : number;
}

/** The rule for names that Milagro's pad had where a page gave none: an e-mail address. */
export const EMAIL = /^[^\s<>()[\]\\.,;:@"]+(\.[^\s<>()[\]\\.,;:@"]+)*@([a-z0-9-]+\.)+[a-z]{2,}$/i;
