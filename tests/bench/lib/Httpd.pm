# SPDX-License-Identifier: Apache-2.0
package Httpd;

# An httpd to measure: one that serves (event MPM), or a single process under callgrind, which counts instructions
# while a connection is processed and writes them down after each. `use Httpd;` comes before `use MPin;`, which is
# the client.

use strict;
use warnings;
use Cwd 'abs_path';
use File::Basename 'dirname';
use File::Path qw(make_path remove_tree);
use File::Temp 'tempdir';
use IO::Socket::INET;
use Time::HiRes 'sleep';

my $source = abs_path(dirname(__FILE__) . '/../../..');
our $build = abs_path($ENV{BUILD} // "$source/build");
our $top;
my $owner = $$;
my %running; # pids

BEGIN {
    my $here = abs_path(dirname(__FILE__));
    unshift @INC, "$here/../../t/lib";
    $top = tempdir('mpin-bench-XXXXXX', TMPDIR => 1, CLEANUP => 1);
    chmod 0755, $top;
    $ENV{MPIN_STAGE} = abs_path($ENV{BUILD} // "$here/../../../build");
}

chomp(my $modules = `apxs -q LIBEXECDIR`);
chomp(my $sbin = `apxs -q SBINDIR`);
my $httpd = (grep { -x } "$sbin/apache2", "$sbin/httpd")[0];

# The two pages that are measured have paths of one length, as httpd's own work depends on it. USUAL is for a server
# with the modules that most have.
use constant {OPEN => '/open-site/page', PROTECTED => '/protected/page', USUAL => '/protected/page.html'};
for my $path (OPEN, PROTECTED, USUAL) {
    make_path(dirname("$top/site$path"));
    write_file("$top/site$path", 'x' x 99 . "\n");
}
sub write_file {
    my ($name, $text) = @_;
    open my $out, '>', $name or die "$name: $!";
    print {$out} $text;
    close $out or die "$name: $!";
    return;
}

sub slurp {
    open my $in, '<', $_[0] or return '';
    local $/;
    return scalar(<$in>) // '';
}

sub program { return $httpd }
sub load_module { return qq(LoadModule $_[0]_module "$modules/mod_$_[0].so"\n) }

# ---- start and stop ---------------------------------------------------------------------------------------

# Httpd->serving(port, conf): with threads, as Debian runs it.
sub serving {
    my ($class, $port, $conf) = @_;
    my $self = $class->configure($port, 'event', "StartServers 1\nThreadsPerChild 25\nMaxRequestWorkers 25\n$conf");
    return $self->start($httpd, '-f', "$self->{folder}/httpd.conf", '-DFOREGROUND');
}

# Httpd->lone(port, conf): one process with one thread, which stays on one connection.
sub lone {
    my ($class, $port, $conf) = @_;
    my $self = $class->configure($port, 'prefork', "StartServers 1\nMaxSpareServers 1\nMaxRequestWorkers 1\n$conf");
    return $self->start($httpd, '-f', "$self->{folder}/httpd.conf", '-DFOREGROUND');
}

# Httpd->counted(port, conf): the same under callgrind.
sub counted {
    my ($class, $port, $conf) = @_;
    my $self = $class->configure($port, 'prefork', $conf);
    $self->start('valgrind', '--tool=callgrind', '--vgdb=no', "--log-file=$self->{folder}/valgrind.log",
        '--toggle-collect=ap_process_connection', '--dump-after=ap_process_connection',
        "--callgrind-out-file=$self->{folder}/counts/part", $httpd, '-f', "$self->{folder}/httpd.conf", '-X');
    $self->count(sub { $self->get_often(OPEN, 5) }); # lazily bound symbols, first allocations
    return $self;
}

sub configure {
    my ($class, $port, $mpm, $conf) = @_;
    my $self = bless {port => $port, folder => "$top/$port"}, $class;
    remove_tree("$self->{folder}/counts");
    make_path("$self->{folder}/counts");
    my $user = '';
    if (!$>) {
        $user = "User www-data\nGroup www-data\n";
        chown((getpwnam 'www-data')[2, 3], "$self->{folder}/counts");
    }
    my $loads = join '', map { load_module($_) }
        grep { !/log_config/ || -e "$modules/mod_log_config.so" } # Debian has it built in
        "mpm_$mpm", qw(log_config authn_core authz_core authz_user);
    write_file("$self->{folder}/httpd.conf", <<"END");
ServerRoot "$self->{folder}"
ServerName 127.0.0.1
Listen 127.0.0.1:$port
PidFile "$self->{folder}/httpd.pid"
ErrorLog "$self->{folder}/error.log"
DefaultRuntimeDir "$self->{folder}"
Mutex "file:$self->{folder}" default
$user${loads}LogFormat "%h %l %u %t \\"%r\\" %>s %b" common
CustomLog "$self->{folder}/access.log" common
DocumentRoot "$top/site"
MaxKeepAliveRequests 0
KeepAliveTimeout 60
$conf
END
    return $self;
}

sub start {
    my ($self, @command) = @_;
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        setpgrp; # prefork ends its whole process group
        open STDERR, '>>', "$self->{folder}/error.log";
        exec @command;
        die "$command[0]: $!";
    }
    $self->{pid} = $pid;
    $running{$pid} = 1;
    for (1 .. 600) {
        return $self if IO::Socket::INET->new(PeerAddr => "127.0.0.1:$self->{port}", Timeout => 1);
        waitpid $pid, 1 and last;
        sleep 0.05;
    }
    die "httpd on port $self->{port} does not start:\n" . substr slurp("$self->{folder}/error.log"), -2000;
}

sub stop { my $self = shift; end(delete $self->{pid}) if $self->{pid}; return }

sub end {
    my $pid = shift;
    kill TERM => $pid;
    waitpid $pid, 0;
    delete $running{$pid};
    return;
}

sub DESTROY { my $self = shift; local $?; $self->stop; return }

# Before File::Temp removes the folder in which they write.
END {
    local $?;
    end($_) for $owner == $$ ? keys %running : ();
}

# ---- requests -------------------------------------------------------------------------------------------------

# The same GET n times on one connection; each must be answered 200.
sub get_often {
    my ($self, $path, $n, @headers) = @_;
    return $self->ask_often("GET $path", $n, '', @headers);
}

# The same request with its body.
sub ask_often {
    my ($self, $what, $n, $body, @headers) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$self->{port}", Timeout => 20) or die "connection: $!";
    my $request = join "\r\n", "$what HTTP/1.1", "Host: 127.0.0.1:$self->{port}", @headers, '', $body;
    for (1 .. $n) {
        syswrite $socket, $request;
        my ($answer, $end) = ('', -1);
        while (1) {
            sysread $socket, $answer, 65536, length $answer or die "no answer for $what";
            $end = index $answer, "\r\n\r\n" if $end < 0;
            next if $end < 0;
            my ($length) = $answer =~ /^Content-Length: (\d+)/mi;
            if (!defined $length && $answer =~ /^Transfer-Encoding: chunked/mi) {
                $answer =~ /\r\n0\r\n\r\n\z/ ? last : next;
            }
            last if length $answer == $end + 4 + ($length // 0);
        }
        $answer =~ m{^HTTP/1.1 200 } or die "$what: $answer";
    }
    return;
}

# ---- instructions ----------------------------------------------------------------------------------------------

sub parts { my $self = shift; return glob "$self->{folder}/counts/part.*" }

# Until everything so far has been written down: a part is, before its connection is closed and the next accepted.
sub settle {
    my $self = shift;
    my $socket = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$self->{port}", Timeout => 20) or die "connection: $!";
    syswrite $socket, "GET / HTTP/1.0\r\n\r\n";
    1 while sysread $socket, my $answer, 65536;
    return;
}

# What `$work` cost, which makes one connection.
sub count {
    my ($self, $work) = @_;
    $self->settle;
    my $parts = () = $self->parts;
    $work->();
    for (1 .. 600) {
        my $file = sprintf '%s/counts/part.%d', $self->{folder}, $parts + 1;
        return $1 if slurp($file) =~ /^(?:summary|totals): (\d+)/m;
        sleep 0.05;
    }
    die "callgrind wrote no part after $parts";
}

# Instructions of one GET among many: what twice as many cost more.
our $times = 150;

sub instructions {
    my ($self, $path, @headers) = @_;
    return $self->instructions_of("GET $path", '', @headers);
}

sub instructions_of {
    my ($self, @request) = @_;
    my $what = shift @request;
    return $self->instructions_in($times, $what, @request);
}

# The same where one request is a lot, and fewer of them tell as much.
sub instructions_in {
    my ($self, $few, $what, @request) = @_;
    my ($once, $twice) = map { my $n = $_; $self->count(sub { $self->ask_often($what, $n, @request) }) } $few, 2 * $few;
    return ($twice - $once) / $few;
}

# Where they went, after `instructions`: [function, what it and those it calls took] of the functions of a library.
sub functions {
    my ($self, $library) = @_;
    my $part = "$self->{folder}/counts/part." . scalar(() = $self->parts);
    return map { /^ *([\d,]+) .*[:\/](\w+)\S* \[\S*$library/ ? [$2, $1 =~ tr/,//dr / (2 * $times)] : () }
        `callgrind_annotate --auto=no --inclusive=yes --threshold=100 $part`;
}

1;
