# SPDX-License-Identifier: Apache-2.0
package MPin;

# A client for the tests: plain requests written byte by byte, a browser with cookies, a device with a PIN, and a
# look at the error log at the end of each file. The test site is conf/sites.conf.

use strict;
use warnings;
use Exporter 'import';
use Digest::SHA 'sha256_hex';
use HTTP::Response;
use IO::Socket::INET;
use IPC::Open2;
use JSON;
use MIME::Base64 ();
use Test::More;

our @EXPORT = qw(port origin raw request browser from done expect_in_log expect_crowd json_of error_log
                 site strict off service branded mount cached public closed capture burst audit_log in_parallel until_true
                 early_in_a_minute login_at);

my $stage = "$ENV{MPIN_STAGE}";

# ---- the vhosts of conf/sites.conf -------------------------------------------------------

sub port { return $ENV{PORT} + $_[0] }
sub site    { return port(0) }
sub backend { return port(1) }
sub strict  { return port(2) }
sub off     { return port(3) }
sub service { return port(3) } # for the host localhost, and with a secret for service.example
sub branded { return port(4) }
sub mount   { return port(5) }
sub cached  { return port(6) }
sub public  { return port(7) }
sub closed  { return port(8) }
sub origin { return "http://127.0.0.1:$_[0]" }

# ---- one request, one answer ------------------------------------------------------------------

# Each test file comes from an address of its own, so that no throttle is shared: from(7) is 127.0.0.7.
my $address = '127.0.0.1';
sub from { $address = "127.0.0.$_[0]" }

# Sends the bytes as they are and reads until the server closes. `end`: closes our half when all is sent.
sub raw {
    my ($port, $bytes, %how) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => 20,
        LocalAddr => $how{from} // $address) or die "no connection to $port: $!";
    local $SIG{PIPE} = 'IGNORE';
    local $SIG{ALRM} = sub { die "no answer within 60 s to: " . substr($bytes, 0, 200) . "\n" };
    alarm 60;
    for (my $at = 0; $at < length $bytes;) {
        my $sent = syswrite $socket, $bytes, 65536, $at or last;
        $at += $sent;
    }
    shutdown $socket, 1 if $how{end};
    my $answer = '';
    1 while sysread $socket, $answer, 65536, length $answer;
    alarm 0;
    return parse($answer);
}

