#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mpinctl keys rotate and retire beside the running server: nobody is signed out by a new root key, no PIN, code or link of
# before is lost, and an old key goes only once nothing needs it.
use strict;
use warnings;
use Test::More;
use FindBin;
use JSON;
use POSIX ();
use lib "$FindBin::Bin/lib";
use Server;
use MPin;
use Ctl;
use Steps 'code_of', 'secret_of';

my $top = $Server::top;
my $port = $ENV{PORT};
my $audit = "$top/logs/audit";
my $file = "$top/state/keys/mpin.keys";
system("htpasswd -Bb -C 4 '$top/users' $_ $_-secret 2>/dev/null") == 0 or die 'htpasswd' for qw(anna bob);
my $server = Server->new(conf => "MPinPublicURL http://localhost:$port\nMPinTOTP Wiki\nMPinAuditLog $audit\n"
    . "<Location /second>\nAuthType MPin\nMPinSecondFactor totp\nRequire valid-user\n</Location>\n")->start;

sub someone { return browser($port, host => "localhost:$port", origin => "http://localhost:$port") }
sub is_in { return $_[0]->copy->visit('/protected/')->code == 200 }
sub roots { return [map { "$_->{root} $_->{use}" } @{mpinctl_json('keys')->{roots}}] }
sub audited { my $event = shift; return scalar grep { decode_json($_)->{event} eq $event } split /\n/, Server::slurp($audit) }
sub csrf { my $browser = shift; return $browser->fields($browser->visit('/account'))->{csrf} }
sub page_codes { my @codes = $_[0]->content =~ m{<li><code>([^<]+)</code>}g; return @codes }

sub by_pin {
    my $device = shift;
    my $browser = someone();
    $browser->visit('/login');
    return $browser->pin_login($device)->code;
}

sub standing { my $device = shift; return someone()->json(POST => '/rps/standing', {mpin_id => $device->{mpinId}, deviceKey => $device->{key}})->code }

my $anna = someone()->sign_in('anna');
my $device = $anna->enrol('anna', '7391');
my $page = $anna->post_form('/account/totp', {csrf => csrf($anna)});
my $secret = secret_of($page);
$anna->post_form('/account/totp/confirm', {%{$anna->fields($page)}, code => code_of($secret, -30)});
my @codes = page_codes($anna->post_form('/account/codes', {csrf => csrf($anna)}));
is scalar @codes, 10, 'Anna has recovery codes';
my $form = someone();
my $filled = $form->fields($form->visit('/login'));

sub by_code {
    my $code = shift;
    my $browser = someone()->sign_in('anna');
    my ($href) = $browser->visit($browser->visit('/second/')->header('Location'))->content =~ m{href="([^"]+)">Use a recovery code} or return 'no way';
    my $at = $browser->visit(MPin::Browser::plain($href));
    return $browser->post_form('/login/step', {%{$browser->fields($at)}, code => $code})->code;
}

