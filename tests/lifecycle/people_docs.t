#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Every command of docs/people.md does what it is there for: each block is run for Anna, who has a device that is locked and
# a second step, beside a running server.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use MPin;
use Ctl;

my $top = $Server::top;
my $port = $ENV{PORT};
my $anna = 'anna@example.org';
my @site = ('--httpd', httpd(), '--config', "$top/httpd.conf");
system("htpasswd -Bb -C 4 '$top/users' $anna $anna-secret 2>/dev/null") == 0 or die 'htpasswd';
my $server = Server->new(conf => "MPinPublicURL http://localhost:$port\nMPinRegister signed-in invite open\nMPinTokens On\n"
    . "<Location /files>\nAuthType MPin\nMPinLoginMethods pin password token\nRequire valid-user\n</Location>\n")->start;

sub someone { return browser($port, host => "localhost:$port", origin => "http://localhost:$port") }

# What was sealed in the very second in which her sessions ended is void.
sub signed_in {
    for (1 .. 100) {
        my $browser = someone()->sign_in($anna);
        return $browser if $browser->visit('/protected/')->code == 200;
        select undef, undef, undef, 0.1;
    }
    die "$anna can't sign in";
}

# Anna as she is before a block: with one device, which is locked. Gives its handle.
sub prepare {
    my $tombstone = mpinctl('user', $anna)->{out} =~ /^State +deleted/m;
    BAIL_OUT('a block after the one that deletes her needs another name') if $tombstone;
    mpinctl('device', 'remove', $_->{handle}, '--yes')
        for map { @{$_->{devices}} } grep { $_ } eval { mpinctl_json('user', $anna) };
    my $browser = signed_in();
    my $device = $browser->enrol($anna, '7391');
    $browser->pin_login($device, '0000') for 1 .. 3;
    eval { someone()->enrol('squatter', '7391') }; # where the name is not taken already
    return mpinctl_json('user', $anna)->{devices}[0]{handle};
}

# The commands of a block in a shell, with this site's configuration and without questions.
sub run_block {
    my ($block, $handle) = @_;
    my $before = join ' ', program(), @site, '--yes';
    my $reads = join ' ', program(), @site;
    my $token = $block =~ /7c0ffee7c0ff/ ? mpinctl_json('token', 'add', $anna, '--yes')->{id} : '';
    $block =~ s/\b7c0ffee7c0ff\b/$token/g;
    $block =~ s/\b0589f259822f\b/$handle/g;
    $block =~ s/^mpinctl (users?(?! (?:disable|enable|delete)\b).*|keys|token list.*)$/$reads $1/mg;
    $block =~ s/^mpinctl (.*)$/$before $1/mg;
    my $said = `set -e; { $block } 2>&1`;
    return ($?, $said);
}

my $text = Server::slurp("$FindBin::Bin/../../docs/people.md");
my @blocks = $text =~ /^## ([^\n]+)\n|^```sh run\n(.*?)^```/msg;
my ($heading, %last, @runs) = ('');
while (my ($title, $block) = splice @blocks, 0, 2) {
    $heading = $title if defined $title;
    push @runs, [$heading, $block] if defined $block;
}
cmp_ok scalar @runs, '>=', 10, 'the blocks are found';
# The one that deletes her comes last: her name is nobody's for 30 days then.
for (sort { ($a->[1] =~ /user delete/) <=> ($b->[1] =~ /user delete/) } @runs) {
    my ($where, $block) = @$_;
    my ($status, $said) = run_block($block, prepare());
    is $status, 0, "$where: " . ($block =~ s/\n/; /gr) or diag $said;
}
is scalar(() = $text =~ /^```$/mg), scalar @runs, 'each block is one that is run';
is_deeply [map { $_->{use} } @{mpinctl_json('keys')->{roots}}], ['opens', 'seals'], 'root keys came and went';

$server->stop;
is join("\n", Server::complaints()), '', 'no complaints';
done_testing;
