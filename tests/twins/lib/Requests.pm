# SPDX-License-Identifier: Apache-2.0
package Requests;

# Random requests: {who, method, target, version, headers, body}, with {before}: another that goes first on the same
# connection, and {by}: what carries it. What differs between the twins is filled in when it is sent: %PORT% in texts, and who
# asks, by a cookie at one and a password at the other.

use strict;
use warnings;
use MIME::Base64 'encode_base64';
use Places;

sub one_of { return $_[rand @_] }
sub chance { return rand() < $_[0] }

my @paths = Places::paths();

# ---- who asks ----

sub basic { return (Authorization => 'Basic ' . encode_base64($_[0], '')) }

# The cookie's name is "mpin". Each gives what the MPin page gets.
my %known = (
    plainly => sub { ['Cookie', "mpin=$_[0]"] },
    'among others' => sub { ['Cookie', "a=b; mpin=$_[0]; c=d"] },
    'after another line' => sub { ['Cookie', 'a=b'], ['cookie', "mpin=$_[0]"] },
    'with a password of somebody else' => sub { ['Cookie', "mpin=$_[0]"], [basic('jane:jane-secret')] },
);
my %strangers = (
    nothing => sub { () },
    'a password' => sub { [basic('john:john-secret')] },
    'one bit changed' => sub { ['Cookie', 'mpin=' . flipped($_[0])] },
    'cut off' => sub { ['Cookie', 'mpin=' . substr $_[0], 0, rand length $_[0]] },
    'made longer' => sub { ['Cookie', "mpin=$_[0]" . one_of('A', '=', '%00', 'AAAA')] },
    'twice in a line' => sub { ['Cookie', "mpin=$_[0]; mpin=$_[0]"] },
    'in two lines' => sub { ['Cookie', "mpin=$_[0]"], ['Cookie', "mpin=x"] },
    'under another name' => sub { ['Cookie', one_of(qw(MPIN mpin2 xmpin __Host-mpin mpin-login $mpin)) . "=$_[0]"] },
    'a name' => sub { ['Cookie', 'mpin=' . one_of('john', '', 'null', 'x' x 5000)] },
    'as a parameter' => sub { ['Cookie', "a=mpin=$_[0]"] },
    'in another header' => sub { [one_of(qw(Cookie2 Set-Cookie X-Cookie Mpin)), "mpin=$_[0]"] },
    'signed out' => sub { ['Cookie', "mpin=$_[1]{ended}"] },
    'of another site' => sub { ['Cookie', "mpin=$_[1]{elsewhere}"] },
    'of the time before the login' => sub { ['Cookie', "mpin=$_[1]{before}"] },
);
my @strangers_passwords = ([], [], [basic('john:wrong')], [basic('nobody:john-secret')], [basic('john')], [basic('')],
    [Authorization => 'Basic !!!'], [Authorization => 'Basic'], [Authorization => 'Bearer x'], [basic('jane:john-secret')]);

sub flipped {
    my $text = shift;
    my $at = int rand(length($text) - 1); # of the last letter some bits count for nothing
    substr($text, $at, 1) = substr($text, $at, 1) eq 'A' ? 'B' : 'A';
    return $text;
}

sub somebody {
    my $who = one_of(qw(john john jane jane nobody));
    return {name => $who, how => one_of(sort keys %known)} if $who ne 'nobody';
    return {name => '', how => one_of(sort keys %strangers), of => one_of(qw(john jane)),
        password => one_of(@strangers_passwords), chance => rand 1e9};
}

# The headers that say who asks, at a side: [name, value] pairs.
sub credentials {
    my ($who, $side, $cookies) = @_;
    if ($side eq 'basic') {
        return $who->{name} ? [basic("$who->{name}:$who->{name}-secret")] : grep { @$_ } $who->{password};
    }
    return $known{$who->{how}}->($cookies->{$who->{name}}) if $who->{name};
    srand $who->{chance} if $who->{chance};
    return $strangers{$who->{how}}->($cookies->{$who->{of}}, $cookies);
}