# Somebody comes in by PIN, and looks at a page, again and again while mpinctl works: what went wrong, a line each.
sub beside {
    my $work = shift;
    my ($load, $notes) = (undef, "$top/notes");
    Server::write_file($notes, '');
    if (!($load = fork // die)) {
        open my $out, '>>', $notes or die;
        $out->autoflush;
        local $SIG{TERM} = sub { POSIX::_exit(0) };
        while (1) {
            my ($pin, $in) = eval { (by_pin($device), $anna->copy->visit('/protected/')->code) };
            $pin //= $@;
            $in //= '';
            print {$out} "PIN $pin, page $in\n" if "$pin $in" ne '200 200';
        }
    }
    my $run = $work->();
    kill TERM => $load;
    waitpid $load, 0;
    is Server::slurp($notes), '', 'nobody meanwhile noticed anything';
    return $run;
}

subtest 'a_new_root_key_signs_nobody_out' => sub {
    my $before = Server::generations();
    my $run = beside(sub { return mpinctl('keys', 'rotate', '--yes') });
    is $run->{code}, 0, 'rotated' or diag $run->{err}, Server::log_text();
    is_deeply roots(), ['1 opens', '2 seals'], 'the new one seals, the old one opens';
    cmp_ok Server::generations() - $before, '>=', 2, 'the server has taken up both steps';
    is((stat $file)[2] & 07777, 0600, 'the key file is private');
    is((stat _)[4], $>, 'and its owner\'s');
    is scalar(grep { (stat)[4] != (stat "$top/state/store")[4] } glob "$top/state/store/*/*"), 0, 'no file of the store became another\'s';
    ok is_in($anna), 'Anna is still signed in';
    is by_pin($device), 200, 'her PIN works';
    is standing($device), 200, 'her device proves itself by what it got before';
    is by_code($codes[0]), 303, 'a recovery code is taken';
    isnt $form->post_form('/login', {%$filled, user => 'bob', password => 'bob-secret'})->code, 403, 'a form of before is taken';
    is mpinctl_json('store', 'check')->{wrong}, 0, 'all records open';
    is audited('keys_rotated'), 1, 'audited';
};

subtest 'an_old_key_stays_while_recovery_codes_need_it' => sub {
    my $run = mpinctl('keys', 'retire', '1', '--yes');
    is $run->{code}, 1, 'refused';
    like $run->{err}, qr/recovery codes.*anna/, 'it says whose';
    is_deeply roots(), ['1 opens', '2 seals'], 'nothing has changed';
    is mpinctl('keys', 'retire', '2', '--yes')->{code}, 1, 'the one that seals never goes';
    is mpinctl('keys', 'retire', $_, '--yes')->{code}, $_ eq '7' ? 1 : 2, "$_ is none" for qw(7 256 x);
};

subtest 'an_old_key_goes_and_all_that_lasts_is_kept' => sub {
    my @fresh = page_codes($anna->post_form('/account/codes', {csrf => csrf($anna)}));
    is scalar @fresh, 10, 'Anna makes new codes';
    my $new = someone()->sign_in('bob');
    ok is_in($new), 'somebody comes in';
    my $asked = mpinctl({in => "n\n"}, 'keys', 'retire', '1');
    is $asked->{code}, 1, 'it asks';
    like $asked->{err}, qr/sealed until 20\d\d-.*sessions.*links/, 'and tells what ends';
    $anna = someone()->sign_in('anna'); # by the new key
    my $run = beside(sub { return mpinctl('keys', 'retire', '1', '--yes') });
    is $run->{code}, 0, 'retired' or diag $run->{err}, Server::log_text();
    ok is_in($new), 'who came in by the new key is signed in';
    is_deeply roots(), ['2 seals'], 'it is out of the file';
    is mpinctl_json('store', 'check')->{wrong}, 0, 'all records open';
    is by_pin($device), 200, 'the PIN works';
    is by_code($fresh[0]), 303, 'and a recovery code';
    is audited('key_retired'), 1, 'audited';
    $server->renew('HUP');
    is by_pin($device), 200, 'and so it is after a restart';
};

subtest 'with_the_server_stopped_the_next_start_takes_it_up' => sub {
    $server->stop;
    is mpinctl('keys', 'rotate', '--yes')->{code}, 0, 'rotated';
    is_deeply roots(), ['2 opens', '3 seals'], 'in the file';
    $server->start;
    is by_pin($device), 200, 'the PIN works';
    my @place = ('--store', "lmdb:$top/state/store", '--keys', $file);
    is mpinctl({at => \@place}, 'keys', 'rotate', '--yes')->{code}, 2, 'without a configuration nobody knows whom to reload';
};

subtest 'a_crash_leaves_no_core' => sub {
    pipe my $out, my $in or die;
    my $typed = join ' ', program(), '--httpd', httpd(), '--config', "$top/httpd.conf", 'keys', 'rotate';
    my $pid = fork // die;
    if (!$pid) {
        close $in;
        open STDIN, '<&', $out or die;
        open STDERR, '>', "$top/asked" or die;
        chdir $top or die;
        exec 'sh', '-c', "ulimit -c unlimited; exec $typed";
    }
    Server::wait_for('its question', sub { Server::slurp("$top/asked") =~ /\?/ });
    kill ABRT => $pid;
    waitpid $pid, 0;
    is $? & 127, POSIX::SIGABRT, 'it was ended by a signal';
    is $? & 128, 0, 'and dumped nothing';
};

$server->stop;
is join("\n", Server::complaints()), '', 'no complaints';
done_testing;
