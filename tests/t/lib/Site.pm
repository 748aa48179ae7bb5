# A browser that does exactly what it is told: requests as text, answers in parts, cookies only when asked for.
package Site;
use strict;
use warnings;
use IO::Socket::INET ();

my $port = $ENV{PORT};

# Site->new, or of the vhost at port + N.
sub new {
    my ($class, $vhost) = @_;
    return bless { port => $port + ($vhost // 0), cookies => {} }, $class;
}

sub origin { return "http://127.0.0.1:$_[0]{port}" }

# Sends text as it is; the answer as {status, headers (name => [values]), body, raw}.
sub send_raw {
    my ($self, $text) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $self->{port}, Timeout => 30)
        or die "port $self->{port}: $!";
    $socket->print($text);
    $socket->shutdown(1);
    local $/;
    my $raw = <$socket> // '';
    $raw =~ s/^HTTP\/1\.1 100 .*?\r\n\r\n//s;
    my ($head, $body) = split /\r\n\r\n/, $raw, 2;
    my ($line, @lines) = split /\r\n/, $head // '';
    my %headers;
    for (@lines) {
        my ($name, $value) = split /:\s*/, $_, 2;
        push @{$headers{lc $name}}, $value;
    }
    my ($status) = ($line // '') =~ /^HTTP\/\S+ (\d+)/;
    if (($headers{'transfer-encoding'} // [''])->[0] eq 'chunked') {
        my $whole = '';
        while ($body =~ s/^([0-9a-fA-F]+)\r\n//) {
            my $length = hex $1 or last;
            $whole .= substr $body, 0, $length;
            substr($body, 0, $length + 2) = '';
        }
        $body = $whole;
    }
    return { status => $status // 0, headers => \%headers, body => $body // '', raw => $raw };
}

# $site->ask('GET', '/path', header => value, ..., body => text): as a browser's navigation unless headers say
# otherwise; a header of undef is left out. Cookies are kept.
sub ask {
    my ($self, $method, $path, @more) = @_;
    my %headers = (Host => "127.0.0.1:$self->{port}", Connection => 'close', Accept => 'text/html');
    my @extra;
    my $body;
    while (my ($name, $value) = splice @more, 0, 2) {
        if ($name eq 'body') { $body = $value }
        elsif (exists $headers{$name}) { $headers{$name} = $value }
        else { push @extra, [$name, $value] }
    }
    my $cookies = join '; ', map { "$_=$self->{cookies}{$_}" } sort keys %{$self->{cookies}};
    push @extra, ['Cookie', $cookies] if $cookies ne '' && !grep { $_->[0] eq 'Cookie' } @extra;
    push @extra, ['Content-Length', length $body]
        if defined $body && !grep { $_->[0] =~ /^(Content-Length|Transfer-Encoding)$/ } @extra;
    my $text = "$method $path HTTP/1.1\r\n";
    $text .= "$_->[0]: $_->[1]\r\n" for grep { defined $_->[1] } (map { [$_, $headers{$_}] } sort keys %headers), @extra;
    my $answer = $self->send_raw("$text\r\n" . ($body // ''));
    for (@{$answer->{headers}{'set-cookie'} || []}) {
        my ($name, $value) = /^([^=;]+)=([^;]*)/ or next;
        if ($value eq '') { delete $self->{cookies}{$name} } else { $self->{cookies}{$name} = $value }
    }
    return $answer;
}

sub header { my ($answer, $name) = @_; return join ', ', @{$answer->{headers}{lc $name} || []} }

# The value of a hidden field of a page.
sub field { my ($answer, $name) = @_; my ($value) = $answer->{body} =~ /name="$name" value="([^"]*)"/; return $value }

# Signs in by password, at /login or at the login page that $path leads to; the last answer.
sub sign_in {
    my ($self, $user, $password, $path) = @_;
    my $page = $path ? $self->ask('GET', header($self->ask('GET', $path), 'Location')) : $self->ask('GET', '/login');
    return $self->post_form('/login', username => $user, password => $password, csrf => field($page, 'csrf'),
                            s => field($page, 's') // '');
}

sub post_form {
    my ($self, $path, @fields) = @_;
    my @pairs;
    while (my ($name, $value) = splice @fields, 0, 2) {
        s/([^A-Za-z0-9_.-])/sprintf '%%%02X', ord $1/ge for $value;
        push @pairs, "$name=$value";
    }
    return $self->ask('POST', $path, 'Content-Type' => 'application/x-www-form-urlencoded', Origin => $self->origin,
                      body => join '&', @pairs);
}

# A site with a session of john's.
sub signed_in {
    my ($class, $vhost) = @_;
    my $site = $class->new($vhost);
    my $answer = $site->sign_in('john', 'k7-maple-42');
    die "sign-in failed: $answer->{raw}" unless $answer->{status} == 303 && $site->{cookies}{mpin};
    return $site;
}

1;
