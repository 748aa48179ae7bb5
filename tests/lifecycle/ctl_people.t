#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# What mpinctl changes of people holds at once in the server that runs beside it, is told in the audit log and by mail, and
# asks before.
use strict;
use warnings;
use Test::More;
use FindBin;
use JSON;
use lib "$FindBin::Bin/lib";
use Server;
use MPin;
use Ctl;
use Steps 'code_of', 'secret_of';

my $top = $Server::top;
my $port = $ENV{PORT};
my $mail_port = $port + 1;
my $audit = "$top/logs/audit";
my $mailbox = "$top/mailbox";
my @people = (map({ "user$_" } 1 .. 8), 'anna@example.org');
system("htpasswd -Bb -C 4 '$top/users' $_ $_-secret 2>/dev/null") == 0 or die 'htpasswd' for @people;

my $mail_pid = fork // die;
if (!$mail_pid) {
    open STDOUT, '>', '/dev/null' or die;
    open STDERR, '>', "$top/mail.log" or die;
    exec '/usr/bin/python3', "$FindBin::Bin/../smtp/server.py", $mail_port, $mailbox;
    die "exec: $!";
}
END { local $?; kill TERM => $mail_pid if $mail_pid }
Server::wait_for('the mail server', sub { !!IO::Socket::INET->new(PeerAddr => "127.0.0.1:$mail_port", Timeout => 1) });

my $server = Server->new(conf => "MPinPublicURL http://localhost:$port\nMPinTOTP Wiki\nMPinAuditLog $audit\n"
    . "MPinMail smtp://127.0.0.1:$mail_port\nMPinMailFrom wiki\@example.org\n")->start;

sub someone { return browser($port, host => "localhost:$port", origin => "http://localhost:$port") }
sub is_in { return $_[0]->copy->visit('/protected/')->code == 200 }
sub device_of { return mpinctl_json('user', $_[0])->{devices}[0] }

# The audit log's newest record of an event.
sub audited {
    my $event = shift;
    return (grep { $_->{event} eq $event } map { decode_json($_) } split /\n/, Server::slurp($audit))[-1] // {};
}

sub mailed {
    my ($to, $subject) = @_;
    return Server::wait_for("a mail about $subject", sub {
        grep { $_->{to}[0] eq $to && $_->{subject} =~ /$subject/ } map { decode_json($_) } split /\n/, Server::slurp($mailbox);
    });
}

subtest 'users_are_listed_with_their_devices' => sub {
    someone()->sign_in('user1')->enrol('user1', '7391');
    someone()->sign_in('user2');
    my %row = map { $_->{user} => $_ } @{mpinctl_json('users')};
    is_deeply [map { $row{user1}{$_} } qw(state devices locked)], ['active', 1, 0], 'one device';
    is $row{user2}{devices}, 0, 'and none';
    is_deeply [map { $_->{user} } @{mpinctl_json('users', 'ser2')}], ['user2'], 'by a part of the name';
    like mpinctl('users', 'ser9')->{out}, qr/^No name of a user has that text/, 'which no name may have';
    my $table = mpinctl('users');
    is $table->{code}, 0, 'as a table';
    like $table->{out}, qr/^USER +STATE +DEVICES.*\nuser1 +active +1 /, 'with a first line and rows';
};

subtest 'a_user_is_shown_with_devices_factors_and_sessions' => sub {
    my $browser = someone()->sign_in('user3');
    my $device = $browser->enrol('user3', '7391', deviceName => 'Kitchen');
    $browser->pin_login($device, '0000');
    my $page = $browser->post_form('/account/totp', {csrf => $browser->fields($browser->visit('/account'))->{csrf}});
    $browser->post_form('/account/totp/confirm', {%{$browser->fields($page)}, code => code_of(secret_of($page), -30)});
    my $user = mpinctl_json('user', 'user3');
    is $user->{state}, 'active', 'active';
    is_deeply [map { $user->{devices}[0]{$_} } qw(device state wrong_pins proven_by)], ['Kitchen', 'active', 1, 'signed-in'],
        'the device and its wrong PIN';
    is $user->{factors}[0]{kind}, 'authenticator app', 'the second step';
    cmp_ok scalar @{$user->{sessions}}, '>=', 1, 'a session';
    my $text = mpinctl('user', 'user3')->{out};
    like $text, qr/$_/, "the text has $_" for 'Kitchen', 'authenticator app', $user->{devices}[0]{handle};
    unlike $text, qr/$device->{mpinId}/, 'and no mpinId';
};

