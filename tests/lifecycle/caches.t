#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# mod_cache in front, told to keep all it can, and directives that make the whole site public: our own answers and what
# depended on who asked are kept by nobody.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use MPin;

my ($port, $aside, $off, $behind) = ($ENV{PORT}, $ENV{PORT} + 3, $ENV{PORT} + 4, $ENV{PORT} + 5);
my $loads = join '', map { sprintf "LoadModule %s_module %s/mod_%s.so\n", $_, Server::modules(), $_ }
    qw(alias authz_host autoindex cache cache_disk cgid expires filter headers include mime proxy proxy_http rewrite);

sub page { my ($name, $text) = @_; Server::write_file("$Server::top/site/$name", $text); return }

for my $folder (qw(ssi ssi/by-type ssi/declared ssi/marked listed listed/closed listed/open kept indexed errors programs)) {
    mkdir "$Server::top/site/$folder" or die "$folder: $!";
}
my $include = 'before <!--#include virtual="/protected/index.html" --> after';
page("ssi/$_", $include) for qw(page.html private.html);
page('ssi/none.html', 'nothing <!--#echo var="DATE_GMT" --> included');
page('ssi/second.html', '<!--#include virtual="/kept/open.html" -->' . $include);
page('ssi/long.html', 'x' x 200_000 . $include);
page('ssi/asked.html', 'before <!--#if expr=\'-A "/protected/index.html"\' -->LET IN<!--#else -->NOT<!--#endif --> after');
page('ssi/by-type/page.txt', $include);
page("ssi/$_", '<!--#include virtual="/programs/who" -->') for qw(declared/page.txt marked/page.html program.html);
page('programs/who', "#!/bin/sh\nprintf 'Content-Type: text/html\\nCache-Control: max-age=3600\\nX-Accel-Expires: 60\\n\\nuser=%s.' \"\$REMOTE_USER\"\n");
chmod 0755, "$Server::top/site/programs/who";
page('listed/closed/a', 'x');
page('listed/open/a', 'x');
page('listed/HEADER.html', 'what is here' . ' ' x 20_000);
page('kept/open.html', 'open to all');
page('protected/plain.html', 'a plain page');
page('indexed/index.html', 'protected index');
page('errors/closed.html', "closed to you\n");
mkdir "$Server::top/cache" or die;
chown +(getpwnam 'www-data')[2, 3], "$Server::top/cache" if !$>;

my $beside_backends = '"expr=! %{REQUEST_URI} =~ m#^/protected/behind#"'; # they have words of their own
my $public = '"max-age=3600, public"';
my $cache = <<"END";
    CacheRoot "$Server::top/cache"
    CacheEnable disk /
    CacheIgnoreNoLastMod On
    CacheHeader On
    CacheStorePrivate On
    CacheStoreNoStore On
    CacheIgnoreCacheControl On
END
my $everywhere = <<"END";
    <Directory "$Server::top/site/ssi">
        Options +Includes
        AddType text/html .html
        AddOutputFilter INCLUDES .html
    </Directory>
    <Directory "$Server::top/site/ssi/by-type">
        AddType text/plain .txt
        AddOutputFilterByType INCLUDES text/plain
    </Directory>
    <Directory "$Server::top/site/ssi/declared">
        AddType text/plain .txt
        FilterDeclare parts
        FilterProvider parts INCLUDES "%{CONTENT_TYPE} =~ m#^text/plain#"
        FilterChain parts
    </Directory>
    <Directory "$Server::top/site/ssi/marked">
        SetOutputFilter INCLUDES;CACHE
    </Directory>
    <Directory "$Server::top/site/programs">
        Options +ExecCGI
        SetHandler cgi-script
        SetOutputFilter CACHE
    </Directory>
    <Location /programs>
        AuthType MPin
        Require valid-user
    </Location>
    ProxyPass /protected/behind http://127.0.0.1:$behind/
    <Directory "$Server::top/site/errors">
        Options +Indexes
        ReadmeName /protected/index.html
    </Directory>
    <Directory "$Server::top/site/listed">
        Options +Indexes
        HeaderName HEADER.html
    </Directory>
    <Location /listed/closed>
        AuthType MPin
        Require valid-user
    </Location>
    <Location /indexed/index.html>
        AuthType MPin
        Require valid-user
    </Location>
    <Location /only-jane>
        AuthType MPin
        Require user jane
        ErrorDocument 401 /errors/closed.html
    </Location>
    <Location /u401>
        AuthType MPin
        MPinUnauthenticated 401
        Require valid-user
        ErrorDocument 401 /errors/closed.html
    </Location>
    RewriteEngine On
    RewriteCond /protected/index.html -U
    RewriteRule ^/known\$ /kept/open.html [PT]
