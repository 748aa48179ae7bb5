#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Kerberos as a trusted login: mod_auth_gssapi and a KDC of two realms, tickets and tokens of every kind.
# tests/browser/kerberos.t starts conf/examples/kerberos.conf as it is shipped.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use File::Path 'make_path';
use MIME::Base64 qw(encode_base64 decode_base64);
use Kerberos;
use MPin;
use Steps;
use Trusted;

plan skip_all => Kerberos::missing() if Kerberos::missing();

my $port = $ENV{PORT};
my $top = $Server::top;
my $realm = Kerberos->new("$top/kerberos", $port + 17);
chmod 0640, $realm->keytab;
chown 0, scalar getgrnam('www-data'), $realm->keytab if !$>;
mkdir "$top/open";
chmod 01777, "$top/open";
$realm->ticket($_) or die "no ticket for $_" for 'anna', 'bob', 'anna/admin', 'eve@OTHER.EXAMPLE', 'anna@OTHER.EXAMPLE';


sub place {
    my ($name, $more) = @_;
    return <<"END";
<Location /trusted/$name>
    SetHandler mpin-trusted-login
    AuthType GSSAPI
    AuthName "Realm"
    GssapiCredStore keytab:@{[$realm->keytab]}
    GssapiAllowedMech krb5
    Require valid-user
    @{[$more // '']}
</Location>
END
}

# /trusted/principal has whole principals, /trusted/named their local names, /trusted/of those of a realm that is written out.
my $site = <<"END" . place('principal') . place('named', "GssapiLocalName On\nGssapiNegotiateOnce On") . place('of') . place('basic', 'GssapiBasicAuth On');
MPinTrustedLogin principal /trusted/principal Negotiate "Whole ticket"
MPinRegister signed-in
MPinTrustedLogin named /trusted/named Negotiate "Ticket" as-local auto
MPinTrustedLogin of /trusted/of Negotiate "Ticket of ours" as-local=user:example.org
MPinTrustedLogin basic /trusted/basic Negotiate "Ticket or password"
<Location /protected>
    Header set X-User "expr=%{REMOTE_USER}"
    Header set X-Provider "%{MPIN_PROVIDER}e"
    Header set X-Subject "%{MPIN_SUBJECT}e"
    Header set X-Cache "%{KRB5CCNAME}e"
</Location>
<Location /desk>
    AuthType MPin
    MPinLoginMethods named
    Require valid-user
</Location>
<Directory "$top/site">
    Options +Includes
    AddOutputFilter INCLUDES .shtml
    Require all granted
</Directory>
MPinTOTP Wiki
<Location /vault>
    AuthType MPin
    MPinSecondFactor totp
    Require valid-user
</Location>
<Location /fresh>
    AuthType MPin
    MPinReauthAfter 2s
    Require valid-user
</Location>
<Location /tickets>
    AuthType GSSAPI
    AuthName "Realm"
    GssapiCredStore keytab:@{[$realm->keytab]}
    Require valid-user
</Location>
Protocols h2c http/1.1
TypesConfig /dev/null
END

sub house { return browser($port) }
sub user_of { return $_[0]->visit('/protected/')->header('X-User') // '' }

# From the button to the answer at the place, with this token.
sub come {
    my ($browser, $login, $token, @more) = @_;
    $browser->visit("/login/with/$login");
    return $browser->get("/trusted/$login", page, defined $token ? (Authorization => "Negotiate $token") : (), @more);
}

sub refused {
    my ($browser, $answer, $what) = @_;
    is $answer->code, 401, "$what: refused";
    like $answer->content, qr{Login failed!.*href="/login/with/\w+[^"]*">Try again<.*href="/login[?"]}s, '... by a page of ours with another try, and other ways';
    is user_of($browser), '', '... and nobody is signed in';
}

sub serve { return Server->new(env => {$realm->env, KRB5RCACHEDIR => "$top/open"}, @_)->start }

make_path(map { "$top/site/$_" } qw(tickets desk vault fresh));
Server::write_file("$top/site/$_/index.html", "$_\n") for qw(vault fresh);
Server::write_file("$top/site/desk/index.html", "desk\n");
Server::write_file("$top/site/protected/part.html", "UNDER LOCK\n");
Server::write_file("$top/site/tickets/page.shtml", "around\n<!--#include virtual=\"/protected/part.html\" -->\n<!--#include virtual=\"/trusted/named\" -->\n");
Server::write_file("$top/site/protected/page.shtml", "around\n<!--#include virtual=\"/tickets/part.html\" -->\n<!--#include virtual=\"/trusted/named\" -->\n");
Server::write_file("$top/site/tickets/part.html", "FOR TICKETS\n");

my $server = serve(conf => Server::load(qw(headers include mime http2 auth_gssapi)) . $site);

subtest 'a_ticket_signs_in' => sub {
    my $browser = house;
    my $asked = come($browser, 'named');
    is $asked->code . ' ' . $asked->header('WWW-Authenticate'), '401 Negotiate', 'the place asks for a ticket';
    like $asked->content, qr/Ticket does not work on this device/, 'and a browser that has none shows a page that says so';
    refused($browser, $asked, 'who has none');
    my $in = come($browser, 'named', $realm->token('anna'));
    is $in->code, 303, 'who has one comes in';
    my $answer = $browser->visit('/protected/');
    is join(' ', map { $answer->header("X-$_") } qw(User Provider Subject)), 'anna named anna', 'by the local name';
    is $answer->header('X-Cache'), '(null)', '... and leaves no credentials';
    my %named = (principal => 'principal:anna@EXAMPLE.ORG', of => 'anna@example.org', basic => 'basic:anna@EXAMPLE.ORG');
    for my $login (sort keys %named) {
        $browser = house;
        come($browser, $login, $realm->token('anna'));
        is user_of($browser), $named{$login}, "$login: $named{$login}";
    }
};

subtest 'a_token_that_is_no_ticket_for_us_signs_nobody_in' => sub {
    my $good = $realm->token('bob');
    my $bytes = decode_base64($good);
    my $ntlm = encode_base64("NTLMSSP\0\1\0\0\0\x07\x82\x08\xa2" . "\0" x 16 . "\x06\x01\xb1\x1d\0\0\0\x0f", '');
    my %spoiled = (
        'nothing' => '', 'no base64' => '!!!', 'a few bytes' => encode_base64('hello', ''), 'a long one' => 'A' x 7000,
        'half of one' => encode_base64(substr($bytes, 0, length($bytes) / 2), ''),
        'one with another bit' => encode_base64($bytes ^ ("\0" x (length($bytes) - 40) . "\x01"), ''),
        'NTLM' => $ntlm, 'a ticket for another server' => $realm->token('bob', 'elsewhere'),
    );
    for my $what (sort keys %spoiled) {
        for my $place ('principal', 'named', 'basic') {
            my $browser = house;
            refused($browser, come($browser, $place, $spoiled{$what}), "$what at $place");
        }
    }
    my %schemes = (NTLM => $ntlm, Basic => encode_base64('anna:anna-secret', ''), Bearer => $good, '' => $good);
    for my $scheme (sort keys %schemes) {
        my $browser = house;
        refused($browser, come($browser, 'principal', undef, Authorization => "$scheme $schemes{$scheme}"), "the scheme \"$scheme\"");
    }
    my $browser = house;
    is come($browser, 'basic', undef, Authorization => "Basic $schemes{Basic}")->code, 403, 'a right password at a place for tickets';
    is user_of($browser), '', '... signs nobody in';
    $browser = house;
    is come($browser, 'principal', undef, 'Remote-User' => 'anna', REMOTE_USER => 'anna', GSS_NAME => 'anna@EXAMPLE.ORG', 'Gss-Name' => 'x')->code, 401, 'nor do headers';
    is user_of($browser), '', '... of any name';
};

subtest 'a_token_counts_once' => sub {
    my $token = $realm->token('bob');
    my $browser = house;
    is come($browser, 'principal', $token)->code, 303, 'once';
    for (1 .. 6) {
        my $thief = house;
        refused($thief, come($thief, 'principal', $token), 'again, whichever process answers');
    }
    my @answers = in_parallel(8, sub { my $other = house; come($other, 'principal', $realm->token('bob'))->code });
    is "@answers", join(' ', (303) x 8), 'many at once have one each';
    $token = $realm->token('bob');
    @answers = sort(in_parallel(8, sub { my $other = house; come($other, 'principal', $token)->code }));
    is "@answers", join(' ', 303, (401) x 7), '... and of one that all have one comes in';
};

subtest 'another_realm_and_another_instance_are_somebody_else' => sub {
    for my $who ('eve@OTHER.EXAMPLE', 'anna@OTHER.EXAMPLE') {
        my $browser = house;
        come($browser, 'principal', $realm->token($who));
        is user_of($browser), "principal:$who", "$who is a user of its own where whole principals count";
        $browser = house;
        refused($browser, come($browser, 'named', $realm->token($who)), '... nobody where local names do');
        my $answer = come($browser, 'of', $realm->token($who));
        is $answer->code, 403, '... and not of the realm that is written out';
        like $answer->content, qr/gives you a name that/, '... which a page says';
        is user_of($browser), '', '... and nobody is signed in';
    }
    my $posing = 'anna\\@example.org@OTHER.EXAMPLE'; # a realm can give any name before its own
    $realm->local('OTHER.EXAMPLE', 'addprinc', '-pw', 'x-secret', $posing) && $realm->local('OTHER.EXAMPLE', 'ktadd', '-norandkey', '-k', "$top/kerberos/people.keytab", $posing);
    ok $realm->ticket($posing), 'somebody there whose name has our realm in it';
    for my $login (qw(principal of named)) {
        my $poser = house;
        my $token = $realm->token($posing);
        ok length $token, '... has a ticket';
        like come($poser, $login, $token)->code, qr/^40[13]$/, "... and is refused at $login";
        is user_of($poser), '', '... as anybody';
    }
    my $browser = house;
    refused($browser, come($browser, 'named', $realm->token('anna/admin')), 'anna/admin is not anna');
    come($browser, 'of', $realm->token('anna/admin'));
    is user_of($browser), 'anna/admin@example.org', '... but somebody else';
};

subtest 'what_is_no_page_signs_nobody_in' => sub {
    for my $method (qw(POST PUT HEAD OPTIONS)) {
        my $browser = house;
        $browser->visit('/login/with/named');
        my $answer = $browser->request($method => '/trusted/named', headers => [page, Origin => "http://127.0.0.1:$port", Authorization => 'Negotiate ' . $realm->token('anna')],
            $method =~ /^P/ ? (body => '') : ());
        is $answer->code, 405, "$method: no";
        is user_of($browser), '', '... and nobody is signed in';
    }
    my $browser = house;
    is come($browser, 'named', $realm->token('anna'), 'Sec-Purpose' => 'prefetch')->code, 403, 'nor a prefetch';
    $browser->visit('/login/with/principal');
    my $answer = $browser->get('/trusted/named', page, Authorization => 'Negotiate ' . $realm->token('anna'));
    is $answer->code, 403, 'nor does a ticket at the place of another login';
    is user_of($browser), '', '... whichever is awaited';
};

# A page under either AuthType that includes the other's, and the place itself.
sub apart {
    my $what = shift;
    my $browser = house;
    my $known = house;
    come($known, 'named', $realm->token('anna'));
    for my $get (sub { my $browser = shift; $browser->get($_[0], page, Authorization => "Negotiate $_[1]")->content },
        sub { my ($browser, $path, $token) = @_; my $cookies = join '; ', map { "$_=$browser->{cookies}{$_}" } keys %{$browser->{cookies}};
            scalar `curl -s --max-time 20 --http2-prior-knowledge -H 'Authorization: Negotiate $token' -H 'Cookie: $cookies' http://127.0.0.1:$port$path` })
    {
        my $page = $get->($browser, '/tickets/page.shtml', $realm->token('anna'));
        like $page, qr/around/, "$what: a page under GSSAPI";
        unlike $page, qr/UNDER LOCK|Login failed|Sign in/, '... includes nothing of ours';
        like $get->($known, '/tickets/page.shtml', $realm->token('anna')), qr/around\nUNDER LOCK/, '... but for whom we know';
        is user_of($browser), '', '... and signs nobody in';
        $page = $get->($known, '/protected/page.shtml', 'x');
        like $page, qr/around/, 'a page of ours';
        unlike $page, qr/FOR TICKETS|Login failed/, '... includes nothing of GSSAPI\'s';
    }
}

subtest 'pages_and_includes_beside_mod_auth_gssapi' => sub { apart('after ours') };

subtest 'a_desk_is_signed_in_at_once_and_nobody_goes_in_circles' => sub {
    my @led = (page, 'Sec-Fetch-Site' => 'cross-site'); # as by a link in a mail
    my $follow = sub {
        my ($browser, $path, @more) = @_;
        my ($answer, @way);
        while (defined $path && @way < 12) {
            push @way, $path =~ s/\?.*//r;
            $answer = $browser->get($path, @led, $path eq '/trusted/named' ? @more : ());
            $path = $answer->header('Location');
        }
        return ($answer->code, "@way", $answer);
    };
    my $browser = house;
    my ($code, $way) = $follow->($browser, '/desk/', Authorization => 'Negotiate ' . $realm->token('anna'));
    is "$code $way", '200 /desk/ /login /login/with/named /trusted/named /login', 'a ticket signs in by itself, and is offered a PIN';
    ($code, $way) = $follow->($browser, '/desk/');
    is "$code $way", '200 /desk/', '... once';
    $browser->sign_out;
    ($code, $way) = $follow->($browser, '/desk/', Authorization => 'Negotiate ' . $realm->token('anna'));
    is "$code $way", '200 /desk/ /login', 'who has signed out is not led back in';
    my $none = house;
    ($code, $way, my $answer) = $follow->($none, '/desk/');
    is "$code $way", '401 /desk/ /login /login/with/named /trusted/named', 'who has no ticket is shown the page of the 401';
    like $answer->content, qr/does not work on this device.*Try again.*Sign in another way/s, '... with the ways on';
    ($code, $way) = $follow->($none, '/desk/');
    is "$code $way", '200 /desk/ /login', '... and the login page from then on';
    my $refused = house;
    ($code, $way) = $follow->($refused, '/desk/', Authorization => 'Negotiate x');
    is "$code $way", '401 /desk/ /login /login/with/named /trusted/named', 'who is refused as well';
};

subtest 'a_second_step_and_a_fresh_proof_after_a_ticket' => sub {
    my $browser = house;
    come($browser, 'named', $realm->token('bob'));
    my $secret = enrol_app($browser);
    $browser->sign_out;
    come($browser, 'named', $realm->token('bob'));
    is user_of($browser), 'bob', 'a ticket alone';
    is $browser->visit('/vault/')->code, 302, '... opens no place that wants a second step';
    is location(take_step($browser, '/vault/', code_of($secret))), '/vault/', 'a code beside it does';
    is $browser->visit('/vault/')->code, 200, '... as one session';
    is $browser->visit('/fresh/')->code, 302 if sleep 3;
    my $led = $browser->visit(location($browser->visit('/fresh/')));
    like $led->content, qr{href="(/login/with/named[^"]*)"}, 'a place that wants a fresh proof offers the ticket';
    my ($href) = $led->content =~ m{href="(/login/with/named[^"]*)"};
    is location($browser->visit(MPin::Browser::plain($href))), '/trusted/named?anew=1', '... which is asked anew';
    is $browser->get('/trusted/named?anew=1', page)->code, 401, '... and no session of the other module answers for it';
    is $browser->get('/trusted/named?anew=1', page, Authorization => 'Negotiate ' . $realm->token('bob'))->code, 303, 'the same person\'s ticket';
    is $browser->visit('/fresh/')->code, 200, '... opens it';
    is $browser->visit('/vault/')->code, 200, '... and the second step stays';
    $browser->visit('/login/with/named');
    $browser->get('/trusted/named?anew=1', page, Authorization => 'Negotiate ' . $realm->token('anna'));
    is user_of($browser), 'anna', 'another one\'s is another session';
    is $browser->visit('/vault/')->code, 302, '... which has not the step of the first';
};

# Many requests on one connection, as a proxy's: the answers' status and whom each names.
subtest 'a_connection_keeps_nobody' => sub {
    my @people = map { my $browser = house; $browser->visit('/login/with/named'); $browser } 1 .. 3;
    my @tokens = ($realm->token('anna'), undef, $realm->token('bob'));
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port) or die;
    my @got;
    for my $i (0 .. 2) {
        my $negotiate = defined $tokens[$i] ? "Authorization: Negotiate $tokens[$i]\r\n" : '';
        print {$socket} "GET /trusted/named HTTP/1.1\r\nHost: 127.0.0.1:$port\r\nAccept: text/html\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\nCookie: @{[$people[$i]->cookie_header]}\r\n$negotiate\r\n";
        my ($head, $length) = ('');
        while (defined(my $line = <$socket>)) { $head .= $line; last if $line eq "\r\n" }
        ($length) = $head =~ /^Content-Length: (\d+)/mi;
        read $socket, my $body, $length // 0;
        push @got, ($head =~ m{^HTTP/1.1 (\d+)})[0];
        $people[$i]{cookies}{mpin} = $1 if $head =~ /^Set-Cookie: mpin=([^;]+)/m;
    }
    is "@got", '303 401 303', 'whoever shows no ticket on a connection that has carried one is not let in';
    is join(' ', map { user_of($_) || '-' } @people), 'anna - bob', '... and everybody is who their ticket says';
    my @jars = map { my $browser = house; $browser->visit('/login/with/named'); $browser->cookie_header } 1 .. 2;
    my $two = <<'END';
const [url, token, ...jars] = process.argv.slice(1);
const connection = require('node:http2').connect(url);
const ask = (more) => new Promise((done) => connection.request({ ':path': '/trusted/named', accept: 'text/html', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', ...more })
    .on('response', (head) => done(head[':status'])).resume().end());
ask({ cookie: jars[0], authorization: `Negotiate ${token}` }).then(async (first) => {
    console.log(first, await ask({ cookie: jars[1] }));
    connection.close();
});
END
    open my $node, '-|', 'node', '-e', $two, "http://127.0.0.1:$port", $realm->token('anna'), @jars or die;
    is <$node>, "303 401\n", 'nor on one of HTTP/2';
    close $node;
};

subtest 'a_ticket_is_linked_to_the_account_of_a_password' => sub {
    my $browser = house->sign_in('john');
    my $add = sub { $browser->post_form('/account/login/add', {csrf => $browser->fields($browser->visit('/account'))->{csrf}, login => 'principal'}) };
    like $add->()->content, qr{data-go="/trusted/principal\?anew=1"}, 'it leads to the place';
    my $none = $browser->get('/trusted/principal?anew=1', page);
    is $none->code, 401, 'who has no ticket';
    like $none->content, qr{href="/account">Try again}, '... is led back to the account';
    $realm->local('EXAMPLE.ORG', 'addprinc', '-pw', 'x-secret', 'zoe') && $realm->local('EXAMPLE.ORG', 'ktadd', '-norandkey', '-k', "$top/kerberos/people.keytab", 'zoe');
    $realm->ticket('zoe') or die;
    my $landed = $browser->get('/trusted/principal?anew=1', page, Authorization => 'Negotiate ' . $realm->token('zoe'));
    my $question = $browser->visit(location($landed));
    like $question->content, qr/Is that you\?.*zoe\@EXAMPLE\.ORG/s, 'the question names the principal';
    is location($browser->post_form('/account/login/confirm', $browser->fields($question))), '/account?done=login_added', 'a yes links it';
    my $by_it = house;
    come($by_it, 'principal', $realm->token('zoe'));
    is user_of($by_it), 'john', 'and the ticket opens that account';
};

subtest 'where_the_KDC_is_down_others_work' => sub {
    my $token = $realm->token('anna');
    $realm->stop;
    my $browser = house;
    is come($browser, 'named', $token)->code, 303, 'whoever has a ticket comes in';
    unlink "$top/kerberos/bob.cc";
    is $realm->token('bob'), '', 'who has none gets none';
    $browser = house;
    refused($browser, come($browser, 'named'), 'a browser without one');
    my ($href) = come($browser, 'named')->content =~ m{href="(/login(?!/with)[^"]*)">Sign in another way};
    like $browser->visit($href)->content, qr/name="password"/, 'and the other ways lead to the password';
    is house->sign_in('john')->visit('/protected/')->code, 200, '... which signs in';
    $realm->start;
};

subtest 'without_its_keytab_no_ticket_counts' => sub {
    my $token = $realm->token('anna');
    rename $realm->keytab, "$top/kerberos/away";
    my $browser = house;
    my $answer = come($browser, 'named', $token);
    rename "$top/kerberos/away", $realm->keytab;
    like $answer->code, qr/^(401|500|503)$/, 'refused';
    like $answer->content, qr/Login failed!.*Sign in another way/s, '... by a page of ours';
    is user_of($browser), '', '... and nobody is signed in';
    is come($browser, 'named', $realm->token('anna'))->code, 303, 'as soon as it is back all is well';
};

my @odd = grep { !/auth_gssapi:error|unable to include|AH0163/ } $server->complaints;
is "@odd", '', 'nothing crashes';
unlike Server::log_text(), qr/anna-secret/, 'and no password is in the log';
$server->stop;
unlink "$top/logs/error_log";

$server = serve(first => Server::load(qw(auth_gssapi)), conf => Server::load(qw(headers include mime http2)) . $site);
subtest 'pages_and_includes_behind_mod_auth_gssapi' => sub { apart('before ours') };
$server->stop;

subtest 'an_expired_ticket_signs_nobody_in' => sub {
    my $conf = Server::slurp("$top/kerberos/krb5.conf");
    Server::write_file("$top/kerberos/strict.conf", $conf =~ s/^\[libdefaults\]/[libdefaults]\n    clockskew = 2/r);
    unlink "$top/logs/error_log";
    $server = serve(conf => Server::load(qw(headers include mime http2 auth_gssapi)) . $site, env => {KRB5_CONFIG => "$top/kerberos/strict.conf", KRB5RCACHEDIR => "$top/open"});
    $realm->ticket('anna', '-l', 4) or die;
    my $token = $realm->token('anna');
    ok length $token, 'a ticket for a moment';
    sleep 8;
    my $browser = house;
    refused($browser, come($browser, 'principal', $token), 'later');
    like Server::log_text(), qr/Ticket expired|Clock skew too great/, '... as it is over';
    $server->stop;
};

subtest 'mistakes_are_told' => sub {
    my $keytab = $realm->keytab;
    my $tell = sub {
        my ($conf) = @_;
        Server->new(conf => Server::load('auth_gssapi') . "MPinRegister signed-in\n$conf");
        return `KRB5_CONFIG='$top/kerberos/krb5.conf' \$(apxs -q SBINDIR)/apache2 -t -f '$top/httpd.conf' 2>&1`;
    };
    my $line = "MPinTrustedLogin principal /trusted/principal Negotiate X";
    unlike $tell->("$line\n" . place('principal')), qr/MPinTrustedLogin|Gssapi/, 'none where there is none';
    chmod 0644, $keytab;
    like $tell->("$line\n" . place('principal')), qr/GssapiCredStore: others can read or change \Q$keytab\E.*chmod 600/, 'a keytab that others can read';
    chmod 0600, $keytab;
    like $tell->("$line\n" . place('principal')), qr/GssapiCredStore: httpd's user \(\d+\) cannot read \Q$keytab\E/, 'one that httpd cannot' if !$>;
    chmod 0640, $keytab;
    like $tell->("$line\n" . place('principal') =~ s/http\.keytab/none.keytab/r), qr/GssapiCredStore: \S+none\.keytab is not there.*ktadd/, 'one that is not there';
    like $tell->("$line\n" . place('principal', 'GssapiConnectionBound On')), qr/GssapiConnectionBound: a connection would keep/, 'a connection that keeps people';
    like $tell->("$line\n" . place('principal', 'GssapiUseSessions On')), qr/GssapiUseSessions: its cookie answers in the ticket's place/, 'a cookie in the place of tickets';
    like $tell->("$line\n" . place('principal', 'GssapiBasicAuth On')), qr/GssapiBasicAuth: a password .*MPinPasswordProvider/, 'passwords at the place';
    like $tell->("$line as-local\n" . place('principal')), qr/MPinTrustedLogin: as-local takes no name with \@.*GssapiLocalName On/, 'principals as local names';
    like $tell->(($line =~ s/Negotiate/GSSAPI/r) . "\n" . place('principal')), qr/write Negotiate for GSSAPI/, 'the AuthType as the TYPE';
};

done_testing;
