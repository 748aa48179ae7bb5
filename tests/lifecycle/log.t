#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# What an administrator finds in the error log at Debian's LogLevel warn, and what fail2ban makes of it.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib", "$FindBin::Bin/../lib";
use Debian;
use Server;
use MPin;

my $port = $ENV{PORT};
my $top = $Server::top;
my $filter = "$FindBin::Bin/../../contrib/fail2ban/filter.d/mod_auth_mpin.conf";
my $contrib = "$FindBin::Bin/../../contrib/fail2ban";
my $modules = Server::modules();

my $server = Server->new(conf => <<"END")->start;
LogLevel warn
LoadModule remoteip_module $modules/mod_remoteip.so
RemoteIPHeader X-Forwarded-For
RemoteIPInternalProxy 127.0.0.1
LoadModule unique_id_module $modules/mod_unique_id.so
ErrorLogFormat "[%{cu}t] [%-m:%l] [pid %P:tid %T] [client %a] [%L] %M"
END

# The same without that format, which fail2ban reads.
sub as_debian {
    $server->stop;
    $server = Server->new(conf => "LogLevel warn\nLoadModule remoteip_module $modules/mod_remoteip.so\n"
        . "RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 127.0.0.1\n")->start;
    return;
}

sub wrong_password {
    my @headers = @_;
    my $browser = browser($port);
    my $fields = $browser->fields($browser->get('/login', @headers));
    return $browser->request(POST => '/login', headers => ['Content-Type' => 'application/x-www-form-urlencoded',
        Origin => origin($port), @headers], body => MPin::Browser::form({%$fields, username => 'john', password => 'no'}));
}

subtest 'key_file_that_was_made_is_seen_at_loglevel_warn' => sub {
    my @said = Server::log_text() =~ /(auth_mpin:warn\].*MPIN0201: made the key file \S+: keep a copy.*)/g;
    is scalar @said, 1, 'once';
};

subtest 'wrong_password_is_logged_with_the_clients_address' => sub {
    my $said = sub { return Server::log_text() =~ /auth_mpin:warn\].*($_[0].*)/ ? $1 : '' };
    is wrong_password('X-Forwarded-For' => '203.0.113.7')->code, 401, 'a wrong password';
    like $said->('MPIN0581'), qr/^MPIN0581: wrong password from 203\.0\.113\.7, for j/, 'has a line';
    unlike $said->('MPIN0581'), qr/john/, 'with a masked name';
    my $page = browser($port)->get('/login/nowhere', Accept => 'text/html');

    my $device = browser($port)->enrol('anna@example.org', 1234);
    my $try = sub { my $browser = browser($port); $browser->settings; return $browser->pin_login($device, 4321)->code };
    is $try->(), 401, 'a wrong PIN';
    like $said->('MPIN0582'), qr/^MPIN0582: wrong PIN from 127\.0\.0\.1, for a/, 'has one, too';
    $try->();
    is $try->(), 410, 'and the last';
    like $said->('MPIN0583'), qr/^MPIN0583: wrong PIN, which locks the device, from 127\.0\.0\.1, for a/, 'with its lock';
    is scalar(() = Server::log_text() =~ /MPIN0582/g), 2, 'each once';
};

subtest 'request_id_of_a_page_stands_in_the_error_log' => sub {
    my $origin = browser($port)->request(POST => '/login', headers => [Origin => 'https://elsewhere.example', Accept => 'text/html',
        'Content-Type' => 'application/x-www-form-urlencoded'], body => 'a=b');
    my ($id) = $origin->content =~ m{request ([\w@+/-]+)</p>};
    ok $id, 'the page shows it' or diag $origin->content;
    wrong_password();
    like Server::log_text(), qr/\[client 127\.0\.0\.1:\d+\] \[[\w@-]{20,}\] MPIN0581/, 'lines have one, by the format of docs/messages.md';
};

# The filter's expression as Perl reads it; the date is cut out, as fail2ban does.
sub banned {
    my ($regex) = Server::slurp($filter) =~ /^failregex = (.*)/m;
    $regex =~ s/<HOST>/([\\d.:a-f]+)/;
    return map { s/^\[[^\]]*\]/[]/r =~ /$regex/ ? $1 : () } @_;
}

subtest 'fail2ban_bans_who_guesses_and_nobody_else' => sub {
    as_debian();
    my $before = length Server::log_text();
    wrong_password('X-Forwarded-For' => '203.0.113.8') for 1 .. 3;
    wrong_password('X-Forwarded-For' => '2001:db8::9');
    my $forged = '] [auth_mpin:warn] [pid 1] [client 198.51.100.1:1] MPIN0581: wrong password from 198.51.100.1, for x';
    wrong_password('X-Forwarded-For' => '203.0.113.8', Referer => "http://x/$forged", 'User-Agent' => $forged);
    my @lines = split /\n/, substr Server::log_text(), $before;
    is join(' ', banned(@lines)), '203.0.113.8 203.0.113.8 203.0.113.8 2001:db8::9 203.0.113.8', 'the addresses'
        or diag join "\n", @lines;

    SKIP: {
        my $fail2ban = Debian::unpacked('fail2ban') or skip 'no fail2ban to be had', 4;
        my $tool = "PYTHONPATH=$fail2ban/usr/lib/python3/dist-packages $fail2ban/usr/bin/fail2ban-regex -c $fail2ban/etc/fail2ban";
        Server::write_file("$top/some.log", join "\n", @lines, '');
        my $said = `$tool --out=ip '$top/some.log' '$filter' 2>&1`;
        is join(' ', $said =~ /^([\da-f.:]+)$/mg), '203.0.113.8 203.0.113.8 203.0.113.8 2001:db8::9 203.0.113.8',
            'fail2ban-regex says the same' or diag $said;
        my $conf = "$top/fail2ban";
        system("cp -r '$fail2ban/etc/fail2ban' '$conf' && rm -f '$conf'/jail.d/* && cp -r '$contrib'/filter.d '$contrib'/jail.d '$conf'/") == 0 or die;
        Server::write_file("$conf/jail.d/mod_auth_mpin.conf",
            Server::slurp("$contrib/jail.d/mod_auth_mpin.conf") =~ s{/var/log/apache2/error.log}{$top/some.log}r);
        $said = `PYTHONPATH=$fail2ban/usr/lib/python3/dist-packages $fail2ban/usr/bin/fail2ban-client -c '$conf' -d 2>&1`;
        is $?, 0, 'fail2ban-client takes filter and jail' or diag $said;
        like $said, qr/'set', 'mod_auth_mpin', 'maxretry', 20/, '... as they are written';
        like $said, qr/'addfailregex', 'mod_auth_mpin'|'set', 'mod_auth_mpin', 'addfailregex'/, '... with our filter';
    }
};

done_testing;
