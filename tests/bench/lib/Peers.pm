# SPDX-License-Identifier: Apache-2.0
package Peers;

# The peers of the comparison, each set up as its documentation says, and how one gets a session of theirs.

use strict;
use warnings;
use Digest::MD5 'md5_hex';
use Digest::SHA 'hmac_sha256';
use JSON;
use MIME::Base64 'encode_base64url';

my $secret = 'only-for-this-measurement-0123456789';

# ---- mod_auth_tkt: a ticket that an application has signed ----------------------------------------------------

sub tkt_conf {
    return Httpd::load_module('auth_tkt') . <<"END";
TKTAuthSecret "$secret"
<Location /protected>
AuthType None
TKTAuthLoginURL http://127.0.0.1/login
TKTAuthIgnoreIP on
TKTAuthTimeout 8h
Require valid-user
</Location>
END
}

# The ticket: MD5(MD5(address, time, secret, user, 0, tokens, 0, data), secret), time in hex, user, "!".
sub tkt_ticket {
    my $time = time;
    my $digest = md5_hex(md5_hex("\0\0\0\0" . pack('N', $time) . "${secret}john\0\0") . $secret);
    return sprintf 'Cookie: auth_tkt=%s%08xjohn!', $digest, $time;
}

# ---- mod_auth_openidc: a session, from an identity token that a provider has signed --------------------------

# The provider needs no server: it is known by its name, and its token comes by the browser (form_post).
my $provider = 'https://provider.example';

sub openidc_conf {
    return Httpd::load_module('auth_openidc') . <<"END";
OIDCProviderIssuer $provider
OIDCProviderAuthorizationEndpoint $provider/authorize
OIDCResponseType id_token
OIDCResponseMode form_post
OIDCIDTokenSignedResponseAlg HS256
OIDCClientID bench
OIDCClientSecret $secret
OIDCRedirectURI /protected/redirect
OIDCCryptoPassphrase $secret
OIDCRemoteUserClaim sub
<Location /protected>
AuthType openid-connect
Require valid-user
</Location>
END
}

sub identity_token {
    my $nonce = shift;
    my $claims = {iss => $provider, sub => 'john', aud => 'bench', iat => time, exp => time + 3600, nonce => $nonce};
    my $text = join '.', map { encode_base64url(encode_json($_)) } {alg => 'HS256', typ => 'JWT'}, $claims;
    return "$text." . encode_base64url(hmac_sha256($text, $secret));
}

# As a browser goes: to the page, to the provider (who asks nothing), back with a token.
sub openidc_session {
    my $browser = MPin::browser(shift);
    my $to = $browser->visit(Httpd::PROTECTED)->header('Location') // '';
    my ($state, $nonce) = map { $to =~ /[?&]$_=([^&]+)/ } qw(state nonce);
    my $answer = $browser->post_form('/protected/redirect', {state => $state, id_token => identity_token($nonce)});
    my $session = $browser->cookie('mod_auth_openidc_session') // die 'no session: ' . $answer->as_string;
    return "Cookie: mod_auth_openidc_session=$session";
}

1;