END
my $server = Server->new(conf => <<"END")->start;
$loads
LogLevel auth_mpin:debug
MPinPublicURL http://127.0.0.1:$port
ScriptSock "$Server::top/scripts"
TypesConfig /dev/null
AddType text/html .html
$everywhere
Header set Cache-Control $public $beside_backends
$cache
Listen 127.0.0.1:$aside
<VirtualHost 127.0.0.1:$aside>
    MPinPublicURL http://127.0.0.1:$aside
    MPinCookieName aside
    Header always set Cache-Control $public
    Header set CDN-Cache-Control "max-age=60"
    Header always set Surrogate-Control "max-age=60"
    Header merge Cache-Control "s-maxage=60"
    ExpiresActive On
    ExpiresDefault "access plus 1 hour"
    $everywhere
    $cache
    CacheQuickHandler Off
</VirtualHost>
Listen 127.0.0.1:$off
<VirtualHost 127.0.0.1:$off>
    MPinPublicURL http://127.0.0.1:$off
    MPinCookieName off
    $everywhere
    CacheDisable /
    Header unset Cache-Control $beside_backends
    <Location /errors>
        Header set Cache-Control $public
    </Location>
</VirtualHost>
END

sub no_hit { my ($answer, $what) = @_; unlike $answer->header('X-Cache') // '', qr/^(?:HIT|REVALIDATE)/, "$what: of no cache"; return }

subtest 'our_own_answers_stay_no_store_whatever_the_site_says' => sub {
    for my $at ($port, $aside, $off) {
        my $john = browser($at)->sign_in('john');
        my @asked = (
            [get => '/login'], [get => '/logout'], [get => '/rps/clientSettings'], [get => '/rps/nothing'], [get => '/login?offer=1'],
            [get => '/mpin/not-there'], [get => '/login?return=/nowhere'], [get => '/mpinActivate'], [get => '/m/'], [visit => '/only-jane'],
            [json => POST => '/rps/pass1', {}], [json => POST => '/mpinAuthenticate', {}],
            [post_form => '/login', {username => 'john', password => 'wrong'}], [post_form => '/rps/pass1', {}],
        );
        for my $who (['john', $john], ['a stranger', browser($at)]) {
            my ($name, $browser) = @$who;
            for my $ask (@asked, [visit => '/protected/'], [get => '/u401'], [get => '/protected/', 'X-Requested-With' => 'x'],
                [post_form => '/protected/', {}], [post_form => '/logout', {}]) {
                my ($method, @what) = @$ask;
                next if $name eq 'john' && grep { $_ eq '/protected/' || $_ eq '/u401' } @what;
                my $answer = ($what[-1] eq '/logout' ? $browser : $browser->copy)->$method(@what);
                my $what = "$name $method $what[0] (" . $answer->code . ')';
                is join('|', $answer->header('Cache-Control')), 'no-store', $what;
                is join('|', map { $answer->header($_) // () } qw(Expires CDN-Cache-Control Surrogate-Control)), '', 'and nothing else';
                no_hit($answer, $what);
            }
        }
        my $file = request($at, GET => '/mpin.js');
        is join('|', $file->header('Cache-Control')), 'max-age=300', 'our files have a caching of their own';
        is request($at, GET => '/mpin.js', headers => ['If-None-Match' => $file->header('ETag')])->code, 304, 'and a 304';
        $john = browser($at)->sign_in('john');
        my $page = $john->get('/login');
        like $page->content, qr/john/, 'john is told that he is signed in';
        for my $time (1, 2) {
            unlike request($at, GET => '/login')->content, qr/\bjohn\b/, 'a stranger never';
        }
        is $john->sign_out->header('Clear-Site-Data'), '"cache"', 'a sign-out clears the cache and nothing else';
    }
};

subtest 'mod_cache_never_serves_protected_content_to_anonymous, whatever it is told' => sub {
    for my $at ($port, $aside) {
        my $john = browser($at)->sign_in('john');
        for my $path (qw(/protected/plain.html /indexed/ /protected/)) {
            for my $time (1, 2) {
                my $answer = $john->get($path);
                is $answer->code, 200, "john sees $path, time $time";
                like $answer->header('Cache-Control'), qr/\bprivate$/, 'private';
                is $answer->header('CDN-Cache-Control') // $answer->header('Surrogate-Control'), undef, 'for every cache';
                no_hit($answer, $path);
            }
            isnt browser($at)->visit($path)->code, 200, 'a stranger does not';
        }
    }
};

subtest 'what is open to all is kept as the site says' => sub {
    my $john = browser($port)->sign_in('john');
    for my $browser (browser($port), $john) {
        ok until_true(sub { ($browser->get('/kept/open.html')->header('X-Cache') // '') =~ /^HIT/ }), 'kept';
        like $browser->get('/kept/open.html')->header('Cache-Control'), qr/public/, 'public';
    }
    like $john->get('/kept/open.html?x')->header('Cache-Control'), qr/public/, 'a session makes nothing private';
};

subtest 'a_page_with_a_part_that_depended_on_the_caller_is_nobody_elses' => sub {
    for my $at ($port, $aside, $off) {
        my $john = browser($at)->sign_in('john');
        for my $case (['/ssi/page.html', qr/before protected\n after/], ['/ssi/second.html', qr/open to allbefore protected/],
            ['/ssi/long.html', qr/protected/], ['/ssi/asked.html', qr/LET IN/], ['/ssi/by-type/page.txt', qr/protected/]) {
            my ($path, $seen) = @$case;
            for my $time (1, 2) {
                my $answer = $john->get($path);
                like $answer->content, $seen, "$path: john sees his part";
                like $answer->header('Cache-Control'), qr/\bprivate\b/, 'private';
                unlike $answer->header('Cache-Control'), qr/public|s-maxage/, 'and not public';
                no_hit($answer, $path);
            }
            unlike request($at, GET => $path)->content, qr/\bprotected\b|LET IN/, 'a stranger does not';
            like $john->get($path)->content, $seen, 'and john does not see what a stranger got';
        }
        my $answer = $john->get('/known');
        is $answer->code, 200, 'a rewrite rule that asks who may see a page leads john to a page that is open';
        like $answer->header('Cache-Control'), qr/private/, 'which is private for once';
        my $nobody = browser($at)->get('/known', 'X-Requested-With' => 'x');
        is $nobody->code, 404, 'and others not';
        like $nobody->header('Cache-Control'), qr/private|no-store/, 'which is nobody elses either';
    }
};

subtest 'nor is it by a cache whose filter comes before ours, or that keeps parts' => sub {
    system("htpasswd -Bb -C 4 '$Server::top/users' jane jane-secret 2>/dev/null") == 0 or die 'htpasswd';
    for my $at ($port, $aside) {
        my %browser = map { $_ => browser($at)->sign_in($_) } qw(john jane);
        for my $path (qw(/programs/who /ssi/program.html /ssi/declared/page.txt /ssi/marked/page.html)) {
            for my $name (qw(john jane john)) {
                my $answer = $browser{$name}->get($path);
                is $answer->content, "user=$name.", "$path: $name sees what is theirs";
                like $answer->header('Cache-Control'), qr/\bprivate\b/, 'private';
                is $answer->header('X-Accel-Expires'), undef, 'for nginx, too';
            }
        }
    }
    my $john = browser($aside)->sign_in('john');
    $john->get('/ssi/page.html');
    $john->get('/errors/');
    for my $ask (['GET'], ['HEAD'], [GET => [Range => 'bytes=0-2']]) {
        my $answer = $john->request($ask->[0] => '/protected/index.html', headers => $ask->[1] // []);
        no_hit($answer, "$ask->[0] of a page that was a part of another");
        like $answer->header('Cache-Control'), qr/\bprivate\b/, 'private';
    }
};

subtest 'what a backend says to caches of one kind goes no further' => sub {
    my $john = browser($off)->sign_in('john');
    my @targeted = qw(CDN-Cache-Control Surrogate-Control X-Accel-Expires Edge-Control Akamai-Cache-Control
        Cloudflare-CDN-Cache-Control Netlify-CDN-Cache-Control Vercel-CDN-Cache-Control);
    for my $case (['', 'private, no-cache'], ["ETag: \"x\"\r\n", 'private, no-cache'],
        ["Last-Modified: Wed, 01 Jan 2020 00:00:00 GMT\r\n", 'private, no-cache'],
        ["Cache-Control: public\r\n", 'private, no-cache'], ["Cache-Control: max-age=60, s-maxage=70\r\n", 'max-age=60, private'],
        ["Cache-Control: must-revalidate\r\nCache-Control: PUBLIC\r\n", 'must-revalidate, private, no-cache']) {
        my ($said, $wanted) = @$case;
        my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $behind, Listen => 5, ReuseAddr => 1) or die $!;
        my $pid = fork // die;
        if (!$pid) {
            my $client = $listener->accept;
            sysread $client, my $asked, 65536;
            syswrite $client, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n$said"
                . join('', map { "$_: max-age=60\r\n" } @targeted) . "\r\nok";
            close $client;
            require POSIX;
            POSIX::_exit(0);
        }
        close $listener;
        my $answer = $john->get('/protected/behind/');
        waitpid $pid, 0;
        is $answer->content, 'ok', 'the page';
        is join(' + ', $answer->header('Cache-Control')), $wanted, 'as much as is good for the browser';
        is join(' ', grep { defined $answer->header($_) } @targeted), '', 'and nothing for others';
    }
};

subtest 'what comes too late is refused' => sub {
    my $john = browser($off)->sign_in('john');
    my $listing = $john->get('/listed/');
    is $listing->code, 200, 'a listing that has begun looks at each entry, protected ones too';
    is $listing->header('Cache-Control'), undef, 'everybody may keep it';
    like $listing->content, qr/open/, 'so it shows what is open';
    unlike $listing->content, qr/closed/, 'and what is not to nobody';
    like Server::log_text(), qr/MPIN0461: \/listed\/closed\/? is asked for as a part of \/listed\//, 'which the log explains';
};

subtest 'where nobody says how long a page is fresh, a browser asks again' => sub {
    my $john = browser($off)->sign_in('john');
    my $page = $john->get('/protected/plain.html');
    is $page->header('Cache-Control'), 'private, no-cache', 'private, no-cache';
    for my $condition (['If-None-Match' => $page->header('ETag')], ['If-Modified-Since' => $page->header('Last-Modified')]) {
        my $again = $john->get('/protected/plain.html', @$condition);
        is $again->code, 304, "$condition->[0]: not modified";
        is $again->header('Cache-Control'), 'private, no-cache', 'and the same to be heeded';
        is request($off, GET => '/protected/plain.html', headers => [@$condition, Accept => 'text/html'])->code, 302,
            'who is signed out gets no 304';
    }
    is browser($port)->sign_in('john')->get('/protected/plain.html')->header('Cache-Control'), 'max-age=3600, private',
        'what the site says of freshness stays';
    my $expires = browser($aside)->sign_in('john')->get('/protected/plain.html');
    like $expires->header('Expires'), qr/GMT/, 'so does Expires';
    unlike $expires->header('Cache-Control'), qr/no-cache/, 'with its word';
};

subtest 'somebody else signs in, and the cache is cleared' => sub {
    my $browser = browser($off)->sign_in('john');
    is $browser->sign_in_again->header('Clear-Site-Data'), undef, 'not for the same person';
    is $browser->sign_out->code, 303, 'signs out';
    system("htpasswd -Bb -C 4 '$Server::top/users' jane jane-secret 2>/dev/null") == 0 or die 'htpasswd';
    my $answer = $browser->post_password('jane', 'jane-secret');
    is $answer->code, 303, 'jane signs in';
    is $answer->header('Clear-Site-Data'), '"cache"', 'for another one';
};

sub MPin::Browser::sign_in_again { my $self = shift; $self->sign_out; return $self->post_password('john', 'john-secret') }

$server->stop;
is join("\n", grep { !/AH01631|unable to include/ } Server::complaints()), '', 'no complaints';
done_testing;
