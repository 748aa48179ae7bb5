use strict; use warnings; use Test::More; use FindBin; use lib "$FindBin::Bin/lib";
use Server; use MPin; use Providers;
my $port = $ENV{PORT}; my $top = $Server::top;
sub at { return browser($port, host => $_[0]) }
Server::write_file("$top/open/My.pm", <<'PM');
package My;
use strict; use warnings;
use Apache2::RequestRec (); use Apache2::Const -compile => qw(OK HTTP_UNAUTHORIZED AUTH_GRANTED AUTH_DENIED AUTH_USER_NOT_FOUND AUTH_GENERAL_ERROR);
sub handler { my ($r, $user, $pw) = @_;
  return Apache2::Const::AUTH_GENERAL_ERROR() if $user eq 'trouble';
  die 'oops' if $user eq 'dies';
  return Apache2::Const::AUTH_USER_NOT_FOUND() if $user eq 'nobody';
  return $pw eq "$user-secret" ? Apache2::Const::AUTH_GRANTED() : Apache2::Const::AUTH_DENIED(); }
1;
PM
chmod 0644, "$top/open/My.pm";
my $conf = modules_there(qw(headers perl authn_yubikey)) . "PerlSwitches -I$top/open\nPerlAddAuthnProvider mine My\nPerlModule My\n" . vhost("perl", provider => "mine", login => "AuthYubiKeyRequireSecure Off") . vhost('yubi', provider=>'yubikey', login => qq{AuthYubiKeyRequireSecure Off\nAuthYubiKeyUserFile "$top/open/y"\nAuthYubiKeyTmpFile "$top/open/t"}) ;
my $server = Server->new(mpm => 'prefork', conf => $conf)->start;
is at('perl')->post_password('john', 'john-secret')->code, 303, 'right';
is at('perl')->post_password('john', 'x')->code, 401;
is at('perl')->post_password('nobody', 'x')->code, 401;
is at('perl')->post_password('trouble', 'x')->code, 503;
is at('perl')->post_password('dies', 'x')->code, 503;
is at('yubi')->post_password('john', 'x')->code, 503, 'yubi';
is at('yubi')->post_password('john', 'cccccccccccccccccccccccccccccccccccccccccccc')->code, 503, 'yubi';
diag join "\n", Server::complaints();
done_testing;
