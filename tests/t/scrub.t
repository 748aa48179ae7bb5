# What only we may say, nobody else says: identity headers and variables (field's attacks, lesson 13).
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Site;
use Test::More;

my $anonymous = Site->new;
my $john = Site->signed_in;
my $proxied_anonymous = Site->new(5);

# Every spelling of what identifies a user, with a value that must be seen nowhere.
my @names = qw(
    Mpin-User mpin-user MPIN_USER Mpin_Email mPiN-anything Mpin-
    Remote-User remote_user REMOTE-USER Remote_user
    X-Remote-User x_remote_user X-REMOTE_USER
    X-Webauth-User x_webauth_user X-WEBAUTH_USER X-Webauth_Email
);

sub show { my $answer = shift; return $answer->{body} =~ /SERVER_SOFTWARE/ ? $answer->{body} : "no environment: $answer->{raw}" }

subtest 'identity_headers_of_a_client_reach_nobody' => sub {
    my @forged = map { ($_, 'forged') } @names;
    my %branches = (
        'anonymous, public CGI' => sub { $anonymous->ask('GET', '/cgi/public', @_) },
        'anonymous, OPTIONS' => sub { $anonymous->ask('OPTIONS', '/cgi/public', @_) },
        'anonymous, pass' => sub { $anonymous->ask('GET', '/cgi/pass', @_) },
        'anonymous, proxied' => sub { $proxied_anonymous->ask('GET', '/open/', @_) },
        'anonymous, error document' => sub { $anonymous->ask('GET', '/cgi-not-there', @_) },
        'signed in, CGI' => sub { $john->ask('GET', '/cgi/env', @_) },
        'signed in, POST' => sub { $john->ask('POST', '/cgi/env', @_, body => 'x') },
        'signed in, another auth type' => sub {
            $john->ask('GET', '/cgi/basic', @_, Authorization => 'Basic am9objprNy1tYXBsZS00Mg==')
        },
    );
    for my $branch (sort keys %branches) {
        my $seen = show($branches{$branch}->(@forged));
        like $seen, qr/SERVER_SOFTWARE/, $branch;
        unlike $seen, qr/forged/, $branch;
    }
    for my $name (@names) {
        unlike show($anonymous->ask('GET', '/cgi/public', $name, 'forged')), qr/forged/, $name;
        unlike show($proxied_anonymous->ask('GET', '/open/', $name, 'forged')), qr/forged/, "$name, proxied";
    }
};

subtest 'headers_that_only_look_alike_go_through' => sub {
    for my $name (qw(X-Mpin-Thing Remote-Users X-Webauth Mpinning)) {
        like show($anonymous->ask('GET', '/cgi/public', $name, 'kept')), qr/kept/, $name;
    }
};

subtest 'no_request_sets_our_variables' => sub {
    unlike show($anonymous->ask('GET', '/cgi/public', 'X-Evil' => 'forged')), qr/^(REDIRECT_)*MPIN_/m;
    my $seen = show($john->ask('GET', '/cgi/env', 'X-Evil' => 'forged'));
    unlike $seen, qr/MPIN_\w+=forged/;
    like $seen, qr/^MPIN_AMR=pwd$/m;
};

subtest 'an_error_document_that_is_open_knows_no_user' => sub {
    my $seen = show($john->ask('GET', '/cgi-not-there'));
    unlike $seen, qr/^(REDIRECT_)*MPIN_/m;
    unlike $seen, qr/^REMOTE_USER=/m;
};

subtest 'another_auth_types_user_is_not_ours' => sub {
    my $seen = show($john->ask('GET', '/cgi/basic', Authorization => 'Basic am9objprNy1tYXBsZS00Mg=='));
    like $seen, qr/^AUTH_TYPE=Basic$/m;
    unlike $seen, qr/^MPIN_/m, 'though the browser has a session';
    unlike $seen, qr/^HTTP_X_WEBAUTH_USER=/m;
};

subtest 'a_proxied_application_is_told_who_it_is' => sub {
    my $site = Site->signed_in(2);
    my $seen = show($site->ask('GET', '/anything', map { ($_, 'forged') } @names));
    like $seen, qr/^HTTP_X_WEBAUTH_USER=john$/m;
    unlike $seen, qr/forged/;
};

subtest 'an_include_of_a_protected_page_needs_a_user_too' => sub {
    my $answer = $anonymous->ask('GET', '/open/include.shtml');
    is $answer->{status}, 200;
    unlike $answer->{body}, qr/the protected page/;
    unlike $answer->{body}, qr/csrf/, 'and the login is no part of a page';
    like $john->ask('GET', '/open/include.shtml')->{body}, qr/the protected page/;
};

done_testing;
