# SPDX-License-Identifier: Apache-2.0
# At `LogLevel trace8` httpd itself logs requests and answers as it reads and sends them. Ours is taken out where we come
# before it; where we do not, the lines are those that docs/operations.md, "What httpd itself logs" tells of, and no others.
# LogLevel: trace8
use strict;
use warnings;
use Test::More;
use MPin;
use Story;

from(22);
expect_in_log(qr/AH01630: client denied/);

my %secret = story();

# Who has signed in asks for what each module that handles requests at trace8 has to say of.
my $signed_in = browser(site)->sign_in('john');
for my $path (qw(/protected/echo /protected/proxied /protected/rewritten /old /proxied /protected/index.html)) {
    $signed_in->visit($path);
}
$signed_in->get('/whoami', Cookie => 'theirs=kept');
for my $of ([mount, 'proxied'], [mount, 'rewritten'], [cached, undef], [cached, 'slow']) {
    my ($port, $host) = @$of;
    my $browser = browser($port, host => $host)->sign_in('john');
    $browser->visit($port == mount ? '/anything' : '/protected/proxied');
    request($port, GET => "/rps/signature/$secret{mpinId}?regOTT=hidden-30", host => $host);
    $secret{"$_ at " . ($host // $port)} = $browser->cookie($_) for keys %{$browser->{cookies}};
}
$secret{"$_, signed in"} = $signed_in->cookie($_) for keys %{$signed_in->{cookies}};

my %log = map { $_ => MPin::slurp($_) } glob "$ENV{MPIN_STAGE}/t/logs/*";
my ($error_log) = grep { /error_log$/ } keys %log;

# What httpd writes: the lines, and which of the secrets may stand there.
my $url = qr/^(?:mpinId|regOTT|state|service's secret|hidden)$/;
my %kinds = (
    "an answer's cookies (http:trace4)" => [qr/\[http:trace4\] .* http_filters\.c\(\d+\): .*\]   Set-Cookie: mpin/, qr/^mpin/],
    'where an answer leads (http:trace4)' => [qr{\[http:trace4\] .* http_filters\.c\(\d+\): .*\]   Location: /login\?}, qr/^(?:state|hidden)$/],
    'where a rule of the site leads (http:trace4)' => [qr{\[http:trace4\] .* http_filters\.c\(\d+\): .*\]   Location: https://elsewhere\.}, $url],
    'the line of a request (core:trace5)' => [qr/\[core:trace5\] .* protocol\.c\(\d+\): .*\] Request received from client: /, $url],
    'the path of a request (core:trace3)' => [qr{\[core:trace3\] .* request\.c\(\d+\): .*: /[^?]*$}, qr/^(?:mpinId|service's secret|hidden)$/],
    'the path of a request (cache:debug)' => [qr{\[cache:debug\] }, qr/^mpinId$/],
    'the URL of a request (rewrite:trace2)' => [qr{\[rewrite:trace[1-8]\] }, $url],
    'the path of a place that a login page leads to (proxy:trace2)' => [qr{\[proxy:trace2\] .* attempting to match URI path }, qr/^(?:state|hidden)$/],
    'what mod_proxy takes to an RPS elsewhere (proxy:debug)' => [qr{\[proxy:(?:debug|trace[1-8])\] .*/rps/}, $url],
    'the same (proxy_http:trace1)' => [qr{\[proxy_http:trace1\] .*/rps/}, $url],
);

sub secrets_in {
    my $line = shift;
    return (grep { index($line, $secret{$_}) >= 0 } sort keys %secret), $line =~ /hidden-\d+/ ? 'hidden' : ();
}

subtest 'trace8_shows_secrets_in_known_lines_of_httpd_only' => sub {
    my (%seen, @unknown);
    for my $line (split /\n/, $log{$error_log}) {
        for my $name (secrets_in($line)) {
            my ($kind) = grep { $line =~ $kinds{$_}[0] && $name =~ $kinds{$_}[1] } sort keys %kinds;
            if (defined $kind) { $seen{$kind}++ }
            else { push @unknown, "$name in: " . substr $line, 0, 200 }
        }
    }
    is_deeply \@unknown, [], 'no other line has one';
    ok $seen{$_}, "httpd logs $_" for sort keys %kinds;
    unlike $log{$error_log}, qr{\[cache:debug\] .*\bslow\b.*$secret{mpinId}}, 'but mod_cache nothing below CacheDisable';
};

subtest 'other logs hold none' => sub {
    for my $file (grep { $_ ne $error_log } sort keys %log) {
        is_deeply [map { secrets_in($_) } split /\n/, $log{$file}], [], $file =~ s{.*/}{}r;
    }
};

subtest 'we come before the line in which httpd logs the headers of a request' => sub {
    my @headers = $log{$error_log} =~ /\[http:trace4\] .* http_request\.c\(\d+\): .*\]   (.*)/g;
    ok +(grep { $_ eq 'Cookie: theirs=kept' } @headers), 'it does: somebody else\'s cookie is there';
    ok +(grep { /^Host: service\.example/ } @headers), 'and the request of an application';
    is_deeply [grep { /^(?:Cookie: .*mpin|Authorization: Bearer)/ } @headers], [], 'none of our cookies, no secret of an application';
};

subtest 'who handles a request has nothing of ours to say' => sub {
    for my $module (qw(proxy proxy_http rewrite cgid authz_core cache)) {
        my @lines = $log{$error_log} =~ /^(.*\[$module:(?:debug|trace[1-8])\] .*)$/mg;
        ok @lines > 0, "$module said something";
        is_deeply [grep { $_ !~ $url } map { secrets_in($_) } @lines], [], 'and no cookie, password or proof';
    }
};

subtest 'our own lines are at debug, and hold none' => sub {
    my @lines = $log{$error_log} =~ /^(.*\[auth_mpin:.*)$/mg;
    my %numbers = map { $_ => 1 } map { /\bMPIN(07\d\d): / } @lines;
    cmp_ok scalar keys %numbers, '>', 20, 'of many kinds';
    is_deeply [map { secrets_in($_) } @lines], [], 'without a secret';
};

done;