subtest 'disable_ends_a_running_session_and_enable_lets_back_in' => sub {
    my $browser = someone()->sign_in('anna@example.org');
    my $device = $browser->enrol('anna@example.org', '7391');
    ok is_in($browser), 'signed in';
    my $began = time;
    is mpinctl('user', 'disable', 'anna@example.org', '--yes')->{code}, 0, 'disabled';
    ok !is_in($browser), 'the session has ended';
    is someone()->post_password('anna@example.org', 'anna@example.org-secret')->code, 403, 'the password lets nobody in';
    isnt $browser->pin_login($device)->code, 200, 'nor does the PIN';
    is_deeply [map { audited('user_disabled')->{$_} } qw(user by)], ['anna@example.org', 'mpinctl'], 'audited';
    ok audited('user_disabled')->{operator}, 'with who did it';
    ok mailed('anna@example.org', 't sign in to'), 'told by mail';
    is mpinctl('user', 'disable', 'anna@example.org', '--yes')->{code}, 1, 'a second time is said to be one';
    is mpinctl('user', 'enable', 'anna@example.org', '--yes')->{code}, 0, 'enabled';
    ok !is_in($browser), 'no session comes back';
    ok is_in(someone()->sign_in('anna@example.org')), 'the password lets in';
    my $again = someone();
    $again->visit('/login');
    is $again->pin_login($device)->code, 200, 'and the same PIN';
    is audited('user_enabled')->{user}, 'anna@example.org', 'audited';
    ok mailed('anna@example.org', 'sign in to .* again'), 'told by mail';
};

subtest 'delete_erases_and_keeps_the_name_from_others' => sub {
    my $browser = someone()->sign_in('user4');
    my $device = $browser->enrol('user4', '7391');
    is mpinctl('user', 'delete', 'user4', '--yes')->{code}, 0, 'deleted';
    ok !is_in($browser), 'signed out';
    isnt someone()->pin_login($device)->code, 200, 'the PIN is nobody\'s';
    my $left = mpinctl_json('user', 'user4');
    is_deeply [$left->{state}, @{$left->{devices}}, @{$left->{factors}}, @{$left->{sessions}}], ['deleted'], 'nothing is left';
    is mpinctl('user', 'enable', 'user4', '--yes')->{code}, 1, 'and nothing to enable';
    is someone()->post_password('user4', 'user4-secret')->code, 403, 'the name is nobody else\'s yet';
    is audited('user_deleted')->{user}, 'user4', 'audited';
};

subtest 'unlock_lets_the_same_pin_in_again' => sub {
    my $browser = someone()->sign_in('user5');
    my $device = $browser->enrol('user5', '7391');
    $browser->pin_login($device, '000' . $_) for 1 .. 3;
    is $browser->pin_login($device)->code, 410, 'locked, whatever the PIN';
    is device_of('user5')->{state}, 'locked', 'as is shown';
    is mpinctl('device', 'unlock', device_of('user5')->{handle}, '--yes')->{code}, 0, 'unlocked';
    is $browser->pin_login($device)->code, 200, 'the same PIN signs in';
    is audited('identity_unlocked')->{identity}, device_of('user5')->{handle}, 'audited with its handle';
};

subtest 'remove_withdraws_a_device_and_its_session' => sub {
    my $owner = someone()->sign_in('user6');
    my $device = $owner->enrol('user6', '7391');
    my $browser = someone();
    $browser->visit('/login');
    is $browser->pin_login($device)->code, 200, 'signed in by PIN';
    my $handle = device_of('user6')->{handle};
    is mpinctl('device', 'remove', substr($handle, 0, 8), '--yes')->{code}, 0, 'removed by the first digits';
    ok !is_in($browser), 'its session has ended';
    isnt $browser->pin_login($device)->code, 200, 'and its PIN is nothing';
    is mpinctl('device', 'remove', $handle, '--yes')->{code}, 1, 'there is no such device any more';
};

subtest 'remove_withdraws_all_devices_of_one_user' => sub {
    my $owner = someone()->sign_in('user2');
    my @devices = map { $owner->enrol('user2', '7391') } 1 .. 2;
    my $other = someone()->sign_in('user1')->enrol('user1', '7391');
    is mpinctl('device', 'remove', '--user', 'user2', '--yes')->{code}, 0, 'removed';
    isnt $owner->pin_login($_)->code, 200, 'its PIN is nothing' for @devices;
    is_deeply mpinctl_json('user', 'user2')->{devices}, [], 'none is left';
    my $theirs = someone();
    $theirs->visit('/login');
    is $theirs->pin_login($other)->code, 200, 'others go on';
    is mpinctl('device', 'remove', @$_, '--yes')->{code}, 2, "not by @$_" for [], ['--user', 'user1', '--all'], ['abcdef', '--all'];
};

subtest 'factor_reset_lets_in_without_the_second_step' => sub {
    my $browser = someone()->sign_in('user7');
    my $page = $browser->post_form('/account/totp', {csrf => $browser->fields($browser->visit('/account'))->{csrf}});
    $browser->post_form('/account/totp/confirm', {%{$browser->fields($page)}, code => code_of(secret_of($page), -30)});
    is scalar @{mpinctl_json('user', 'user7')->{factors}}, 1, 'a second step';
    is mpinctl('factor', 'reset', 'user7', '--yes')->{code}, 0, 'reset';
    ok !is_in($browser), 'signed out';
    is_deeply mpinctl_json('user', 'user7')->{factors}, [], 'nothing is left of it';
    is audited('factors_reset')->{user}, 'user7', 'audited';
};

