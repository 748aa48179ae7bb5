# SPDX-License-Identifier: Apache-2.0
package Twins;

# An httpd with both twins, built with sanitizers, and the people who visit it.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lifecycle/lib";
use Server;
use Places;
use Requests;
use Wire;
use Judge;

my $top = $Server::top;
my %port = map { $_->[0] => $ENV{PORT} + $_->[1] }
    ['mpin', 1], ['basic', 2], ['mpin behind', 3], ['basic behind', 4], ['elsewhere', 5];
my @modules = qw(access_compat actions alias auth_basic authz_groupfile authz_host autoindex cache cache_disk cgid dav dav_fs
    env headers http2 include mime negotiation proxy proxy_http rewrite setenvif speling status);

# Modules of httpd come before ours or after it, as the seed will have it.
sub new {
    my ($class, $seed) = @_;
    my $loads = join '', map { "LoadModule ${_}_module @{[Server::modules()]}/mod_$_.so\n" } @modules;
    system("htpasswd -Bb -C 4 '$top/users' jane jane-secret 2>/dev/null") == 0 or die "htpasswd\n"; # john is there
    Places::write_file("$top/groups", "staff: john\nadmins: root\nbanned: jane\n", 0644);
    my $conf = Places::config($top, %port) . elsewhere();
    Places::give(map { ("$top/$_/cache", Places::ran($top, $_)) } Places::SIDES);
    Places::restore_dav($top, $_) for Places::SIDES;
    my $server = Server->new(
        env => {
            LD_PRELOAD => `gcc -print-file-name=libasan.so` =~ s/\n//r,
            ASAN_OPTIONS => 'detect_leaks=0:abort_on_error=1:allow_user_segv_handler=0:handle_abort=0',
            UBSAN_OPTIONS => 'print_stacktrace=1',
        },
        $seed % 2 ? (first => $loads, conf => $conf) : (conf => "$loads$conf"),
    );
    my $self = bless {server => $server->start}, $class;
    $self->{cookies} = cookies();
    $self->{dav} = {map { $_ => Places::dav_files($top, $_) } Places::SIDES};
    return $self;
}

# Sessions of it are nobody's at the twin.
sub elsewhere {
    return "Listen 127.0.0.1:$port{elsewhere}\n<VirtualHost 127.0.0.1:$port{elsewhere}>\n"
        . "MPinPublicURL http://127.0.0.1:$port{elsewhere}\n</VirtualHost>\n"
        . "MPinSessionIdleTimeout 24h\nMPinSessionMaxDuration 24h\n";
}

# ---- people ----

