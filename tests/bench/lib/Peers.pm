# SPDX-License-Identifier: Apache-2.0
package Peers;

# What is compared: nothing, this module, and its peers, each set up as its documentation says; and how one gets a session
# of theirs.

use strict;
use warnings;
use Digest::MD5 'md5_hex';
use Digest::SHA 'hmac_sha256';
use Httpd;
use JSON;
use MIME::Base64 'encode_base64url';
use MPin;
use Site;

my $secret = 'only-for-this-measurement-0123456789';

# `times`: requests that are counted, where one is so dear that the usual number would take minutes.
sub kinds {
    return (
        {name => 'unprotected', page => Httpd::OPEN, conf => '', session => sub { () }},
        {name => 'mod_auth_mpin', page => Httpd::PROTECTED, conf => Site::conf(), session => \&Site::cookies},
        {name => 'mod_auth_tkt', page => Httpd::PROTECTED, conf => tkt_conf(), session => \&tkt_ticket},
        {name => 'mod_auth_openidc', page => Httpd::PROTECTED, conf => openidc_conf(), session => \&openidc_session},
        {name => 'mod_auth_form', page => Httpd::PROTECTED, conf => form_conf(), session => \&form_session,
            times => 10},
    );
}

# The headers of somebody whom that server lets in. One that lets strangers in is not measured.
sub enter {
    my ($kind, $port) = @_;
    my @headers = $kind->{session}->($port);
    return @headers if $kind->{page} eq Httpd::OPEN;
    die "$kind->{name} lets strangers in\n" if request($port, GET => Httpd::PROTECTED)->code == 200;
    my $code = request($port, GET => Httpd::PROTECTED, headers => [map { split /: /, $_, 2 } @headers])->code;
    die "$kind->{name} answers its own user with $code\n" if $code != 200;
    return @headers;
}

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

# ---- mod_auth_form: name and password in a cookie that mod_session_crypto seals -----------------------------------

# As mod_auth_form's chapter has it, "Simple Login Procedure" and "Advanced configuration"; the password is kept as htpasswd
# keeps it by default.
my ($name, $password) = ('john', 'only-for-this-measurement');

sub form_conf {
    my $users = "$Httpd::top/form.users";
    chomp(my $line = `htpasswd -nbm $name $password`);
    Httpd::write_file($users, "$line\n");
    my $asks = <<"END";
AuthType form
AuthName bench
AuthFormProvider file
AuthUserFile "$users"
Session On
SessionCookieName session path=/
SessionCryptoPassphrase $secret
END
    return join '', (map { Httpd::load_module($_) } qw(request session session_cookie session_crypto authn_file auth_form)), <<"END";
<Location /protected>
${asks}AuthFormLoginRequiredLocation http://127.0.0.1/login
Require valid-user
</Location>
<Location /dologin>
SetHandler form-login-handler
Require all granted
${asks}AuthFormLoginSuccessLocation http://127.0.0.1@{[Httpd::PROTECTED]}
</Location>
END
}

sub form_session {
    my $browser = MPin::browser(shift);
    my $answer = $browser->post_form('/dologin', {httpd_username => $name, httpd_password => $password});
    my $session = $browser->cookie('session') // die 'no session: ' . $answer->as_string;
    return "Cookie: session=$session";
}

1;
