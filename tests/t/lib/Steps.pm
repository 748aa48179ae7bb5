# SPDX-License-Identifier: Apache-2.0
package Steps;

# Second steps for the tests, at the vhost "steps" of conf/sites.conf: browsers there, apps, codes.

use strict;
use warnings;
use Exporter 'import';
use MPin;
use Test::More;

our @EXPORT = qw(stepper signed_in secret_of code_of enrol_app first_app fields_of to_step take_step new_codes prove section_of audited);

# A browser at the vhost, which has its own host.
sub stepper {
    my $host = 'localhost:' . closed;
    return browser(closed, host => $host, origin => "http://$host", headers => ['User-Agent' => 'Mozilla/5.0 (X11; Linux x86_64) Chrome/130.0'], @_);
}

sub signed_in {
    my ($name, %how) = @_;
    my $browser = stepper(%how);
    return $browser->sign_in($name);
}

# What an app shows, by Debian's oathtool; `$later` in seconds. The code of a step ago is too old at the end of this one: a
# busy machine waits for the next.
sub code_of {
    my ($secret, $later) = @_;
    my $left = 30 - time % 30;
    sleep $left if $left <= 10 && ($later // 0) < 0;
    my $when = '@' . (time + ($later // 0));
    chomp(my $code = `oathtool --totp -b -N $when $secret`);
    return $code;
}

sub secret_of {
    my $page = shift;
    my ($secret) = $page->content =~ /id="totp-secret">([A-Z2-7 ]+)</ or die $page->as_string;
    return $secret =~ s/ //gr;
}

sub fields_of { my ($browser, $page) = @_; return $browser->fields($page) }

# An app added at /account; its secret. The code that confirms it is that of the step before.
sub enrol_app {
    my ($browser, %more) = @_;
    my $csrf = $browser->fields($browser->visit('/account'))->{csrf};
    my $page = $browser->post_form('/account/totp', {csrf => $csrf, %more});
    my $secret = secret_of($page);
    my $done = $browser->post_form('/account/totp/confirm', {%{$browser->fields($page)}, code => code_of($secret, -30)});
    die $done->as_string if $done->code != 303;
    return $secret;
}

# The form's address on a page.
sub action { my ($page) = $_[0]->content =~ /<form method="post" action="([^"]+)"/ or die $_[0]->as_string; return MPin::Browser::plain($1) }

# An app set up on the way to a place: the answer to its confirmation, and the secret.
sub first_app {
    my ($browser, $place, $code) = @_;
    my $page = to_step($browser, $place);
    my $app = $browser->post_form(action($page), $browser->fields($page));
    my $secret = secret_of($app);
    return ($browser->post_form(action($app), {%{$browser->fields($app)}, code => $code // code_of($secret, -30)}), $secret);
}

# The page that a place leads to.
sub to_step {
    my ($browser, $place) = @_;
    my $led = $browser->visit($place)->header('Location') // die "$place leads nowhere";
    return $browser->visit($led);
}

# The answer to a code at the page of a place.
sub take_step {
    my ($browser, $place, $code, %more) = @_;
    my $page = to_step($browser, $place);
    return $browser->post_form('/login/step', {%{$browser->fields($page)}, code => $code, %more});
}

sub new_codes {
    my $browser = shift;
    my $page = $browser->post_form('/account/codes', {csrf => $browser->fields($browser->visit('/account'))->{csrf}});
    return $page->content =~ m{<li><code>([^<]+)</code>}g;
}

# Shows at /account that it's them, by a code.
sub prove {
    my ($browser, $code) = @_;
    my ($href) = $browser->visit('/account')->content =~ m{href="(/login/step\?prove=1[^"]*)"} or die 'nothing to prove';
    my $page = $browser->visit(MPin::Browser::plain($href));
    return $browser->post_form('/login/step', {%{$browser->fields($page)}, code => $code});
}

# A section of /account, by its heading.
sub section_of {
    my ($browser, $heading) = @_;
    my ($part) = $browser->visit('/account')->content =~ m{<h2[^>]*>\Q$heading\E</h2>(.*?)</section>}s;
    return $part // '';
}

# How often the audit log has an event of a user.
sub audited {
    my ($event, $user) = @_;
    return scalar grep { /"event":"$event"/ && /"user":"\Q$user\E"/ } split /\n/, audit_log();
}

1;
