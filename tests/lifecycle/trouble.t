#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Trouble of ours, a store that cannot be opened, in the administrator's words.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use MPin;

plan skip_all => 'needs root' if $>;
Server::write_file("$Server::top/site/sorry.html", "back soon, says the administrator\n");

subtest error_document_503_of_the_administrator_wins => sub {
    for my $case (['"back soon, says the administrator"', 'a text'], ['/sorry.html', 'a page'], ['', 'ours']) {
        my ($document, $name) = @$case;
        my $server = Server->new(conf => $document ? "ErrorDocument 503 $document\n" : '')->start;
        my $john = browser($ENV{PORT})->sign_in('john');
        my @state = ('-R', "$Server::top/state/store");
        system 'chown', 'root', @state;
        kill KILL => $_ for $server->children;
        ok until_true(sub { $john->visit('/protected/')->code == 503 }), "$name: 503";
        for my $path ('/protected/', '/login') {
            my $page = $john->visit($path);
            is $page->code, 503, "$name: $path";
            $document ? like $page->content, qr/back soon, says the administrator/, 'says so'
                : like $page->content, qr/MPIN0002/, 'is our page';
        }
        is json_of($john->get('/protected/', 'X-Requested-With' => 'x'))->{code}, 'store_down', 'a script gets JSON';
        system 'chown', 'www-data', @state;
        $server->stop;
    }
};

subtest 'a_reload_without_its_secret_opens_nothing' => sub {
    my $secret = 'x' x 40;
    my $write = sub { Server::write_file("$Server::top/secret", "$secret\n"); chmod 0600, "$Server::top/secret" };
    my $ask = sub {
        return browser($ENV{PORT})->request(POST => '/rps/otp', headers => ['Content-Type' => 'application/json', @_], body => '{}')->code;
    };
    $write->();
    my $server = Server->new(conf => qq{MPinIssueOTP On "secret=$Server::top/secret"\n})->start;
    is $ask->(), 403, 'an application without the secret is refused';
    is $ask->(Authorization => "Bearer $secret"), 400, 'and with it, is heard';
    for my $case (['is gone', sub { unlink "$Server::top/secret" }], ['is empty', sub { Server::write_file("$Server::top/secret", '') }]) {
        my ($name, $break) = @$case;
        $break->();
        $server->renew('USR1');
        ok until_true(sub { $ask->(Authorization => "Bearer $secret") == 403 }), "where the file $name, nobody knows the secret";
        is $ask->(), 403, 'and none is no secret either';
        is $ask->(Authorization => 'Bearer '), 403, 'nor is an empty one';
    }
    $write->();
    $server->renew('USR1');
    ok until_true(sub { $ask->(Authorization => "Bearer $secret") == 400 }), 'the file is back';
    $server->stop;
};

done_testing;
