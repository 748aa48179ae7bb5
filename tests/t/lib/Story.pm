# SPDX-License-Identifier: Apache-2.0
# A story that meets every secret there is: a login by password and by PIN, a registration by an old client and by ours, a
# phone, and what goes wrong with each. What the person, their device and their browser know is given back by name.
package Story;

use strict;
use warnings;
use Digest::SHA;
use Exporter 'import';
use JSON;
use MPin;

our @EXPORT = qw(story);

sub story {
    my %secret;
    my $browser = browser(site);
    my $keep = sub {
        my $when = shift;
        $secret{"$_, $when"} = $browser->cookie($_) for keys %{$browser->{cookies}};
    };
    my $login = $browser->visit('/protected/?ours=no')->header('Location');
    $secret{state} = $login; # where somebody wants to go is nobody's business
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
        $secret{'device key'} = json_of($browser->authenticate($ott))->{deviceKey};
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
    for my $ask (qw(standing remove)) {
        my $said = $browser->json(POST => "/rps/$ask", {mpin_id => $registered->{mpinId}, deviceKey => $secret{'device key'}});
        $said->code == 200 or die "$ask: ", $said->as_string;
    }

    # An RPS elsewhere, to which mod_proxy takes what old clients ask, and a service whose applications name a secret.
    request(mount, GET => "/rps/$_$registered->{mpinId}?regOTT=hidden-20", host => 'front') for qw(signature/ timePermit/ hidden-21/);
    request(mount, POST => "/rps/user/$registered->{mpinId}?hidden-22", host => 'front', body => '{"userId":"hidden-23"}',
        headers => ['Content-Type' => 'application/json', Referer => origin(mount) . '/login?hidden-24']);
    $secret{"service's secret"} = 'a-secret-of-the-service';
    request(service, GET => '/status', host => 'service.example', headers => [Authorization => "Bearer $secret{q(service's secret)}"]);
    request(service, GET => "/$secret{q(service's secret)}/status", host => 'service.example');
    return %secret;
}

1;
