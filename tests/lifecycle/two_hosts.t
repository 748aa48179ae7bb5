#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# conf/examples/login-host.conf: the login on one host leads back to the page on another, and to no stranger's.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use MPin;
use File::Path 'make_path';

my ($port, $top) = ($ENV{PORT}, $Server::top);
make_path(map { "$top/www/$_" } 'login', 'wiki', 'wiki/fresh', 'wiki/pin', 'wiki/only-jane');
Server::write_file("$top/www/$_/index.html", "$_\n") for 'login', 'wiki', 'wiki/fresh', 'wiki/pin', 'wiki/only-jane';
system("htpasswd -Bb -C 4 '$top/users' jane jane-secret 2>/dev/null") == 0 or die 'htpasswd';

# The example with ports and folders of our own, and more for each host.
my $server;
sub with {
    my ($login, $wiki, $all) = @_;
    my $text = Server::shipped('examples/login-host.conf');
    $text =~ s{Listen 8080}{Listen 127.0.0.1:$port};
    $text =~ s{\*:8080}{*:$port}g;
    $text =~ s{(MPinPasswordProvider file\n)}{$1$login};
    $text =~ s{(Redirect temp .*\n)}{$1$wiki};
    $text =~ s{(MPinSessionRealm.*\n)}{$1DefaultRuntimeDir "$top"\nMutex "file:$top" default\nMPinRegister signed-in\n$all};
    $server->stop if $server;
    $server = Server->new;
    Server::write_file("$top/httpd.conf", $text);
    $server->start;
    return;
}