subtest 'session_end_signs_out_one_or_all' => sub {
    my ($one, $other) = map { someone()->sign_in($_) } qw(user1 user2);
    is mpinctl('session', 'end', '--user', 'user1', '--yes')->{code}, 0, 'one';
    ok !is_in($one), 'who is out';
    ok is_in($other), 'the other is not';
    is mpinctl('session', 'end', '--all', '--yes')->{code}, 0, 'all';
    ok !is_in($other), 'everybody is out';
    ok audited('all_sessions_ended')->{time}, 'audited';
    sleep 2; # what was sealed in the very second is void
    ok is_in(someone()->sign_in('user2')), 'and may come again';
    is mpinctl('session', 'end', '--yes')->{code}, 2, 'one or all must be said';
};

subtest 'name_free_takes_back_what_was_taken_openly' => sub {
    my $squatter = someone();
    my $device = $squatter->enrol('free-for-all', '7391');
    is mpinctl('name', 'free', 'free-for-all', '--yes')->{code}, 0, 'freed';
    isnt $squatter->pin_login($device)->code, 200, 'the first comer is out';
    is mpinctl('user', 'free-for-all')->{code}, 1, 'there is no such user';
    my $next = someone();
    my $theirs = $next->enrol('free-for-all', '1397');
    is $next->pin_login($theirs)->code, 200, 'the next one may have it';
    is mpinctl('name', 'free', 'user2', '--yes')->{code}, 1, 'a proven name is not freed';
    ok is_in(someone()->sign_in('user2')), 'and its owner is as before';
};

subtest 'a_change_asks_once' => sub {
    my $browser = someone()->sign_in('user8');
    my $no = mpinctl({in => "n\n"}, 'user', 'disable', 'user8');
    is $no->{code}, 1, 'no is no';
    like $no->{err}, qr/Disable user8.*\[y\/N\]/, 'it asks';
    is mpinctl('user', 'disable', 'user8')->{code}, 1, 'nor is silence a yes';
    ok is_in($browser), 'nothing has changed';
    is mpinctl({in => "y\n"}, 'user', 'disable', 'user8')->{code}, 0, 'yes is yes';
    ok !is_in($browser), 'done';
};

subtest 'what_cannot_be_done_is_said' => sub {
    my @wrong = ([1, qr/no user nobody/, 'user', 'nobody'], [2, qr/no such command/, 'frobnicate'],
        [2, qr/no option --frob/, 'users', '--frob'], [2, qr/write mpinctl user/, 'user'],
        [2, qr/has no option --days/, 'users', '--days', '3'], [2, qr/no name/, 'user', 'a:b c'],
        [1, qr/no device abc/, 'device', 'unlock', 'abc'], [1, qr/no user disable/, '--', 'user', 'disable'],
        [1, qr/no user disable/, 'user', '--', 'disable']);
    shift @{$wrong[7]}, $wrong[7] = [2, qr/no such command/, '--', 'user', 'x'];
    for (@wrong) {
        my ($code, $says, @typed) = @$_;
        my $run = mpinctl(@typed);
        is $run->{code}, $code, "mpinctl @typed";
        like $run->{err}, $says, 'it says why';
    }
    my $run = mpinctl({at => ['--httpd', '/bin/false']}, 'users');
    is $run->{code}, 2, 'no configuration';
    like $run->{err}, qr/--store and --keys need no configuration/, 'and what helps before it is mended';
    Server::write_file("$top/wrong.conf", Server::slurp("$top/httpd.conf") . "NoSuchDirective On\n");
    like mpinctl({at => ['--httpd', httpd(), '--config', "$top/wrong.conf"]}, 'users')->{err},
        qr/Syntax error on line \d+ of \S+: Invalid command 'NoSuchDirective'/, 'a mistake is named with its place';
    my @place = ('--store', "lmdb:$top/state/store", '--keys', "$top/state/keys/mpin.keys");
    is mpinctl({at => \@place}, 'users')->{code}, 0, 'or none needed';
    like mpinctl({at => \@place}, 'invite', 'ina', '--yes')->{err}, qr/leave out --store/, 'but for a link';
    is mpinctl({at => \@place}, 'user', "jos\xc3\xa9")->{code}, 1, 'and any name is one there';
    is mpinctl({at => ['--store', "lmdb:$top/nowhere", @place[2, 3]]}, 'users')->{code}, 2, 'no store there';
    ok !-e "$top/nowhere", 'and none is made';
};

subtest 'it_opens_the_store_as_its_owner' => sub {
    plan skip_all => 'not root' if $>;
    my %owners = map { (stat)[4] => 1 } glob "$top/state/store/*/*";
    is_deeply [keys %owners], [scalar getpwnam 'www-data'], 'no file of the store became root\'s';
    my $run = `runuser -u nobody -- @{[program()]} users --httpd @{[httpd()]} --config $top/httpd.conf 2>&1`;
    is $? >> 8, 2, 'another user may not';
    like $run, qr/as root/, 'and hears why';
};

$server->stop;
is join("\n", Server::complaints()), '', 'no complaints';
done_testing;