sub ask {
    my ($at, $method, $path, $cookies, $body) = @_;
    my $text = "$method $path HTTP/1.1\r\nHost: 127.0.0.1:$at\r\nAccept: text/html\r\nConnection: close\r\n"
        . 'Cookie: ' . join('; ', map { "$_=$cookies->{$_}" } sort keys %$cookies) . "\r\n";
    $text .= "Origin: http://127.0.0.1:$at\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: "
        . length($body) . "\r\n" if defined $body;
    my %seen = Wire::exchange(1, $at => "$text\r\n" . ($body // ''));
    my ($answer) = Wire::answers($seen{$at}, $method);
    $cookies->{$1} = $2 while $answer->{headers} =~ /^Set-Cookie:\s*([^=\s]+)=([^;\r\n]*)/mgi;
    return $answer;
}

sub signed_in {
    my ($name, $at) = @_;
    my %cookies;
    my $page = ask($at, 'GET', '/login', \%cookies);
    my %before = %cookies;
    my %field = $page->{body} =~ /<input type="hidden" name="([^"]+)" value="([^"]*)"/g;
    my $answer = ask($at, 'POST', '/login', \%cookies,
        join '&', "username=$name", "password=$name-secret", map { "$_=$field{$_}" } sort keys %field);
    die "$name could not sign in: $answer->{status}\n$answer->{headers}" if $answer->{status} != 303 || !$cookies{mpin};
    return ($cookies{mpin}, \%cookies, $before{'mpin-login'});
}

sub cookies {
    my ($ended, $all) = signed_in('john', $port{mpin});
    ask($port{mpin}, 'POST', '/logout', $all, '');
    my ($john, undef, $before) = signed_in('john', $port{mpin});
    my ($jane) = signed_in('jane', $port{mpin});
    my ($elsewhere) = signed_in('john', $port{elsewhere});
    return {john => $john, jane => $jane, ended => $ended, elsewhere => $elsewhere, before => $before // 'x'};
}

# ---- one request ----

# What programs of a side have written since the last time.
sub ran {
    my ($self, $side) = @_;
    open my $in, '<', Places::ran($top, $side) or die "ran: $!";
    seek $in, $self->{read}{$side} // 0, 0;
    my @lines = map { s/\n//r } <$in>;
    $self->{read}{$side} = tell $in;
    return @lines;
}

# Whether something has been changed by WebDAV; then it is made as it was.
sub changed {
    my ($self, $side) = @_;
    my $files = Places::dav_files($top, $side);
    return if $files eq $self->{dav}{$side};
    Places::restore_dav($top, $side);
    my %before = map { $_ => 1 } split /\n/, $self->{dav}{$side};
    my %now = map { $_ => 1 } split /\n/, $files;
    my @gone = map { "-$_" } grep { !$now{$_} } sort keys %before;
    my @new = map { "+$_" } grep { !$before{$_} } sort keys %now;
    return "changed: @gone @new";
}

# What each of these sides is sent, and what it answers.
sub sent_and_seen {
    my ($self, $request, @sides) = @_;
    my ($make, $exchange) = $request->{by} eq 'bytes' ? (\&Requests::bytes, \&Wire::exchange)
        : (\&Requests::for_curl, \&Wire::exchange_by_curl);
    my %sent = map { $_ => $make->($request, $_, $port{$_}, $self->{cookies}) } @sides;
    my %answer = $exchange->(scalar(() = Requests::methods_of($request)), map { $port{$_} => $sent{$_} } @sides);
    my %seen = map { $_ => $answer{$port{$_}} } @sides;
    $seen{"ran $_"} = [$self->ran($_), $request->{target} =~ /dav/i ? $self->changed($_) : ()] for @sides;
    return (\%sent, \%seen);
}

# Bytes, or curl's arguments.
sub readable { return ref $_[0] ? join ' ', 'curl', map { "'$_'" } @{$_[0]} : $_[0] }

sub found {
    my ($request, $sent, $seen) = @_;
    return Judge::findings($request, $seen, readable($sent->{mpin}), @port{'mpin', 'basic', 'mpin behind', 'basic behind'});
}

# The findings, and then what was sent and seen, at either side. An answer may be lost when a server closes while bytes are
# on their way to it, and a program's when nobody reads what it was sent. So what is unlike is held against what Basic answers
# when it is asked once more and, where MPin has shown nothing that it should not, the other way round.
sub try {
    my ($self, $request) = @_;
    my ($sent, $seen) = $self->sent_and_seen($request, Places::SIDES);
    my @found = found($request, $sent, $seen);
    for my $side (qw(basic basic basic mpin mpin mpin)) {
        last if !@found || $side eq 'mpin' && grep { $_->[0] !~ /^(?:keeps out|differs)$/ } @found;
        my ($again, $other) = $self->sent_and_seen($request, $side);
        my @rest = found($request, {%$sent, %$again}, {%$seen, %$other});
        @found = () if !@rest;
    }
    return (\@found, {map { $_ => readable($sent->{$_}) } Places::SIDES}, $seen);
}

# ---- the server ----

# What tells of a crash, or of a sanitizer's finding.
sub crashes {
    return grep { /AH0005[12]|exit signal|AddressSanitizer|runtime error|LeakSanitizer|stack smashing|double free|[Aa]ssert/ }
        split /\n/, Server::log_text();
}

sub answers { return eval { ask($port{mpin}, 'GET', '/granted/doc.html', {})->{status} == 200 } }

sub stop { my $self = shift; $self->{server}->stop; return }

1;
