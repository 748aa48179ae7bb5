#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Providers that ask a program of one's own inside of httpd, and one that wants a piece of hardware: the others that Debian
# has packages of.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use MPin;
use Providers;

my $port = $ENV{PORT};
my $top = $Server::top;

sub at { return browser($port, host => $_[0]) }
sub status { my ($site, $name, $password) = @_; return at($site)->post_password($name, $password)->code }

Server::write_file("$top/open/Mine.pm", <<'END');
package Mine;
use strict;
use warnings;
use Apache2::Const -compile => qw(AUTH_GRANTED AUTH_DENIED AUTH_USER_NOT_FOUND AUTH_GENERAL_ERROR);

sub handler {
    my ($r, $name, $password) = @_;
    die 'broken' if $name eq 'broken';
    return Apache2::Const::AUTH_GENERAL_ERROR if $name eq 'trouble';
    return Apache2::Const::AUTH_USER_NOT_FOUND if $name eq 'nobody';
    return $password eq "$name-secret" ? Apache2::Const::AUTH_GRANTED : Apache2::Const::AUTH_DENIED;
}

1;
END
Server::write_file("$top/open/mine.wsgi", <<'END');
def check_password(environ, user, password):
    if user == 'broken':
        raise RuntimeError('broken')
    if user == 'nobody':
        return None
    return password == user + '-secret'
END
chmod 0644, "$top/open/Mine.pm", "$top/open/mine.wsgi";

my %site = (
    perl => [qw(perl mine)],
    wsgi => [wsgi => 'wsgi', qq{WSGIAuthUserScript "$top/open/mine.wsgi"}],
    yubikey => [authn_yubikey => 'yubikey', qq{AuthYubiKeyUserFile "$top/open/keys"\nAuthYubiKeyTmpFile "$top/open/seen"}],
);
Server::write_file("$top/open/keys", "ccccccbchvth:john:john-secret\n");
chmod 0644, "$top/open/keys";

# mod_authn_yubikey answers each request that is not https by itself, unless it is told otherwise.
my $conf = modules_there('headers', map { $site{$_}[0] } sort keys %site)
    . "PerlSwitches -I$top/open\nPerlAddAuthnProvider mine Mine\nPerlModule Mine\n<Location />\nAuthYubiKeyRequireSecure Off\n</Location>\n"
    . join '', map { vhost($_, provider => $site{$_}[1], login => $site{$_}[2]) } sort keys %site;
my $server = Server->new(mpm => 'prefork', conf => $conf)->start;

subtest "$_: a password that is right, and others" => sub {
    is status($_, 'john', 'john-secret'), 303, 'right';
    is status($_, 'john', 'wrong'), 401, 'wrong';
    is status($_, 'nobody', 'john-secret'), 401, 'of nobody';
    is status($_, 'john', 'john-secret'), 303, 'right again';
} for qw(perl wsgi);

subtest 'a_provider_in_trouble_is_503_and_charges_nobody: programs' => sub {
    is status('perl', $_, 'x'), 503, "perl: $_" for qw(trouble broken broken broken broken);
    is status('wsgi', 'broken', 'x'), 503, 'wsgi: broken' for 1 .. 5;
    like Server::log_text(), qr/MPIN0510: the password provider $_ is in trouble/, "the log names $_" for qw(mine wsgi);
};

subtest 'yubikey: what is no key is wrong, and no crash' => sub {
    is status('yubikey', 'john', $_), 401, "'$_'" for 'john-secret', '', 'c' x 43;
};

unlike Server::log_text(), qr/exit signal/, 'no child has crashed';

done_testing;