sub parse {
    my $text = shift;
    return HTTP::Response->new(0, 'no answer') if $text eq '';
    my $answer = HTTP::Response->parse($text);
    my $body = $answer->content;
    if (($answer->header('Transfer-Encoding') // '') =~ /chunked/i) {
        my $whole = '';
        while ($body =~ s/\A([0-9a-f]+)[^\r\n]*\r\n//i) {
            my $length = hex $1 or last;
            $whole .= substr $body, 0, $length + 2, '';
            substr $whole, -2, 2, '';
        }
        $answer->content($whole);
    }
    return $answer;
}

# request(port, 'GET', '/path', headers => [name => value, ...], body => ...)
sub request {
    my ($port, $method, $path, %how) = @_;
    my @headers = @{$how{headers} // []};
    my $text = "$method $path HTTP/1.1\r\n";
    my %given = map { lc, 1 } @headers[grep { $_ % 2 == 0 } 0 .. $#headers];
    unshift @headers, Host => $how{host} // "127.0.0.1:$port" if !$given{host};
    push @headers, Connection => 'close' if !$given{connection};
    push @headers, 'Content-Length' => length $how{body} if defined $how{body} && !$given{'content-length'};
    while (my ($name, $value) = splice @headers, 0, 2) {
        $text .= "$name: $value\r\n" if defined $value;
    }
    return raw($port, "$text\r\n" . ($how{body} // ''), %how);
}

sub json_of {
    my $answer = shift;
    return eval { decode_json($answer->content) } // {};
}

# The login page's address with these fields, in their order.
sub login_at {
    my @fields;
    while (my ($name, $value) = splice @_, 0, 2) { push @fields, "$name=" . $value =~ s/([^\w.*-])/sprintf '%%%02x', ord $1/ger }
    return '/login?' . join '&', @fields;
}

# ---- many at once ---------------------------------------------------------------------------------

# Runs `$work->($number)` in `$count` processes that start together; gives what each returned (text without
# newlines).
sub in_parallel {
    my ($count, $work) = @_;
    pipe my $start, my $go or die;
    my (@readers, @pids);
    for my $number (1 .. $count) {
        pipe my $reader, my $writer or die;
        my $pid = fork // die "fork: $!";
        if (!$pid) {
            close $go;
            sysread $start, my $nothing, 1; # ends when the parent lets go
            my @result = eval { $work->($number) };
            syswrite $writer, join "\n", $@ ? "died: $@" : @result;
            require POSIX;
            POSIX::_exit(0);
        }
        close $writer;
        push @pids, $pid;
        push @readers, $reader;
    }
    close $start;
    close $go;
    my @results;
    for my $reader (@readers) {
        local $/;
        push @results, split /\n/, scalar(<$reader>) // '';
    }
    waitpid $_, 0 for @pids;
    return @results;
}

# Sends whole requests on connections of their own, so that all are under way before any is complete: every last
# byte goes out only when everything before it has. Gives the answers.
sub burst {
    my ($port, @texts) = @_;
    my @sockets = map {
        IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => 60, LocalAddr => $address)
            or die "no connection to $port: $!"
    } @texts;
    for my $i (0 .. $#texts) {
        syswrite $sockets[$i], substr $texts[$i], 0, -1;
    }
    syswrite $sockets[$_], substr $texts[$_], -1 for 0 .. $#texts;
    return map {
        my $answer = '';
        1 while sysread $_, $answer, 65536, length $answer;
        parse($answer);
    } @sockets;
}

# ---- a backend of our own ------------------------------------------------------------------------

# Stands behind /raw while `$work` runs, answers every request with `$answer` and gives the requests as they came.
sub capture {
    my ($answer, $work) = @_;
    my $server = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => port(9), Listen => 50, ReuseAddr => 1)
        or die "port @{[port(9)]}: $!";
    pipe my $reader, my $writer or die;
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        close $reader;
        local $SIG{TERM} = sub { require POSIX; POSIX::_exit(0) };
        while (my $client = $server->accept) {
            my $text = '';
            while ($text !~ /\r\n\r\n/) {
                sysread $client, $text, 65536, length $text or last;
            }
            syswrite $writer, pack('N/a*', $text); # first: who has the answer may end us
            syswrite $client, $answer;
            close $client;
        }
    }
    close $writer;
    close $server;
    $work->();
    kill TERM => $pid;
    waitpid $pid, 0;
    local $/;
    return unpack '(N/a*)*', scalar(<$reader>) // '';
}

# Waits for a condition, which comes late on a busy machine.
sub until_true {
    my $condition = shift;
    my $end = time + 60;
    while (time <= $end) {
        return 1 if $condition->();
        select undef, undef, undef, 0.05;
    }
    return 0;
}

# What counts in a minute begins anew with each of the clock: a test that is to meet a limit begins early in one.
sub early_in_a_minute {
    my $second = time % 60;
    sleep 60 - $second if $second > 30;
    return;
}

# Restarts httpd, and waits until it serves again from other children. Not by HUP: mpm_event's children at times crash where
# they are ended in the middle of their work.
sub restart {
    my $before = () = error_log() =~ /resuming normal operations/g;
    open my $in, '<', "$stage/t/logs/httpd.pid" or die "no pid file: $!";
    kill USR1 => scalar <$in> or die "kill: $!";
    until_true(sub {
        my $now = () = error_log() =~ /resuming normal operations/g;
        return $now > $before && IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => site());
    }) or die 'httpd did not come back';
}

# ---- the logs ---------------------------------------------------------------------------------------

sub error_log { return slurp("$stage/t/logs/error_log") }
sub audit_log { return slurp("$stage/t/logs/audit_log") }

sub slurp {
    open my $in, '<', $_[0] or return '';
    local $/;
    return scalar(<$in>) // '';
}

my $log_began = length error_log();
my @expected;

# A line at level error that this file provokes.
sub expect_in_log { push @expected, @_ }

# More at once than there are workers: each MPM says so in its own words.
sub expect_crowd { expect_in_log(qr/server (?:reached|is within MinSpareThreads of) MaxRequestWorkers/) }

# Ends a test file: its error log holds no crash and no line above warning that nobody expected.
sub done {
    my @lines = split /\n/, substr error_log(), $log_began;
    my @wrong = grep {
        /\[\w*:(?:error|crit|alert|emerg)\]|exit signal|AddressSanitizer|runtime error|stack smashing|double free/
    } @lines;
    for my $pattern (@expected) {
        @wrong = grep { $_ !~ $pattern } @wrong;
    }
    is join("\n", @wrong), '', 'the error log holds nothing unexpected';
    done_testing;
}

# ---- a browser ---------------------------------------------------------------------------------------

# browser(port): keeps cookies, follows nothing by itself. `prefix`: what MPinPathPrefix has put in front of our pages.
sub browser {
    my ($port, %how) = @_;
    return bless {port => $port, cookies => {}, headers => [], %how}, 'MPin::Browser';
}

# ---- M-Pin's mathematics, in build/mpin-client ---------------------------------------------------------

my ($calculator_pid, $to_calculator, $from_calculator);

sub calculate {
    if (!$calculator_pid || $calculator_pid != $$) {
        open2($from_calculator, $to_calculator, "$stage/mpin-client");
        $calculator_pid = $$;
    }
    print {$to_calculator} "@_\n";
    my $line = <$from_calculator> // die "mpin-client gave no answer to: @_";
    chomp $line;
    return split / /, $line;
}

package MPin::Browser;

use strict;
use warnings;
use Digest::SHA 'sha256_hex';
use JSON;

sub origin { return $_[0]{origin} // MPin::origin($_[0]{port}) }

sub cookie_header {
    my $self = shift;
    return join '; ', map { "$_=$self->{cookies}{$_}" } sort keys %{$self->{cookies}};
}

sub cookie { return $_[0]{cookies}{$_[1]} }

sub request {
    my ($self, $method, $path, %how) = @_;
    $path = "$self->{prefix}$path" if $self->{prefix} && $path =~ m{^/(?:login|logout|rps|mpinAuthenticate|account)\b};
    my $cookies = $self->cookie_header;
    my $answer = MPin::request($self->{port}, $method, $path, host => $self->{host}, from => $self->{from}, %how,
        headers => [@{$self->{headers}}, $cookies eq '' ? () : (Cookie => $cookies), @{$how{headers} // []}]);
    for my $line ($answer->header('Set-Cookie')) {
        my ($name, $value) = $line =~ /^([^=]+)=([^;]*)/ or next;
        if ($line =~ /Max-Age=0|Expires=Thu, 01[ -]Jan[ -]1970/i) {
            delete $self->{cookies}{$name};
        } else {
            $self->{cookies}{$name} = $value;
        }
    }
    return $answer;
}

# A copy: what a thief of all cookies, or a second tab, has.
sub copy {
    my $self = shift;
    return bless {%$self, cookies => {%{$self->{cookies}}}}, ref $self;
}

sub get { my ($self, $path, @headers) = @_; return $self->request(GET => $path, headers => \@headers) }

# As a browser navigates.
sub visit {
    my ($self, $path) = @_;
    return $self->get($path, Accept => 'text/html,application/xhtml+xml', 'Sec-Fetch-Mode' => 'navigate',
        'Sec-Fetch-Dest' => 'document');
}

sub post_form {
    my ($self, $path, $fields, @headers) = @_;
    return $self->request(POST => $path, body => form($fields), headers => [Accept => 'text/html',
        Origin => $self->origin, 'Content-Type' => 'application/x-www-form-urlencoded', @headers]);
}

sub json {
    my ($self, $method, $path, $body, @headers) = @_;
    return $self->request($method => $path, body => encode_json($body), headers => [Accept => 'application/json',
        'Sec-Fetch-Mode' => 'cors', Origin => $self->origin, 'Content-Type' => 'application/json', @headers]);
}

sub form {
    my $fields = shift;
    return join '&', map { escape($_) . '=' . escape($fields->{$_}) } sort keys %$fields;
}

sub escape {
    my $text = shift;
    $text =~ s/([^A-Za-z0-9._~-])/sprintf '%%%02X', ord $1/ge;
    return $text;
}

# ---- passwords

# What stands in a page's HTML, as text.
sub plain {
    my %is = (amp => '&', lt => '<', gt => '>', quot => '"', '#39' => "'");
    return $_[0] =~ s/&(#?\w+);/$is{$1}/gr;
}

# The fields of the form on a page.
sub fields {
    my ($self, $answer) = @_;
    return {map { plain($_) } $answer->content =~ /<input type="hidden" name="([^"]+)" value="([^"]*)"/g};
}

sub post_password {
    my ($self, $name, $password, $path) = @_;
    my $page = $self->visit($path // '/login');
    return $self->post_form('/login', {%{$self->fields($page)}, username => $name, password => $password});
}

# Everybody's password in the tests is their name with "-secret".
sub sign_in {
    my ($self, $name, $path) = @_;
    my $answer = $self->post_password($name, "$name-secret", $path);
    die 'sign-in failed: ' . $answer->as_string if $answer->code != 303;
    return $self;
}

sub sign_out { my $self = shift; return $self->post_form('/logout', {}) }

# Who the site says we are, '' for nobody.
sub who {
    my ($self, $path) = @_;
    my $answer = $self->get($path // '/whoami');
    return $answer->code == 200 ? MPin::json_of($answer)->{env}{REMOTE_USER} // '' : '';
}

# ---- PINs

sub settings { my $self = shift; return MPin::json_of($self->get('/rps/clientSettings')) }

sub register {
    my ($self, $name, %more) = @_;
    $self->visit('/login') if !$self->{visited}++;
    return $self->json(PUT => '/rps/user', {userId => $name, mobile => 0, %more});
}

# A device that has a PIN: {mpinId, hash, token, pin, name, owner}.
sub enrol {
    my ($self, $name, $pin, %more) = @_;
    my $answer = $self->register($name, %more);
    die 'registration failed: ' . $answer->as_string if $answer->code != 200;
    return {%{$self->finish(MPin::json_of($answer), $pin)}, name => $name, owner => $self};
}

sub finish {
    my ($self, $registered, $pin) = @_;
    my $id = $registered->{mpinId};
    my $answer = $self->json(POST => "/rps/signature/$id", {regOTT => $registered->{regOTT}});
    die 'signature failed: ' . $answer->as_string if $answer->code != 200;
    my $hash = sha256_hex(pack 'H*', $id);
    my ($token) = MPin::calculate('token', MPin::json_of($answer)->{clientSecretShare}, $hash, $pin);
    return {mpinId => $id, hash => $hash, token => $token, pin => $pin, key => MPin::json_of($answer)->{deviceKey}};
}

# pass1: {x, y, passId}; `U` of one's own may be given.
sub pass1 {
    my ($self, $device, %more) = @_;
    my ($x, $u) = MPin::calculate('pass1', $device->{hash});
    my $answer = $self->json(POST => '/rps/pass1', {mpin_id => $device->{mpinId}, U => $u, UT => '', pass => 1, %more});
    return {%{MPin::json_of($answer)}, x => $x, answer => $answer};
}

sub proof {
    my ($self, $device, $pin, $pass1) = @_;
    my ($v) = MPin::calculate('pass2', $device->{token}, $device->{hash}, $pin, $pass1->{x}, $pass1->{y});
    return $v;
}

sub pass2 {
    my ($self, $device, $pin, $pass1, %more) = @_;
    return $self->json(POST => '/rps/pass2', {mpin_id => $device->{mpinId}, WID => '0', OTP => 0, pass => 2,
        V => $self->proof($device, $pin, $pass1), ($pass1->{passId} ? (passId => $pass1->{passId}) : ()), %more});
}

# The authOTT of both passes.
sub ott {
    my ($self, $device, $pin) = @_;
    return MPin::json_of($self->pass2($device, $pin // $device->{pin}, $self->pass1($device)))->{authOTT};
}

sub authenticate {
    my ($self, $ott, %more) = @_;
    return $self->json(POST => '/mpinAuthenticate', {mpinResponse => {authOTT => $ott}, %more});
}

# A whole PIN login: the answer of /mpinAuthenticate.
sub pin_login {
    my ($self, $device, $pin) = @_;
    return $self->authenticate($self->ott($device, $pin));
}

1;