# ---- what is asked for ----

sub spoilt_letter {
    my $letter = shift;
    return one_of(sprintf('%%%02x', ord $letter), sprintf('%%%02X', ord $letter), sprintf('%%25%02x', ord $letter), uc $letter,
        ucfirst lc $letter);
}

my @slashes = ('//', '/./', '/x/../', '%2f', '%2F', '%252f', '\\', '%5c', '/;/', ';a=b/', '/%2e/', '/%2e%2e/', '/../', '/..;/',
    '%00/', '%c0%af', '///', '/.%2f', '/ ', '/%20', '/.', "/\xe2\x80\xae");
my @ends = ('/', '.', '..', '%20', '%00', '%00.html', '::$DATA', '~', '/more', '/more/..', '/..', ';x', '?', '??', '?a=b',
    '?open', '#x', '%23', '%3f', '.html', '.bak', '.en', '/index.html', '/.htaccess', '%0a', '%0d%0aX: y', '/%2e', '%', '%zz',
    '*', '?/john/doc.html', '?' . 'x' x 300);

sub at_random {
    my ($text, $pattern, $make) = @_;
    my @places;
    push @places, [$-[0], $+[0]] while $text =~ /$pattern/g;
    my $place = one_of(@places) or return $text;
    substr($text, $place->[0], $place->[1] - $place->[0]) = $make->(substr $text, $place->[0], $place->[1] - $place->[0]);
    return $text;
}

