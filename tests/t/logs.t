# Logs name what happened and hold no secret (docs/security.md, "Logs").
use strict;
use warnings;
use Test::More;
use MPin;

from(21);
expect_in_log(qr/AH01630: client denied/);

subtest 'grep_of_all_logs_finds_no_secret_of_a_full_story' => sub {
    my %secret;
    my $browser = browser(site);
    my $keep = sub {
        my $when = shift;
        $secret{"$_, $when"} = $browser->cookie($_) for keys %{$browser->{cookies}};
    };
    my $login = $browser->visit('/protected/?ours=no')->header('Location');
    ($secret{state}) = $login =~ /s=(\w+)/;
    my $fields = $browser->fields($browser->get($login, Referer => origin(site) . "$login&referer=hidden-1"));
    $secret{token} = $fields->{csrf};
    $secret{'wrong password'} = 'my-other-password';
    $browser->post_form('/login', {%$fields, username => 'john', password => $secret{'wrong password'}});
    $secret{password} = 'john-secret';
    $browser->post_form('/login', {%$fields, username => 'john', password => $secret{password}});
    $keep->('by password');

    my $registered = json_of($browser->register('john'));
    @secret{qw(mpinId regOTT)} = @$registered{qw(mpinId regOTT)};
    $browser->get("/rps/signature/$registered->{mpinId}?regOTT=" . '0' x 31 . '1hidden-2');
    $browser->get("//rps/./signature/$registered->{mpinId}?regOTT=hidden-3");
    my $answer = json_of($browser->get("/rps/signature/$registered->{mpinId}?regOTT=$registered->{regOTT}"));
    $secret{'secret share'} = $answer->{clientSecretShare};
    $secret{'other share'} = json_of($browser->get("/rps/dta/clientSecret?$answer->{params}"))->{clientSecret};
    ($secret{'client secret'}) = MPin::calculate('add', @secret{'secret share', 'other share'});
    my $hash = Digest::SHA::sha256_hex(pack 'H*', $registered->{mpinId});
    my ($token) = MPin::calculate('token', $secret{'client secret'}, $hash, '1234');
    my $device = {mpinId => $registered->{mpinId}, hash => $hash, token => $token};
    for my $pin ('9999', '1234') {
        my $pass1 = $browser->pass1($device);
        my $v = $browser->proof($device, $pin, $pass1);
        my $ott = json_of($browser->pass2($device, $pin, $pass1))->{authOTT};
        @secret{"y $pin", "passId $pin", "V $pin", "authOTT $pin"} = (@$pass1{qw(y passId)}, $v, $ott);
        $browser->authenticate($ott);
        $browser->authenticate($ott);
    }
    $keep->('by PIN');

    my $code = json_of($browser->json(POST => '/rps/getQrUrl', {}));
    ($secret{wid}, $secret{webOTT}) = ($code->{qrUrl} =~ /#(\w+)/, $code->{webOTT});
    $browser->json(POST => '/rps/access', {webOTT => $secret{webOTT}});
    $browser->json(POST => '/rps/codeStatus', {status => 'user', wid => $secret{wid}, userId => 'hidden-18'});
    my $pass2 = json_of($browser->pass2($device, '1234', $browser->pass1($device), WID => $secret{wid}));
    $secret{"phone's authOTT"} = $pass2->{authOTT};
    my $other = browser(site);
    $other->settings;
    $other->json(POST => '/rps/authenticate', {mpinResponse => {authOTT => $pass2->{authOTT}}});
    $browser->json(POST => '/logout', {userId => 'john', sessionToken => 'hidden-19'});

    # What goes wrong is logged no more openly.
    $browser->request(DELETE => "/rps/user/$registered->{mpinId}?hidden-4");
    $browser->get("/rps/hidden-5/$registered->{mpinId}");
    $browser->json(POST => "/mpinAuthenticate?hidden-6", {mpinResponse => {authOTT => 'hidden-7'}});
    $browser->request(POST => '/login', body => 'password=hidden-8' . 'x' x 20000);
    $browser->request(POST => '/rps/pass1', body => '{"U":"hidden-9', headers => ['Content-Type' => 'application/json']);
    request(site, 'GET', '/login?return=/hidden-10', headers => [Cookie => 'mpin=hidden-11; mpin=hidden-12']);
    $browser->get('/logout?hidden-13', Referer => origin(site) . '/login?hidden-14');
    request(mount, 'GET', "/rps/signature/$registered->{mpinId}?regOTT=hidden-15", host => $_)
        for qw(denied other-address proxied redirected);
    $browser->get('/rps/signature/' . 'hidden-16' x 900);
    $browser->get("/rps/signature/$registered->{mpinId}%2f?regOTT=$registered->{regOTT}");
    request(site, 'GET', "http://127.0.0.1/rps/signature/$registered->{mpinId}?regOTT=hidden-17");
    $browser->get('/protected/?theirs=kept', Referer => 'http://there.example/?theirs=kept');
    $browser->sign_out;

    my %log = map { $_ => MPin::slurp($_) } glob "$ENV{MPIN_STAGE}/t/logs/*";
    for my $name (sort keys %secret) {
        ok length($secret{$name}) > 8, "$name is known";
        is_deeply [grep { index($log{$_}, $secret{$name}) >= 0 } keys %log], [], "$name is in no log";
    }
    for my $file (sort keys %log) {
        is_deeply [$log{$file} =~ /hidden-\d+/g], [], $file =~ s{.*/}{}r . ' holds nothing that was hidden';
    }

    my ($access) = grep { /access_log$/ } keys %log;
    ok $log{$access} =~ qr{"GET /protected/\?theirs=kept HTTP/1.1" /protected/index.html\?theirs=kept \S+ 200 "http://there.example/\?theirs=kept" "-" john},
        'what is not ours is logged as ever';
    ok $log{$access} =~ qr{"GET /rps/signature/\.\.\. HTTP/1.1" /rps/signature/\.\.\. \S+ 400 }, 'what is, in short';
    ok $log{$access} =~ qr{"DELETE /rps/user/\.\.\. HTTP/1.1" }, 'with its method';
    ok $log{$access} =~ qr{"GET /login HTTP/1.1" /login \S+ 200 "\Q@{[origin(site)]}\E/login"}, 'and the Referer in short';
};

subtest 'each event is one audit line' => sub {
    my @lines = split /\n/, audit_log();
    my %seen;
    for my $line (@lines) {
        my $record = eval { JSON::decode_json($line) } or fail "no JSON: $line";
        like "$record->{time} $record->{address} $record->{request}",
            qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z 127\.0\.0\.\d+ [\w\@-]+$/, $record->{event}
            if !$seen{$record->{event}}++;
        ok !$record->{identity} || $record->{identity} =~ /^[0-9a-f]{12}$/, 'an identity is shortened'
            if $record->{identity};
    }
    ok $seen{$_}, $_ for qw(login_password password_wrong registered identity_activated pin_wrong login_pin logout);
};

done;
