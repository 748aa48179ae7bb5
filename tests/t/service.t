# This server as the RPS of other applications (MPinService): what only they may ask.
use strict;
use warnings;
use Test::More;
use MPin;

from(31);
my $secret = 'a-secret-of-the-service';
my @private = ([GET => '/status'], [POST => '/status']);

# Of the service for who is on this machine, as an application asks.
sub ask {
    my ($method, $path, %how) = @_;
    return request(service, $method, $path, host => 'localhost:' . service, %how);
}

# Of the one that wants a secret.
sub ask_far {
    my ($method, $path, @headers) = @_;
    return request(service, $method, $path, host => 'service.example', headers => \@headers);
}

sub is_json { return json_of($_[0])->{code} // 'none' }

subtest 'private_routes_absent_on_public_vhost' => sub {
    for my $row (@private) {
        my ($method, $path) = @$row;
        my %how = (body => $method eq 'GET' ? undef : '{}', headers => ['Content-Type' => 'application/json']);
        for my $port (site, strict, closed) {
            my $answer = request($port, $method, $path, %how);
            is $answer->code, 404, "$method $path is nothing at $port";
            is is_json($answer), 'none', 'and not ours';
        }
        isnt request(service, $method, $path, %how)->code, 200, "nor on a vhost beside it";
    }
    is ask(GET => $_)->code, 404, "the service has no $_" for '/login', '/logout', '/mpinAuthenticate', '/mpinVerify';
    is ask(GET => $_)->code, 200, "it has $_" for '/rps/clientSettings', '/mpin.js';
};

subtest 'a service says that it is there' => sub {
    my $answer = ask(GET => '/status');
    is $answer->code, 200, 'to who is on this machine';
    is_deeply json_of($answer), {message => 'active', version => '0.3'}, 'as Milagro\'s does';
    is ask(DELETE => '/status')->code, 405, 'in one way';
};

subtest 'loopback_privileges_vanish_behind_a_proxy_and_with_a_foreign_host' => sub {
    is ask(GET => '/status', headers => $_)->code, 403, "not with @$_" for ['X-Forwarded-For' => '192.0.2.1'],
        [Forwarded => 'for=192.0.2.1'], [Via => '1.1 proxy'], ['X-Real-IP' => '127.0.0.1'];
};

subtest 'a browser is no application' => sub {
    is ask(GET => '/status', headers => $_)->code, 403, "not with @$_" for [Origin => 'http://localhost:' . service],
        [Origin => 'null'], ['Sec-Fetch-Site' => 'same-origin'], ['Sec-Fetch-Site' => 'none'];
    is ask_far(GET => '/status', Authorization => "Bearer $secret", Origin => 'https://service.example')->code, 403,
        'secret or not';
};

subtest 'an application names the secret' => sub {
    is ask_far(GET => '/status', @$_)->code, 403, "not without: @$_" for [], [Authorization => $secret],
        [Authorization => "Bearer ${secret}x"], [Authorization => 'Bearer '], [Authorization => "Basic $secret"],
        [Authorization => 'Bearer ' . uc $secret];
    is ask_far(GET => '/status', Authorization => "Bearer $secret")->code, 200, 'in a header';
    is ask_far(GET => "/$secret/status")->code, 200, 'or in the path: Milagro\'s can send no header';
    is ask_far(GET => "/$secret//status")->code, 200, 'with a / too many';
    is ask_far(GET => "/$_/status")->code, 404, "not with $_" for "${secret}x", substr($secret, 1), uc $secret, 'status';
    my $answer = ask_far(GET => "/$secret/nothing");
    is $answer->code . is_json($answer), '404not_found', 'behind it everything is ours';
    is ask_far(GET => "/$secret")->code, 404, 'alone it is nothing';
    is ask(GET => "/$secret/status")->code, 404, 'and is nobody else\'s';
    my @shown = grep { /service\.example.*\/\Q$secret\E[\/ ]/ } map { split /\n/, MPin::slurp($_) } glob "$ENV{MPIN_STAGE}/t/logs/*_log";
    is_deeply \@shown, [], 'no log shows it';
};

done;
