# Shared caches (security model).
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Site;
use Test::More;

subtest 'mod_cache_never_serves_protected_content_to_anonymous' => sub {
    my $john = Site->signed_in(5);
    for my $path ('/protected/a', '/protected/a?public') {
        for (1 .. 2) {
            my $answer = $john->ask('GET', $path);
            is $answer->{status}, 200, $path;
            my $cache = Site::header($answer, 'Cache-Control');
            like $cache, qr/\bprivate\b/, $path;
            unlike $cache, qr/public|s-maxage/, $path;
            unlike Site::header($answer, 'X-Cache'), qr/^HIT/, "$path is not kept";
        }
        is(Site->new(5)->ask('GET', $path)->{status}, 302, "$path without a session");
    }
};

subtest 'what_is_public_stays_public' => sub {
    my $site = Site->new(5);
    my $answer = $site->ask('GET', '/open/b?public');
    is Site::header($answer, 'Cache-Control'), 'public, max-age=600, s-maxage=900';
    like Site::header($site->ask('GET', '/open/b?public'), 'X-Cache'), qr/^HIT/;
    my $john = Site->signed_in(5);
    $answer = $john->ask('GET', '/open/c?public');
    is Site::header($answer, 'Cache-Control'), 'public, max-age=600, s-maxage=900', 'a session alone makes nothing private';
    is Site::header($answer, 'Set-Cookie'), '', 'nor is it renewed there';
};

subtest 'a_cookie_of_ours_is_in_no_cache' => sub {
    my $site = Site->new(5);
    my $answer = $site->ask('GET', '/open/d?public', Cookie => 'mpin=1; mpin=2');
    like Site::header($answer, 'Set-Cookie'), qr/mpin=;/;
    like Site::header($answer, 'Cache-Control'), qr/private/;
    unlike Site::header($site->ask('GET', '/open/d?public'), 'X-Cache'), qr/^HIT/;
};

subtest 'private_in_both_header_tables' => sub {
    my $john = Site->signed_in;
    for my $path ('/cgi/env?public', '/cgi/cached-public', '/cgi/env?public&status403', '/protected/not-there') {
        my $answer = $john->ask('GET', $path);
        my @lines = @{$answer->{headers}{'cache-control'}};
        is @lines, 1, "$path: one line";
        like $lines[0], qr/\bprivate$/, $path;
        unlike $lines[0], qr/public|s-maxage/, $path;
    }
};

done_testing;
