# SPDX-License-Identifier: Apache-2.0
# Second steps: what a place asks for, an authenticator app, and the page between.
use strict;
use warnings;
use Test::More;
use MPin;

from(61);

sub fields { my ($browser, $answer) = @_; return $browser->fields($answer) }

# What an app shows at a time, by Debian's oathtool.
sub code {
    my ($secret, $at) = @_;
    $secret =~ s/\s//g;
    my $when = $at ? "-N \@$at" : '';
    my $code = `oathtool --totp -b $when $secret`;
    chomp $code;
    return $code;
}

# An app for somebody who is signed in; its secret.
sub enrol {
    my ($browser) = @_;
    my $page = $browser->visit('/account');
    my $csrf = $browser->fields($page)->{csrf};
    my $app = $browser->post_form('/account/totp', {csrf => $csrf});
    is $app->code, 200, 'an app begins';
    my ($secret) = $app->content =~ /id="totp-secret">([A-Z2-7 ]+)</ or die $app->content;
    my $fields = $browser->fields($app);
    my $wrong = $browser->post_form('/account/totp/confirm', {%$fields, code => '000000'});
    is $wrong->code, 401, 'a wrong code confirms nothing';
    is $browser->visit('/totp/')->code, 302, 'and opens nothing';
    my $right = $browser->post_form('/account/totp/confirm', {%$fields, code => code($secret, time - 30)});
    is $right->code, 303, 'a right one does';
    like $browser->visit($right->header('Location'))->content, qr/second step is ready/, 'which is told';
    return $secret;
}

subtest 'a place asks for a second step, and takes it' => sub {
    my $browser = browser(site);
    $browser->post_password('john', 'john-secret');
    my $refused = $browser->visit('/second/?q=1');
    is $refused->code, 302, 'not by a password alone';
    like $refused->header('Location'), qr{^/login/step\?return=}, 'to the second step';
    is $browser->visit($refused->header('Location'))->code, 403, 'of which john has none';

    my $secret = enrol($browser);
    is $browser->visit('/second/?q=1')->code, 200, 'the code that confirmed it is a second step';
    my $other = browser(site);
    $other->post_password('john', 'john-secret');
    my $step = $other->visit($other->visit('/second/?q=1')->header('Location'));
    is $step->code, 200, 'another browser is asked for a code';
    my $fields = $other->fields($step);
    is $other->post_form('/login/step', {%$fields, code => '123456'})->code, 401, 'a wrong one is refused';
    is $other->post_form('/login/step', {%$fields, code => code($secret, time - 30)})->code, 401, 'so is one that was used';
    my $in = $other->post_form('/login/step', {%$fields, code => code($secret)});
    is $in->code, 303, 'the next one is taken';
    is $in->header('Location'), '/second/?q=1', 'on to the place';
    is $other->visit('/second/?q=1')->code, 200, 'which opens';
    my $amr = $other->visit('/whoami')->content;
    like $amr, qr/"MPIN_AMR":"pwd mfa otp"/, 'with what was proven';
};

done;
