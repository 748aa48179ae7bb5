# SPDX-License-Identifier: Apache-2.0
package Site;

# The site that is measured: who has a PIN sees /protected.

use strict;
use warnings;
use Httpd;
use MPin;

sub conf {
    my $state = "$Httpd::top/state";
    return <<"END";
LoadModule auth_mpin_module "$Httpd::build/mod_auth_mpin.so"
MPinEngine On
MPinStore "lmdb:$state/store"
MPinKeyFile "$state/keys/mpin.keys"
MPinRegister signed-in open
MPinRegisterAllow any
<Location /protected>
AuthType MPin
Require valid-user
</Location>
END
}

# The same with mod_mime and mod_dir, as most sites have them.
sub usual_conf { return join '', (map { Httpd::load_module($_) } qw(mime dir)), "TypesConfig /etc/mime.types\n", conf() }

# Somebody new with a PIN: the browser and the device.
my $people = 0;

sub person {
    my $browser = MPin::browser(shift);
    my $device = $browser->enrol('person-' . $people++ . '@example.org', '7391');
    return ($browser, $device);
}

# The Cookie header of a real login, whole: what a browser sends that was led from the protected page to the login page,
# signed in there by PIN and went on to the page, with every cookie of ours that the answers had it keep.
sub cookies { return 'Cookie: ' . signed_in(shift)->cookie_header }

# The same where programs come in, by a token that somebody with a PIN has made.
sub token_conf { return conf() =~ s{^AuthType MPin$}{MPinTokens On\nAuthType MPin\nMPinLoginMethods pin token}mr =~ s{^(<Location .*\n)(MPinTokens On\n)}{$2$1}mr }

sub token {
    my $browser = signed_in(shift);
    my ($csrf) = $browser->visit('/account')->content =~ /name="csrf" value="([^"]+)">\s*<label for="token-name"/;
    my $answer = $browser->post_form('/account/token', {csrf => $csrf, name => 'git', days => 30});
    my ($token) = $answer->content =~ /<code id="new-token">([^<]*)</ or die 'no token: ' . $answer->as_string;
    return "Authorization: Basic " . MIME::Base64::encode_base64("x:$token", '');
}

# The browser of somebody who has signed in, on the page that they wanted.
sub signed_in {
    my ($browser, $device) = person(shift);
    my $led = $browser->visit(Httpd::PROTECTED)->header('Location') // die 'nobody is led to the login';
    $browser->visit($led =~ s{^http://[^/]+}{}r);
    $browser->settings;
    my $answer = $browser->pin_login($device);
    die 'no session: ' . $answer->as_string if $answer->code != 200;
    $browser->visit(Httpd::PROTECTED)->code == 200 or die 'no page for somebody who has signed in';
    return $browser;
}

# Adds revocations of other sessions, while the site's httpd is stopped.
sub revoke { return fill('revocations', shift) }

# Others sign in, as many.
sub crowd { return fill('people', shift) }

sub fill {
    my ($what, $count) = @_;
    my $state = "$Httpd::top/state";
    system("$Httpd::build/bench/fill", $what, "lmdb:$state/store", "$state/keys/mpin.keys", $count) == 0 or die $what;
    return;
}

1;
