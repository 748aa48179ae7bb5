#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Reloads under load: no request fails, no session is lost, nothing that was revoked comes back.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use MPin;

# Clients that ask for a protected page, each request on a connection of its own, until they are told to end. Each
# tells how many it sent and which answers were not 200.
sub load {
    my ($browser, $clients) = @_;
    pipe my $reader, my $writer or die;
    my @clients = map {
        my $pid = fork // die;
        if (!$pid) {
            my ($sent, @wrong, $over) = (0);
            local $SIG{TERM} = sub { $over = 1 };
            until ($over) {
                my $answer = eval { $browser->visit('/protected/') };
                my $status = $answer ? $answer->code : "no answer: $@";
                push @wrong, $status if $status ne 200 && !$over;
                $sent++;
            }
            syswrite $writer, join(' ', $sent, @wrong) . "\n";
            require POSIX;
            POSIX::_exit(0);
        }
        $pid;
    } 1 .. $clients;
    close $writer;
    return {pids => \@clients, reader => $reader};
}

sub end_of_load {
    my $load = shift;
    kill TERM => @{$load->{pids}};
    my ($sent, @wrong) = (0);
    for my $line (readline $load->{reader}) {
        my ($count, @more) = split ' ', $line;
        $sent += $count;
        push @wrong, @more;
    }
    waitpid $_, 0 for @{$load->{pids}};
    return ($sent, @wrong);
}

my %reloads = (event => $ENV{RELOADS} // 100, worker => 10, prefork => 10);

for my $mpm (qw(event worker prefork)) {
    subtest "$reloads{$mpm} reloads under load on $mpm" => sub {
        my $server = Server->new(mpm => $mpm)->start;
        my $john = browser($ENV{PORT})->sign_in('john');
        my $gone = browser($ENV{PORT})->sign_in('john');
        my $thief = $gone->copy;
        is $john->visit('/protected/')->code, 200, 'signed in';
        is $gone->sign_out->code, 303, 'somebody signs out';

        my $load = load($john, 2);
        my ($revoked, $memory) = (0);
        for my $reload (1 .. $reloads{$mpm}) {
            $server->renew('USR1');
            $revoked++ if $thief->visit('/protected/')->code == 302;
            $memory = $server->memory if $reload == int($reloads{$mpm} / 5);
        }
        my ($sent, @wrong) = end_of_load($load);
        cmp_ok $sent, '>', $reloads{$mpm}, "$sent requests were sent meanwhile";
        is "@wrong", '', 'each was answered with the page';
        is $revoked, $reloads{$mpm}, 'the session that was signed out stays so after each reload';
        is $john->visit('/protected/')->code, 200, 'the session is as good as before';
        cmp_ok $server->memory, '<', 1.3 * $memory, 'the parent has not grown';

        $server->renew('HUP');
        is $john->visit('/protected/')->code, 200, 'nor does a restart end it';
        $server->stop;
        $server->start;
        is $john->visit('/protected/')->code, 200, 'nor a stop and a start';
        is $thief->visit('/protected/')->code, 302, 'and what was revoked stays revoked';
        is join("\n", Server::complaints()), '', 'nothing in the log';
    };
}

done_testing;
