# SPDX-License-Identifier: Apache-2.0
# Every endpoint with good, bad and hostile input: a 4xx that says what is wrong, and the server stands.
use strict;
use warnings;
use Test::More;
use MPin;

from(11);

my $id = unpack 'H*', '{"mobile":0,"userID":"nobody"}';
my @json_routes = (
    [POST => '/mpinAuthenticate'], [PUT => '/rps/user'], [PUT => "/rps/user/$id"],
    [POST => "/rps/signature/$id"], [POST => "/rps/setupDone/$id"], [POST => '/rps/pass1'], [POST => '/rps/pass2'],
    [POST => '/rps/standing'], [POST => '/rps/remove'],
    [POST => '/rps/access'], [POST => '/rps/codeStatus'], [POST => '/rps/authenticate'],
);
my @form_routes = ([POST => '/login'], [POST => '/logout']);
my @get_routes = ('/login', '/logout', '/rps/clientSettings', '/rps/mobileConfig', '/service', "/rps/signature/$id", '/mpin.js', '/mpin/mpin.css');

my $json = 'application/json';
my $form = 'application/x-www-form-urlencoded';
my @own = (Origin => origin(site));
my $asks_nothing = qr{setupDone|logout}; # these want no particular body

sub send_body {
    my ($route, $type, $body, @more) = @_;
    return request(site, @$route, body => $body, headers => [@own, $type ? ('Content-Type' => $type) : (), @more]);
}

sub name { return "@{$_[0]}[0] " . ($_[0][1] =~ s/$id/ID/r) }

