/* SPDX-License-Identifier: Apache-2.0 */
#include "factor/aaguid.h"

#include "base/hex.h"

#include <string.h>

static const struct {
    const char *aaguid, *name;
} makers[] = {
    {"fbfc3007154e4ecc8c0b6e020557d7bd", "iCloud Keychain"},
    {"dd4ec289e01d41c9bb8970fa845d4bf2", "iCloud Keychain"},
    {"ea9b8d664d011d213ce4b6b48cb575d4", "Google Password Manager"},
    {"adce000235bcc60a648b0b25f1f05503", "Chrome on Mac"},
    {"b53976664885aa6bcebfe52262a439a2", "Chromium"},
    {"771b48fdd3d44f749232fc157ab0507a", "Edge on Mac"},
    {"08987058cadc4b81b6e130de50dcbe96", "Windows Hello"},
    {"9ddd1817af5a4672a2b93e3dd95000a9", "Windows Hello"},
    {"6028b017b1d44c02b4b3afcdafc96bb2", "Windows Hello"},
    {"53414d53554e47000000000000000000", "Samsung Pass"},
    {"bada5566a7aa401fbd9645619a55120d", "1Password"},
    {"d548826e79b4db40a3d811116f7e8349", "Bitwarden"},
    {"531126d6e717415c93203d9aa6981239", "Dashlane"},
    {"b84e404815dc4dd08640f4f60813c8af", "NordPass"},
    {"0ea242b443c44a1b8b17dd6d0b6baec6", "Keeper"},
    {"f38095407f1449c1a8b38f813b225541", "Enpass"},
    {"50726f746f6e5061737350726f746f6e", "Proton Pass"},
    {"fdb141b25d84443e8a354698c205a502", "KeePassXC"},
    {"eaecdef21c3156348639f1cbd9c00a08", "KeePassDX"},
    {"ee882879721c491397753dfcce97072a", "YubiKey 5"},
    {"cb69481e8ff7403993ec0a2729a154a8", "YubiKey 5"},
    {"fa2b99dc9e3942578f924a30d23c4118", "YubiKey 5 NFC"},
    {"2fc0579f811347eab116bb5a8db9202a", "YubiKey 5 NFC"},
    {"c5ef55ffad9a4b9fb580adebafe026d0", "YubiKey 5Ci"},
    {"d8522d9f575b486688a9ba99fa02f35b", "YubiKey Bio"},
    {"73bb0cd4e50249b89c6fb59445bf720b", "YubiKey 5 FIPS"},
    {"f8a011f38c0a4d15800617111f9edc7d", "Security Key by Yubico"},
    {"b92c3f9ac0144056887f140a2501163b", "Security Key by Yubico"},
    {"6d44ba9bf6ec2e49b9300c8fe920cb73", "Security Key NFC by Yubico"},
    {"149a20218ef6413396b881f8d5b7f1f5", "Security Key NFC by Yubico"},
};

const char *aaguid_name(const unsigned char aaguid[AAGUID_BYTES])
{
    char text[2 * AAGUID_BYTES + 1];
    hex_write(text, aaguid, AAGUID_BYTES);
    text[2 * AAGUID_BYTES] = '\0';
    for (size_t i = 0; i < sizeof(makers) / sizeof(*makers); i++)
        if (strcmp(makers[i].aaguid, text) == 0)
            return makers[i].name;
    return NULL;
}
