#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# docs/recipes.md, "nginx in front": conf/recipes/nginx-httpd.conf and nginx.conf as they are shipped, with a real nginx
# (Debian's package, unpacked) and an application that says whom it was told of.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib", "$FindBin::Bin/../lib";
use Debian;
use Server;
use MPin;
use Recipe;
use IO::Socket::INET;

my $nginx = Debian::unpacked('nginx') or plan skip_all => 'no nginx to be had';
my $top = $Server::top;
my ($port, $front, $app) = ($ENV{PORT}, $ENV{PORT} + 3, $ENV{PORT} + 1);

shown_in_recipes('nginx in front', 'nginx-httpd', 'nginx');
my $theirs = Recipe::recipe_text('nginx.conf');
recipe('nginx-httpd');

# The application: answers with the headers that it gets.
my $listener = IO::Socket::INET->new(LocalAddr => "127.0.0.1:$app", Listen => 20, ReuseAddr => 1) or die;
my $application = fork // die;
if (!$application) {
    while (my $client = $listener->accept) {
        my $head = '';
        while (my $line = <$client>) { $head .= $line; last if $line =~ /^\r?$/ }
        print {$client} "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${\ length $head}\r\n\r\n$head";
        close $client;
    }
    require POSIX;
    POSIX::_exit(0);
}
close $listener;

my $temp = join '', map { "${_}_temp_path $top/$_;\n" } qw(client_body proxy fastcgi uwsgi scgi);
Server::write_file("$top/nginx.conf",
    "pid $top/nginx.pid;\nerror_log $top/logs/nginx.log;\ndaemon off;\nevents {}\nhttp {\naccess_log off;\n$temp$theirs}\n");
beside($front, "$nginx/usr/sbin/nginx", '-e', "$top/logs/nginx.log", '-p', $top, '-c', "$top/nginx.conf");
my $parent = $$;
END {
    local $?;
    kill TERM => $application if $parent && $parent == $$;
    waitpid $application, 0 if $application;
}

subtest 'nginx_asks_us_who_somebody_is' => sub {
    my $stranger = browser($front, prefix => '/_mpin')->visit('/reports/?a=1');
    is $stranger->code, 302, 'a stranger is sent';
    like $stranger->header('Location'), qr{/_mpin/login\?return=/reports/\?a=1$}, 'to the login page, with the way back';
    my $browser = browser($front, prefix => '/_mpin');
    my $odd = '/reports/?a=b+c&d=%2F%20&return=/x&switch=1&e';
    my $form = $browser->visit($browser->visit($odd)->header('Location') =~ s{^http://[^/]+}{}r);
    is $browser->fields($form)->{return}, $odd, 'byte for byte, whatever stands in it';
    is browser($front, prefix => '/_mpin')->get('/mpin-auth')->code, 404, 'the question is no page';

    my $john = browser($front, prefix => '/_mpin')->sign_in('john');
    my $page = $john->visit('/reports/', 'Remote-User' => 'root', 'X-Who' => 'root', 'X-Forwarded-For' => '192.0.2.9');
    is $page->code, 200, 'who is signed in reaches the application';
    like $page->content, qr/^Remote-User: john\r?$/m, 'with their name';
    unlike $page->content, qr/^Remote-User: root/mi, 'and no other';
    unlike $page->content, qr/^Cookie:/mi, 'and without our cookies';
    is $john->sign_out->code, 303, 'signed out';
    is $john->visit('/reports/')->code, 302, 'is out';

    my $device = browser($front, prefix => '/_mpin')->sign_in('john')->enrol('john', 1234);
    my $pad = browser($front, prefix => '/_mpin');
    $pad->settings;
    is $pad->pin_login($device, 1234)->code, 200, 'a PIN works through nginx';
    like $pad->visit('/reports/')->content, qr/^Remote-User: john\r?$/m, 'too';
};

is join("\n", Server::complaints()), '', 'nothing to complain of';
done_testing;