subtest 'a body of no type or of another type is refused' => sub {
    for my $route (@json_routes, @form_routes) {
        my $type = $route->[1] =~ /log/ ? $form : $json;
        for my $odd (undef, $route->[1] eq '/login' ? 'text/plain' : (), 'text/html', 'text/plainer', 'multipart/form-data; boundary=x', "x$type", "${type}x", '', ';', '"') {
            is send_body($route, $odd, '{"a":1}')->code, 415, name($route) . ' with ' . ($odd // 'no type');
        }
        isnt send_body($route, "\U$type\E; charset=utf-8", $type eq $form ? 'a=1' : '{"a":1}')->code, 415,
            name($route) . ' takes its type in capitals and with a parameter';
    }
};

# Milagro's mobile app: what a browser makes of a string in XMLHttpRequest.send.
subtest 'JSON is taken as plain text, too, from our own origin' => sub {
    for my $route (@json_routes, [POST => '/logout']) {
        for my $body ('{"a":1}', '{"mobile":"1"}', 'a=1', '') {
            my @wants = (Accept => $json); # no page, which has a time in it
            my $answer = send_body($route, 'text/plain;charset=UTF-8', $body, @wants);
            my $same = send_body($route, $json, $body, @wants);
            is_deeply [$answer->code, $answer->content =~ s/"(at|request|id)":"[^"]*"//gr],
                [$same->code, $same->content =~ s/"(at|request|id)":"[^"]*"//gr], name($route) . " with $body";
            isnt $answer->code, 415, name($route);
        }
        for my $foreign ([Origin => 'https://evil.example'], [Origin => 'null'], ['Sec-Fetch-Site' => 'cross-site'],
            ['Sec-Fetch-Site' => 'same-site']) {
            my $answer = request(site, @$route, body => '{"a":1}', headers => [@$foreign, 'Content-Type' => 'text/plain;charset=UTF-8']);
            is $answer->code, 403, name($route) . " with @$foreign";
            like $answer->content, qr/MPIN0025/, 'the origin is refused';
        }
    }
};

subtest 'an empty body needs no type' => sub {
    for my $route (@json_routes, @form_routes) {
        for my $headers ([], ['Content-Length' => 0], ['Content-Length' => 0, 'Content-Type' => $json]) {
            my $answer = request(site, @$route, headers => [@own, @$headers]);
            like $answer->code, $route->[1] =~ $asks_nothing ? qr/^(200|303)$/ : qr/^4(?!15)\d\d$/, name($route);
        }
    }
};

subtest 'chunks are put together' => sub {
    for my $route (@json_routes, @form_routes) {
        my ($type, $body) = $route->[1] =~ /log/ ? ($form, 'csrf=1&username=a') : ($json, '{"userId":" "}');
        my $whole = send_body($route, $type, $body);
        my $chunks = join '', map { sprintf "1\r\n%s\r\n", $_ } split //, $body;
        my $chunked = send_body($route, $type, "${chunks}0\r\n\r\n", 'Transfer-Encoding' => 'chunked',
            'Content-Length' => undef);
        is $chunked->code, $whole->code, name($route);
    }
};

subtest 'what is not framed as HTTP wants it is refused' => sub {
    for my $route (@json_routes, @form_routes) {
        my $type = $route->[1] =~ /log/ ? $form : $json;
        my $head = "@$route HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: @{[origin(site)]}\r\nContent-Type: $type\r\n" .
            "Connection: close\r\n";
        is raw(site, "${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n", end => 1)->code, 400,
            name($route) . ': a chunk of no size';
        is raw(site, "${head}Transfer-Encoding: chunked\r\n\r\n5\r\n{}", end => 1)->code, 400,
            name($route) . ': a chunk cut off';
        is raw(site, "${head}Content-Length: 100\r\n\r\n{", end => 1)->code, 400, name($route) . ': a body cut off';
        like raw(site, "${head}Content-Length: $_\r\n\r\n{}", end => 1)->code, qr/^(400|413)$/,
            name($route) . ": Content-Length $_" for '-1', '1e3', '99999999999999999999999', ' ', '0x10';
    }
};

subtest 'a body may have 16 KiB and not a byte more' => sub {
    for my $route (@json_routes, @form_routes) {
        my ($type, $begin, $end) = $route->[1] =~ /log/ ? ($form, 'a=', '') : ($json, '{"a":"', '"}');
        my $fill = 16384 - length "$begin$end";
        isnt send_body($route, $type, $begin . 'x' x $fill . $end)->code, 413, name($route) . ': 16 KiB';
        is send_body($route, $type, $begin . 'x' x ($fill + 1) . $end)->code, 413, name($route) . ': one more';
        is send_body($route, $type, $begin . 'x' x 10_000_000 . $end)->code, 413, name($route) . ': 10 MB';
        my $chunk = sprintf "%x\r\n%s\r\n", 65536, 'x' x 65536;
        is send_body($route, $type, $chunk x 160 . "0\r\n\r\n", 'Transfer-Encoding' => 'chunked',
            'Content-Length' => undef)->code, 413, name($route) . ': 10 MB in chunks';
    }
};

subtest 'what is not one JSON object is refused' => sub {
    for my $route (@json_routes) {
        my $malformed = $route->[1] =~ /pass/ ? 403 : 400;
        for my $body ('x', '[]', '"a"', '1', 'null', '{', '{}{}', '{"a":1,}', "{'a':1}", '{"a":1} x', '{"a":"' . "\x01" .
            '"}', qq({"a":"\xff"}), '{"a":"\u0000"}', '{"a":1,"a":2}', '{"a":1e999}', '[' x 8000, '{"a":' x 3000,
            '{"a":' . '[' x 3000 . ']' x 3000 . '}') {
            is send_body($route, $json, $body)->code, $malformed, name($route) . ': ' . substr $body, 0, 20;
        }
    }
};

subtest 'a field of another type is as good as malformed' => sub {
    my %fields = (
        '/mpinAuthenticate' => ['mpinResponse'],
        '/rps/user' => [qw(userId)],
        "/rps/signature/$id" => ['regOTT'],
        '/rps/pass1' => [qw(mpin_id U)],
        '/rps/pass2' => [qw(mpin_id V WID OTP passId)],
    );
    my @values = ('null', '0', '-1', '1.5', 'true', '[]', '{}', '[[["x"]]]', '""', '"' . 'x' x 9000 . '"', '"\\u202e"',
        '"a b"', '"\\n"');
    for my $route (grep { $fields{$_->[1]} } @json_routes) {
        for my $field (@{$fields{$route->[1]}}) {
            my @wrong = grep {
                my $answer = send_body($route, $json, qq({"$field":$_}));
                $answer->code !~ /^4\d\d$/ || !json_of($answer)->{code} || !json_of($answer)->{id};
            } @values;
            is "@wrong", '', name($route) . " refuses every $field, with a code";
        }
    }
};

subtest 'another method is 405, and Allow says which' => sub {
    my %allowed;
    push @{$allowed{$_->[1]}}, $_->[0] for @json_routes, @form_routes;
    push @{$allowed{$_}}, 'GET', 'HEAD' for @get_routes;
    for my $path (sort keys %allowed) {
        my %good = map { $_ => 1 } @{$allowed{$path}};
        for my $method (grep { !$good{$_} } qw(GET HEAD POST PUT DELETE PATCH OPTIONS PROPFIND WHATEVER)) {
            my $answer = request(site, $method, $path, headers => \@own);
            is $answer->code, 405, "$method $path" =~ s/$id/ID/r;
            is_deeply [sort split /, /, $answer->header('Allow') // ''], [sort keys %good], 'Allow';
        }
    }
};

subtest 'HEAD is GET without a body' => sub {
    for my $path (grep { !/signature/ } @get_routes) {
        my $head = request(site, 'HEAD', $path);
        is $head->code, request(site, 'GET', $path)->code, $path;
        is $head->content, '', 'no body';
    }
};

subtest 'a query of any kind does no harm' => sub {
    for my $path (@get_routes) {
        for my $query ('?', '?=', '?&&&', '?%', '?%00', '?%zz', '?s=%00', '?s=' . 'a' x 4000, '?return=' . '%2f' x 1000,
            '?' . join('&', map { "a$_=b" } 1 .. 500), '?regOTT', '?regOTT=%22%3e', '?offer=1&s=%f0%28') {
            like request(site, 'GET', "$path$query")->code, qr/^(200|303|400|404)$/, "$path$query" =~ s/$id/ID/r;
        }
    }
};

is request(site, 'GET', '/login')->code, 200, 'and the server stands';
done;