# One browser at a host: what is set for the domain comes to both.
sub person {
    my %cookies;
    return map { browser($port, host => $_, origin => "https://$_", cookies => \%cookies) } 'login.example.com', 'wiki.example.com';
}
sub at { return login_at(@_) =~ s/login/sign-in/r }
sub plain { return MPin::Browser::plain($_[0]) }
sub submit {
    my ($login, $page, $name) = @_;
    my ($action) = $page->content =~ /<form method="post" action="([^"]*)"/;
    return $login->post_form(plain($action), {%{$login->fields($page)}, username => $name, password => "$name-secret"});
}
sub onward {
    my ($login, $answer) = @_;
    my ($onward) = $login->visit($answer->header('Location') =~ s{^https://login\.example\.com}{}r)->content =~ /success="([^"]*)"/;
    return plain($onward // '(nowhere)');
}
# From the wiki to the login page: its path and query.
sub sent_on {
    my ($wiki, $place) = @_;
    my $sign_in = $wiki->visit($place)->header('Location');
    my $login = $wiki->visit($sign_in)->header('Location');
    $login =~ s{^https://login\.example\.com}{} or return "(not there: $login)";
    return $login;
}

with('', <<'END', '');
<Location /fresh>
MPinReauthAfter 2s
</Location>
<Location /pin>
MPinLoginMethods pin
</Location>
<Location /only-jane>
Require user jane
</Location>
END

subtest the_wiki_page_is_reached_again_over_the_login_host => sub {
    for my $place ('/', '/?q=1&r=a%20b+c%2F', '/fresh/', '/pages/caf%C3%A9;x', '/?' . 'x' x 4096) {
        my ($login, $wiki) = person();
        my $to = sent_on($wiki, $place);
        my $page = $login->visit($to);
        is $page->code, 200, 'the login page';
        is onward($login, submit($login, $page, 'john')), "https://wiki.example.com$place", 'leads to ' . substr $place, 0, 40;
        isnt $wiki->visit($place)->code, 302, 'and there john is known';
    }
    my ($login, $wiki) = person();
    like sent_on($wiki, '/?' . 'x' x 8160), qr/^\/login\?long=1$/, 'beyond what a request line takes';
    like $login->visit('/login?long=1')->content, qr/too long an address/, 'the page says so';
};

subtest a_script_and_a_form_of_the_wiki_lead_back_to_their_page => sub {
    my ($login, $wiki) = person();
    my @from = (Accept => 'application/json', 'X-Requested-With' => 'x', Referer => 'https://wiki.example.com/app?x=1&y');
    is $wiki->get('/', @from)->header('Location'), at(to => 'https://wiki.example.com/app?x=1&y'),
        'a script, which is redirected, too: to the page that asked';
    my $form = $wiki->post_form('/save', {a => 1}, Referer => 'https://wiki.example.com/edit?id=1');
    is $form->header('Location'), at(lost => 1, to => 'https://wiki.example.com/edit?id=1'), 'a form: to where it stood';
    is $wiki->post_form('/save', {a => 1})->header('Location'), '/sign-in?lost=1', 'or to no GET of what takes it';
    like $login->visit(login_at(lost => 1, to => 'https://wiki.example.com/edit?id=1'))->content, qr/not saved/, 'with a note';
};

subtest what_the_wiki_asks_for_is_what_the_login_host_asks_for => sub {
    my ($login, $wiki) = person();
    submit($login, $login->visit('/login'), 'john');
    my $pin = sent_on($wiki, '/pin/');
    is $pin, login_at(methods => 'pin', to => 'https://wiki.example.com/pin/'), 'a place that takes a PIN only';
    my $page = $login->visit($pin)->content;
    like $page, qr/<mpin-pad/, 'asks for one';
    unlike $page, qr/type="password"|signed in as/, 'and for nothing else';
    sleep 3;
    my $fresh = sent_on($wiki, '/fresh/');
    is $fresh, login_at(max_age => 2, to => 'https://wiki.example.com/fresh/'), 'a place that wants a fresh proof';
    like $login->visit($fresh)->content, qr/type="password"/, 'asks for it again';
    is onward($login, submit($login, $login->visit($fresh), 'john')), 'https://wiki.example.com/fresh/', 'and leads back';
    is $wiki->visit('/fresh/')->code, 200, 'in';
    like $login->visit("/login?$_&to=https://wiki.example.com/")->content, qr/signed in as john/, "$_ asks for nothing"
        for 'methods=', 'methods=nonsense', 'max_age=', 'max_age=999999';
};

subtest somebody_else_signs_in_over_the_login_host => sub {
    my ($login, $wiki) = person();
    submit($login, $login->visit('/login'), 'john');
    my $refused = $wiki->visit('/only-jane/');
    is $refused->code, 403, 'not for this account';
    like $refused->content, qr/signed in as john/, 'says whose it is';
    my ($switch) = $refused->content =~ m{<a class="primary" href="([^"]*)">Sign in as somebody else};
    is plain($switch // ''), at(to => 'https://wiki.example.com/only-jane/', switch => 1), 'and leads on';
    my $page = $login->visit('/login?to=https://wiki.example.com/only-jane/&switch=1');
    is onward($login, submit($login, $page, 'jane')), 'https://wiki.example.com/only-jane/', 'to the page';
    is $wiki->visit('/only-jane/')->code, 200, 'which is hers';
};

# The hosts that browsers would go to.
my @strangers = ('https://evil.example/', '//evil.example/', '//wiki.example.com/', '/\\evil.example', 'http://wiki.example.com/',
    'https://evilexample.com/', 'https://example.com.evil.example/', 'https://wiki.example.com@evil.example/',
    'https://wiki.example.com:x@evil.example/', 'https://user@wiki.example.com/', 'https://evil.example\\@wiki.example.com/',
    'https://evil.example\\.example.com/', 'https://evil.example/.example.com', 'https://evil.example#.example.com/',
    'https://evil.example?.example.com/', "https://evil.example\t.example.com/", 'https://evil.example%2f.example.com/',
    'https://evil.example%00.example.com/', 'https:wiki.example.com/', 'https:/wiki.example.com/', 'https:///wiki.example.com/',
    'https:\\\\wiki.example.com/', ' https://wiki.example.com/', "\thttps://wiki.example.com/", 'https://wiki.example.com./',
    'https://wiki.example.com:0/', 'https://wiki.example.com:65536/', 'https://wiki.example.com:/', 'https://wiki.example.com:443x/',
    'https://[::1].example.com/', "https://wi\xc3\xafki.example.com/", 'https://.example.com/', 'https://wiki..example.com/',
    'https://wiki.example.com//evil.example/../', "https://wiki.example.com/\r\nX: y", 'https://wiki.example.com/\\evil.example',
    'https://*.example.com/', 'javascript:alert(1)//https://wiki.example.com/', 'data:text/html,x', 'ftp://wiki.example.com/',
    "https\xef\xbc\x9a//wiki.example.com/", "https://evil.example\xe3\x80\x82example.com/", 'wiki.example.com', '@wiki.example.com/', '');

sub goes_to {
    my ($field, $place) = @_;
    my ($login) = person();
    my $page = $login->visit("/login?$field=" . MPin::Browser::escape($place));
    return onward($login, submit($login, $page, 'john'));
}

subtest no_place_leads_to_a_strangers_host => sub {
    for my $place (@strangers) {
        is goes_to($_, $place), '/', "$_=" . MPin::Browser::escape($place) for 'to', 'return';
    }
    is goes_to(to => $_), $_, $_ for 'https://wiki.example.com/', 'https://example.com/x', 'https://a.b.example.com/?c#d',
        'https://wiki.example.com:8443/';
    is goes_to(to => 'HTTPS://Wiki.Example.COM:443/A'), 'https://wiki.example.com/A', 'as browsers spell it';
    is goes_to(to => 'https://app.example.net/'), '/', 'a host of another domain';
    is goes_to(to => '/x'), '/x', 'a place of the login host itself';
};

subtest forms_may_lead_to_these_hosts_and_no_others => sub {
    my ($login) = person();
    my ($policy) = $login->visit('/login')->header('Content-Security-Policy') =~ /form-action ([^;]*)/;
    is $policy, "'self' https://example.com:* https://*.example.com:*", 'browsers are told so';
};

with("MPinReturnHosts app.example.net wiki.example.net:8443\nMPinPath rps off\nMPinPasskeys Off\n", '', "MPinCookieSameSite Strict\n");

subtest hosts_of_other_domains_are_taken_exactly_as_they_are_listed => sub {
    my $goes = sub {
        my ($login) = person();
        my $answer = submit($login, $login->visit('/login?to=' . MPin::Browser::escape($_[0])), 'john');
        return $answer->header('Location');
    };
    is $goes->($_), $_, $_ for 'https://app.example.net/', 'https://wiki.example.net:8443/x?y', 'https://wiki.example.com/';
    is $goes->('https://app.example.net:443/x'), 'https://app.example.net/x', 'the usual port';
    is $goes->($_), '/', "not $_" for 'https://app.example.net:8443/', 'https://wiki.example.net/', 'https://example.net/',
        'https://x.app.example.net/', 'https://app.example.net.evil.example/', 'http://app.example.net/', @strangers;
};

subtest a_link_from_another_site_with_strict_cookies_ends_in_no_loop => sub {
    my ($login, $wiki) = person();
    my @link = (Accept => 'text/html', 'Sec-Fetch-Mode' => 'navigate', 'Sec-Fetch-Dest' => 'document', 'Sec-Fetch-Site' => 'cross-site');
    my $go = sub { return plain($login->get($_[0], @link)->content =~ /<html[^>]* data-go="([^"]*)"/ ? $1 : 'no onward') };
    is $go->('/login?return=/x'), '/x', 'to a place of this host';
    is $go->('/login?to=https://wiki.example.com/x'), 'https://wiki.example.com/x', 'or of this domain';
    is $go->('/login?to=https://app.example.net/x'), login_at(return => 'https://app.example.net/x'), 'another one leads here: to this page';
    is $go->('/login'), 'no onward', 'nowhere in particular';
    like $login->get('/login?return=/x', @link[0 .. 5], 'Sec-Fetch-Site' => 'same-origin')->content, qr/type="password"/, 'then the form';
};

is join("\n", grep { !/AH01631: user john/ } Server::complaints()), '', 'nothing unexpected in the log';
done_testing;
