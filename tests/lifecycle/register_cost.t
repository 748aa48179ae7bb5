#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# What a registration waits for, counted as the calls that wait for the disk: one or two until its first login, of whatever
# kind. And MPinThrottle register=: a class of 500 behind one address.
use strict;
use warnings;
use Test::More;
use FindBin;
use JSON;
use Time::HiRes 'time';
use lib "$FindBin::Bin/lib";
use Server;
use MPin;
use Ctl;

my $top = $Server::top;
my $port = $ENV{PORT};
my $build = $ENV{BUILD} // "$FindBin::Bin/../../build";
my $mailbox = "$top/mailbox";
my $counts = "$top/waits";
system('make', '--no-print-directory', '-s', "BUILD=$build", "$build/bench/waits.so") == 0 or die 'make';

my $smtp = fork // die;
if (!$smtp) {
    open STDOUT, '>', '/dev/null' or die;
    open STDERR, '>', "$top/mail.log" or die;
    exec '/usr/bin/python3', "$FindBin::Bin/../smtp/server.py", $port + 1, $mailbox;
    die "exec: $!";
}
END { local $?; kill TERM => $smtp if $smtp }
Server::wait_for('the mail server', sub { !!IO::Socket::INET->new(PeerAddr => '127.0.0.1:' . ($port + 1), Timeout => 1) });

# Prefork: the first thread of a child has the request, the others have the mails and the store.
sub server_with {
    my $throttle = shift;
    Server::write_file($counts, "\0" x 16);
    chmod 0666, $counts;
    return Server->new(mpm => 'prefork', env => {LD_PRELOAD => "$build/bench/waits.so", MPIN_WAITS => $counts}, conf => <<"END")->start;
MPinPublicURL http://localhost:$port
MPinRegister signed-in open mail invite
MPinMail smtp://127.0.0.1:${\($port + 1)}
MPinMailFrom wiki\@example.org
$throttle
END
}

sub someone { return browser($port, host => "localhost:$port", origin => "http://localhost:$port") }
sub waited { return (unpack 'q2', Server::slurp($counts))[0] }

# How often requests wait for the disk meanwhile.
sub waits_of {
    my $before = waited();
    $_[0]->();
    return waited() - $before;
}

sub signs_in {
    my ($browser, $device) = @_;
    my $answer = $browser->pin_login($device);
    is $answer->code, 200, 'the first login' or diag $answer->as_string;
    return;
}

my $mails = 0;

sub activate {
    my $browser = shift;
    my @links;
    Server::wait_for('the mail', sub {
        @links = map { decode_json($_)->{text} =~ m{http://[^/]+(/mpinActivate\?t=[0-9a-f]+)} }
            grep { /Set up your PIN/ } split /\n/, -e $mailbox ? Server::slurp($mailbox) : '';
        return @links > $mails;
    });
    $mails = @links;
    my $page = $browser->visit($links[-1]);
    like $browser->post_form('/mpinActivate', $browser->fields($page))->code, qr/^(?:200|303)$/, 'activated';
    return;
}

my %kind = (
    open => [1, sub {
        my $browser = someone();
        signs_in($browser, $browser->enrol("somebody$_[0]", '7391'));
    }],
    'signed in by password' => [2, sub { # the login ends the session whose place it takes
        signs_in($_[1], $_[1]->enrol('john', '7391'));
    }],
    mail => [2, sub {
        my $browser = someone();
        my $registered = MPin::json_of($browser->register('anna@example.org'));
        activate($browser);
        signs_in($browser, $browser->finish($registered, '7391'));
    }],
    invitation => [2, sub {
        my ($browser, $path) = (someone(), $_[1]);
        $browser->post_form('/mpinActivate', $browser->fields($browser->visit($path)));
        signs_in($browser, $browser->enrol('berta', '7391'));
    }],
);

my $server = server_with('MPinThrottle register=600/1h');
someone()->enrol('first', '7391'); # the store notes whose secrets it has

subtest 'a_registration_waits_for_the_disk_twice_at_most' => sub {
    for my $name (sort keys %kind) {
        my ($most, $way) = @{$kind{$name}};
        for my $nth (1, 2) { # of a new user, and a further one of somebody's
            my $before = $name =~ /password/ ? someone()->sign_in('john')
                : $name eq 'invitation' ? mpinctl_json('invite', 'berta', '--yes')->{link} =~ s{^http://[^/]+}{}r : undef;
            is waits_of(sub { $way->($nth, $before) }), $most, "$name, $nth: from the first request to the first login";
        }
    }
};

# One request each would do; a class has a browser each.
sub class_of {
    my ($size, $of) = @_;
    my @refused;
    for my $n (1 .. $size) {
        my $browser = someone();
        my $registered = $browser->register("pupil$n-$of");
        if ($registered->code != 200) {
            push @refused, $registered;
            last;
        }
        my $json = MPin::json_of($registered);
        my $signed = $browser->json(POST => "/rps/signature/$json->{mpinId}", {regOTT => $json->{regOTT}});
        push @refused, $signed if $signed->code != 200;
    }
    return @refused;
}

subtest 'a_class_of_500_behind_one_nat_registers' => sub {
    my $began = time;
    my @refused;
    my $waits = waits_of(sub { @refused = class_of(500, 'a') });
    diag sprintf '500 registrations in %.1f s, of which each waited %.2f times', time - $began, $waits / 500;
    is scalar @refused, 0, 'all of them' or diag $refused[0]->as_string;
    is $waits, 500, 'each waits once';
};
$server->stop;

subtest 'without_it_the_61st_is_told_when_to_go_on' => sub {
    my $hour = int(time / 3600);
    system('rm', '-rf', "$top/state/store") == 0 or die;
    $server = server_with('MPinThrottle address=30/60s account=10/60s');
    my ($refused) = class_of(61, 'b');
    SKIP: {
        skip 'an hour ended meanwhile', 3 if int(time / 3600) != $hour;
        is $refused && $refused->code, 429, 'the 61st is refused';
        is MPin::json_of($refused)->{code}, 'too_many_pending', 'and told why';
        my $wait = $refused->header('Retry-After');
        ok abs(3600 - time % 3600 - $wait) <= 120, 'and that the hour goes on for so long';
    }
};
$server->stop;

is scalar(Server::complaints()), 0, 'nothing is complained about';
done_testing;
