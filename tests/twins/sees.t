#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# The differential run can fail: it finds what is wrong at a page of AuthType MPin that is wrong on purpose, and nothing at one
# that is right. BUILD names a build with sanitizers.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Twins;

my $tries = 300; # at most, until something is found
my $twins = Twins->new(1);

# The kinds of findings of requests for these paths, until the one that is looked for is among them.
sub kinds_found {
    my ($kind, @paths) = @_;
    my %found;
    for my $number (1 .. $tries) {
        my ($found) = $twins->try(Requests::numbered(1, $number, @paths));
        $found{$_->[0]}++ for @$found;
        last if $found{$kind};
    }
    return \%found;
}

for my $place (sort keys %Places::wrong) {
    my $kind = $Places::wrong{$place}[2];
    my $found = kinds_found($kind, "/$place/doc.html", "/$place/page.cgi");
    ok $found->{$kind}, "$place: '$kind' is found" or diag explain $found;
}

subtest 'nothing is found where nothing is wrong' => sub {
    my $found = kinds_found('', map { "/$_/doc.html" } qw(valid john granted denied limit satisfy-any));
    is_deeply $found, {}, "$tries requests";
};

subtest 'a session for nobody is found' => sub {
    my $nobody = {who => {name => ''}, method => 'GET', target => '/', by => 'bytes'};
    my $answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n";
    my %seen = (mpin => "${answer}Set-Cookie: mpin=AQ; Path=/\r\n\r\n", basic => "$answer\r\n",
        'ran mpin' => [], 'ran basic' => []);
    is_deeply [map { $_->[0] } Judge::findings($nobody, \%seen, '')], ['signs in'], 'it signs in';
    $seen{mpin} =~ s/=AQ/=/;
    is_deeply [Judge::findings($nobody, \%seen, '')], [], 'and a cookie that is taken away does not';
};

subtest 'a child that ends by a signal is found' => sub {
    is join("\n", Twins::crashes()), '', 'none until now';
    kill SEGV => $twins->{server}->children;
    ok Server::wait_for('its line in the log', sub { Twins::crashes() }), 'it is in the log';
    ok Server::wait_for('new children', sub { Twins::answers() }), 'and the server answers again';
    $twins->stop;
    ok !Twins::answers(), 'which it does not when it has stopped';
};

done_testing;