my @changes = (
    sub { at_random($_[0], qr{/}, sub { one_of(@slashes) }) },
    sub { at_random($_[0], qr{[a-z]}, \&spoilt_letter) },
    sub { $_[0] . one_of(@ends) },
    sub { $_[0] =~ s/\?.*//r . one_of(@ends) },
    sub { one_of(qw(/granted/.. /x/.. /%2e /granted/%2e%2e /. // /granted/x/../.. /login/.. /mpin/..)) . $_[0] },
    sub { one_of(@paths) =~ s{/[^/]*$}{}r . '/../' x int(rand 4) . $_[0] },
    sub { uc $_[0] },
    sub { $_[0] =~ s{[^/]+$}{}r },
    sub { one_of('http://127.0.0.1:%PORT%', 'http://', 'HTTP://directory.twin', 'http://cached.twin:%PORT%',
        'https://127.0.0.1', 'http://john@127.0.0.1', 'ftp://x', '//htaccess.twin', 'x:', '') . $_[0] },
    sub { one_of('*', '127.0.0.1:%PORT%', '', '?', '/', $_[0] x 40, '/' x 200 . $_[0], $_[0] =~ s/^.//r) },
    sub { at_random($_[0], qr{.}, sub { chr int rand 256 }) },
);

# What leads to another path from inside.
my @ways = qw(/ssi/asked.shtml? /ssi/asked.shtml? /ssi/size.shtml? /rw/pt /rw/to /rw/can /rw/reached /rw/away /redirected/..
    /matched /valid/page.cgi /errors/far /fallback-locked);

sub target {
    my $path = one_of(@_ ? @_ : @paths);
    $path = one_of(@ways) . $path if !@_ && chance(0.15);
    my $times = one_of(0, 0, 0, 1, 1, 1, 2, 3);
    $path = one_of(@changes)->($path) for 1 .. $times;
    $path =~ s/\r|\n//g; # they would end the line: what follows would be headers
    return $path;
}

# ---- how ----

my @methods = (('GET') x 60, ('HEAD') x 8, ('POST') x 14, qw(OPTIONS OPTIONS OPTIONS PUT DELETE TRACE CONNECT PROPFIND PATCH
    LOCK MKCOL REPORT BREW get Get head post options GET_ G %47ET QUERY));
my @dav_methods = qw(PROPFIND PROPFIND PROPFIND COPY COPY COPY MOVE MOVE PUT DELETE MKCOL PROPPATCH OPTIONS);
my @dav_paths = grep { m{^/dav} } @paths;
my @versions = (('HTTP/1.1') x 24, ('HTTP/1.0') x 4, qw(HTTP/1.2 HTTP/0.9 HTTP/2.0 HTTP/3 http/1.1 HTTP/1.01 HTTP/1), '');
my @hosts = (('127.0.0.1:%PORT%') x 4, (map { ("$_.twin", "$_.twin:%PORT%") } sort keys %Places::vhost), 'HTACCESS.twin',
    'directory.twin.', 'unknown.example', 'if.twin:1', '', 'a b', '[::1]', 'location.twin@directory.twin');

# As a browser's navigation has them.
my @browser = ([Accept => 'text/html,application/xhtml+xml'], ['Sec-Fetch-Mode' => 'navigate'],
    ['Sec-Fetch-Dest' => 'document']);

my @extra = (
    sub { [Accept => one_of('*/*', 'text/html', 'application/json', 'text/html,application/xhtml+xml', 'text/plain;q=0', 'x',
        'text/event-stream')] },
    sub { ['Accept-Language' => one_of('en', 'de', 'de;q=0.1', 'fr', '*')] },
    sub { [Range => one_of('bytes=0-9', 'bytes=5-', 'bytes=-20', 'bytes=0-1,5-9', 'bytes=9999-', 'bytes=x', 'lines=1-2')] },
    sub { ['If-Modified-Since' => one_of('Tue, 14 Nov 2023 22:13:20 GMT', 'Mon, 01 Jan 2035 00:00:00 GMT', 'x')] },
    sub { ['If-Unmodified-Since' => one_of('Mon, 01 Jan 2001 00:00:00 GMT', 'Tue, 14 Nov 2023 22:13:20 GMT')] },
    sub { ['If-None-Match' => one_of('*', '"x"', 'W/"x"')] },
    sub { ['If-Match' => one_of('*', '"x"')] },
    sub { ['If-Range' => one_of('"x"', 'Tue, 14 Nov 2023 22:13:20 GMT')] },
    sub { [Expect => one_of('100-continue', 'x')] },
    sub { [Upgrade => one_of('websocket', 'TLS/1.0', 'HTTP/2.0')], [Connection => 'Upgrade'] },
    sub { [one_of(qw(X-Original-URL X-Rewrite-URL X-Forwarded-URI X-Forwarded-Prefix)), one_of(@paths)] },
    sub { [one_of(qw(X-HTTP-Method-Override X-HTTP-Method X-Method-Override)), one_of(qw(GET HEAD PUT OPTIONS))] },
    sub { [one_of(qw(X-Forwarded-For Forwarded X-Real-IP X-Client-IP)), one_of('127.0.0.1', 'for=192.0.2.1', '192.0.2.1')] },
    sub { [one_of(qw(X-Forwarded-Host X-Forwarded-Proto X-Forwarded-Server)), one_of('htaccess.twin', 'https')] },
    sub { [one_of(qw(Remote-User REMOTE_USER X-Remote-User X_Remote_User Mpin-User X.Remote.User Proxy-User)),
        one_of(qw(john jane))] },
    sub { ['Sec-Fetch-Mode' => one_of(qw(navigate cors no-cors websocket nested-navigate))] },
    sub { ['Sec-Fetch-Dest' => one_of(qw(document iframe empty script image))] },
    sub { ['Sec-Fetch-Site' => one_of(qw(same-origin cross-site none))] },
    sub { [one_of(qw(Purpose Sec-Purpose X-Moz)), 'prefetch'] },
    sub { ['X-Requested-With' => 'XMLHttpRequest'] },
    sub { [Origin => one_of('http://127.0.0.1:%PORT%', 'https://evil.example', 'null')] },
    sub { [Referer => one_of('http://127.0.0.1:%PORT%/login', 'x', 'https://evil.example/')] },
    sub { ['User-Agent' => one_of('let-in', 'Mozilla/5.0', 'x' x 2000)] },
    sub { ['X-Open' => one_of('yes', 'no')] },
    sub { ['X-Auth' => one_of('yes', 'yes', 'no')] },
    sub { ['X-Shut' => '1'] },
    sub { ['Cache-Control' => one_of('no-cache', 'only-if-cached', 'max-age=0', 'no-store')] },
    sub { [Connection => one_of('keep-alive', 'Cookie', 'Authorization, Cookie', 'close, X-Remote-User', 'x')] },
    sub { [TE => 'trailers'] },
    sub { [one_of('Translate', 'Destination', 'Depth', 'Overwrite'), one_of('f', '/granted/doc.html', '1', 'infinity')] },
    sub { ['X' . chr(33 + int rand 90) => 'x'] },
    sub { ["X-Folded" => "a\r\n b"] },
    sub { ['X-Long' => 'x' x one_of(100, 7000, 9000)] },
    sub { ['Access-Control-Request-Method' => 'PUT'], [Origin => 'https://evil.example'] },
);

# [headers], body
sub with_body {
    my $text = one_of('', 'a=b', 'first line', "a line\nand another\n", '{"a":1}', 'x' x 3000, "user=john\n");
    my $length = length $text;
    my $chunked = join('', map { sprintf "%x\r\n%s\r\n", length, $_ } grep { length } $text, one_of('', 'more')) . "0\r\n";
    return one_of(
        sub { ([['Content-Length' => $length]], $text) },
        sub { ([['Content-Length' => $length], ['Content-Type' => one_of('application/x-www-form-urlencoded', 'text/plain',
            'application/json', 'x')]], $text) },
        sub { ([['Transfer-Encoding' => 'chunked']], "$chunked\r\n") },
        sub { ([['Transfer-Encoding' => 'chunked'], [Trailer => 'X-Remote-User']],
            "${chunked}X-Remote-User: john\r\nCookie: mpin=x\r\nAuthorization: x\r\n\r\n") },
        sub { ([['Content-Length' => one_of(-1, 'x', '1e3', 99999999999999999999, '+1')]], $text) },
        sub { ([['Content-Length' => $length], ['Content-Length' => $length]], $text) },
        sub { ([['Content-Length' => $length], ['Transfer-Encoding' => 'chunked']], "$chunked\r\n") },
        sub { ([['Transfer-Encoding' => one_of('gzip', 'identity', 'chunked, chunked', ' chunked', 'xchunked')]],
            "$chunked\r\n") },
        sub { ([], $text) },
    )->();
}

sub shuffled {
    my @left = @_;
    return map { splice @left, rand @left, 1 } 1 .. @left;
}

# What cannot be the same at both is left out. A cache answers no request that has an Authorization header, which only Basic
# needs: what it would answer in its own way is not asked for. A program's answer is cut into ranges only where all of it
# comes at once. HTTP/0.9 has no headers, and so nobody asks.
sub settled {
    my $request = shift;
    my @headers = @{$request->{headers}};
    my ($target, $method) = @$request{qw(target method)};
    if (grep { /cached/i } $target, map { $_->[1] } grep { $_->[0] =~ /^Host$/i } @headers) {
        @headers = grep { $_->[0] !~ /^(?:If-.*|Range|Cache-Control)$/ } @headers;
        $method = 'GET' if $method ne 'HEAD';
    }
    @headers = grep { $_->[0] ne 'Range' } @headers if $target !~ /doc\.html$/ || $target =~ /cgi|rw|prox|%/;
    if ($request->{by} ne 'bytes') { # curl's
        $request->{before} = undef;
        $method = 'GET' if $method !~ /^(?:GET|POST|OPTIONS|PUT|DELETE|PROPFIND)$/;
    }
    my $who = $request->{version} eq '' ? {name => '', how => 'nothing', of => 'john', password => []} : $request->{who};
    return {%$request, method => $method, headers => \@headers, who => $who};
}

# The first of two keeps the connection open, and is whole.
sub for_more {
    my $request = shift;
    my @headers = grep { $_->[0] !~ /^(?:Connection|Content-Length|Transfer-Encoding|Trailer|Expect|Upgrade|Host|X-Folded)$/i }
        @{$request->{headers}};
    push @headers, [Host => one_of(@hosts)];
    return settled({%$request, method => 'GET', version => 'HTTP/1.1', headers => \@headers, body => ''});
}

# Where only a few paths are meant, they are given.
sub numbered {
    my ($seed, $number, @only) = @_;
    srand $seed * 1_000_003 + $number;
    return random('', @only);
}

sub random {
    my ($first, @only) = @_;
    my $method = one_of(@methods);
    my @headers = map { $_->() } map { one_of(@extra) } 1 .. one_of(0, 0, 1, 1, 2, 3, 6);
    unshift @headers, @browser if chance(0.4);
    my ($more, $body) = chance($method =~ /^(?:POST|PUT|PATCH|post)$/ ? 0.9 : 0.06) ? with_body() : ([], '');
    my $host = [one_of(('Host') x 9, 'host'), one_of(@hosts)];
    my $target = target(@only);
    if ($target =~ /^.dav/ && chance(0.7)) {
        $method = one_of(@dav_methods);
        push @headers, [Depth => one_of(0, 1, 'infinity')], [Overwrite => one_of('T', 'F')],
            [Destination => one_of(("http://$host->[1]") x 2, '') . target(one_of(@dav_paths), '/granted/doc.html')];
    }
    my @hosts = chance(0.97) ? $host : chance(0.5) ? () : ($host, [Host => one_of(@hosts)]);
    return settled({
        who => somebody(),
        method => $method,
        target => $target,
        version => one_of(@versions),
        headers => [shuffled(@hosts, @headers, @$more)],
        body => $body,
        by => $first ? 'bytes' : one_of(('bytes') x 40, 'http2', 'upgrade'),
        before => $first || chance(0.9) ? undef : for_more(random('first', @only)),
    });
}

# ---- as it is sent ----

sub bytes {
    my ($request, $side, $port, $cookies) = @_;
    my $before = $request->{before} ? bytes($request->{before}, $side, $port, $cookies) : '';
    my $line = join ' ', @$request{qw(method target)}, $request->{version} || ();
    return $before . ($line =~ s/%PORT%/$port/gr) . "\r\n" if !$request->{version};
    my @headers = (@{$request->{headers}}, credentials($request->{who}, $side, $cookies));
    my $text = join '', map { "$_\r\n" } $line, map { "$_->[0]: $_->[1]" } @headers;
    return $before . ($text =~ s/%PORT%/$port/gr) . "\r\n$request->{body}";
}

# A header that curl can send as it is, and that does not make it wait.
sub is_for_curl {
    my ($name, $value) = @_;
    return 0 if $name =~ /^(?:Connection|Content-Length|Transfer-Encoding|Trailer|Expect|Upgrade|TE|X-Folded)$/i;
    return $name =~ /^[\w.-]+$/ && $value =~ ($name =~ /^Host$/i ? qr/^[\w.:%]+$/ : qr/./);
}

# curl's arguments. It writes frames of its own, so the path is what can be in them. What comes by an upgrade is not the same
# at both, because MPin lets no request with its cookie be upgraded: httpd decodes the path once more (and see `findings` in
# Judge.pm).
sub for_curl {
    my ($request, $side, $port, $cookies) = @_;
    my $path = $request->{target} =~ m{^/} ? $request->{target} =~ s/%PORT%/$port/gr =~ s/[^!-~]/x/gr : '/valid/doc.html';
    $path = $path =~ s/%/x/gr =~ s{rw/to}{rw/pt}gr if $request->{by} eq 'upgrade';
    my @headers = grep { is_for_curl(@$_) } @{$request->{headers}}, credentials($request->{who}, $side, $cookies);
    return [$request->{by} eq 'http2' ? '--http2-prior-knowledge' : '--http2', '-X', $request->{method},
        (map { ('-H', "$_->[0]: $_->[1]" =~ s/%PORT%/$port/gr) } @headers), "http://127.0.0.1:$port$path"];
}

sub methods_of { my $request = shift; return map { $_->{method} } grep { $_ } $request->{before}, $request }

1;
