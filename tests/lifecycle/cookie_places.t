#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Where cookies lie: browsers know paths and domains, and tell nobody; they do not know ports. A change of the configuration
# locks nobody out. The browser is curl with a jar of our own, which knows paths and domains as browsers do (RFC 6265, 5.3
# and 5.4; curl 7.88 itself loses count of cookies of one name).
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use MPin;

my $port = $ENV{PORT};
my %jar; # "name domain path" => value; the domain begins with a dot where it is not that host's alone
my ($server, $origin, $base);

sub host { return $origin =~ m{^https?://([^:/]+)} ? $1 : die $origin }

sub jar_set {
    my ($line, $asked) = @_;
    my ($name, $value) = $line =~ /^([^=;]+)=([^;]*)/ or return;
    my $domain = $line =~ /; Domain=([^;]+)/i ? ".$1" : host();
    return if $domain =~ /^\./ && ("." . host()) !~ /\Q$domain\E$/;
    my $path = $line =~ m{; Path=(/[^;]*)}i ? $1 : $asked =~ s{(.)/[^/]*$}{$1}r;
    if ($line =~ /Max-Age=0/) { delete $jar{"$name $domain $path"} } else { $jar{"$name $domain $path"} = $value }
    return;
}

sub jar_header {
    my $asked = shift =~ s/\?.*//r;
    my @sent;
    for (sort { length((split ' ', $b)[2]) <=> length((split ' ', $a)[2]) || $a cmp $b } keys %jar) {
        my ($name, $domain, $path) = split ' ';
        next if $domain =~ /^\./ ? ("." . host()) !~ /\Q$domain\E$/ : $domain ne host();
        push @sent, "$name=$jar{$_}" if $asked eq $path || $asked =~ m{^\Q$path\E(?:(?<=/)|/)};
    }
    return join '; ', @sent;
}

# The server with these cookies; its pages lie below `$prefix`.
sub with_cookies {
    my ($url, $prefix, $conf) = @_;
    ($origin, $base) = ($url, $prefix);
    my $paths = $prefix eq '' ? '' : join '', map { "MPinPath $_ $prefix/$_\n" }
        qw(login logout mpinAuthenticate mpinActivate mpinVerify mpinPermitUser rps m account);
    my $tls = $url =~ /^https/ ? join('', map { sprintf "LoadModule %s_module %s/mod_%s.so\n", $_, Server::modules(), $_ } qw(socache_shmcb ssl))
        . "SSLSessionCache none\nSSLEngine On\nSSLCertificateFile \"$Server::top/tls.crt\"\nSSLCertificateKeyFile \"$Server::top/tls.key\"\n" : '';
    $server->stop if $server;
    $server = Server->new(conf => <<"END")->start;
$tls
LogLevel auth_mpin:debug
MPinPublicURL $url
MPinRegister signed-in
$paths
$conf
<Location $prefix/login>
AuthUserFile "$Server::top/users"
</Location>
<Location /app/protected>
AuthType MPin
Require valid-user
</Location>
END
    return;
}

sub curl {
    my ($path, @what) = @_;
    my $cookies = jar_header($path);
    my $said = `curl -s -k -i --max-time 60 --resolve www.example.test:$port:127.0.0.1 -H 'Cookie: $cookies' @what '$origin$path' 2>&1`;
    my $answer = HTTP::Response->parse($said =~ s/\r\n/\n/gr);
    jar_set($_, $path =~ s/\?.*//r) for $answer->header('Set-Cookie');
    return $answer;
}

sub page { return curl($_[0], "-H 'Accept: text/html'") }

# One try: to a protected page, to the login, and back.
sub sign_in {
    my ($name, $path) = @_;
    my $wanted = page($path // '/app/protected/');
    is $wanted->code, 302, 'to the login' or diag $wanted->as_string;
    my $login = page($wanted->header('Location'));
    is $login->code, 200, 'the login page';
    my %fields = $login->content =~ /<input type="hidden" name="([^"]+)" value="([^"]*)"/g;
    my $form = join ' ', map { "--data-urlencode '$_=$fields{$_}'" } keys %fields;
    my $in = curl("$base/login", "-H 'Origin: $origin' -H 'Accept: text/html' $form -d username=$name -d password=$name-secret");
    is $in->code, 303, 'signed in' or diag $in->as_string;
    is page($path // '/app/protected/')->code, 200, 'and let in';
    return $in;
}

my $long = 'way=' . 'on-' x 140;
for my $folder ('app', 'app/protected') {
    mkdir "$Server::top/site/$folder" or die "$folder: $!";
}
Server::write_file("$Server::top/site/app/protected/index.html", "protected\n");
system("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=www.example.test "
    . "-keyout '$Server::top/tls.key' -out '$Server::top/tls.crt' 2>/dev/null") == 0 or die 'openssl';

subtest 'after_a_change_of_path_or_domain_people_sign_in' => sub {
    my $local = "http://127.0.0.1:$port";
    my $public = "https://www.example.test:$port";
    my $realm = 'MPinSessionRealm company';
    my @changes = (
        ['no path, then one', [$local, '/app', ''], [$local, '/app', "MPinCookiePath /app\n$realm"]],
        ['one realm, no path, then one', [$local, '/app', $realm], [$local, '/app', "MPinCookiePath /app\n$realm"]],
        ['a path, then none', [$local, '/app', "MPinCookiePath /app\n$realm"], [$local, '/app', '']],
        ['a path, then the one above', [$local, '/app', "MPinCookiePath /app/\n$realm"], [$local, '/app', "MPinCookiePath /app\n$realm"]],
        ['a domain, then a smaller one', [$public, '', "MPinCookieDomain example.test\n$realm"],
            [$public, '', "MPinCookieDomain www.example.test\n$realm"]],
        ['a small domain, then a larger one', [$public, '', "MPinCookieDomain www.example.test\n$realm"],
            [$public, '', "MPinCookieDomain example.test\nMPinSessionRealm other"]],
        ['a domain, then none', [$public, '', "MPinCookieDomain example.test\n$realm"], [$public, '', '']],
        ['a domain, then a path', [$public, '/app', "MPinCookieDomain example.test\n$realm"],
            [$public, '/app', "MPinCookiePath /app\n$realm"]],
        ['http, then https', [$local, '', ''], [$public, '', '']],
    );
    for my $change (@changes) {
        my ($what, $before, $after) = @$change;
        subtest $what => sub {
            %jar = ();
            with_cookies(@$before);
            sign_in('john');
            with_cookies(@$after);
            if (page('/app/protected/')->code == 200) {
                pass 'the session goes on, one realm as it is';
                is curl("$base/logout", "-X POST -H 'Origin: $origin'")->code, 303, 'until it is ended';
            }
            sign_in('john');
            is page('/app/protected/')->code, 200, 'and stays so';
        };
    }
};

subtest 'a planted cookie locks nobody out' => sub {
    %jar = ();
    with_cookies("http://127.0.0.1:$port", '/app', '');
    sign_in('john');
    $jar{"mpin 127.0.0.1 $_"} = 'planted' for qw(/app /app/protected /app/protected/);
    my $refused = page('/app/protected/');
    isnt $refused->code, 200, 'of several none counts';
    is join("\n", grep { /^mpin / } keys %jar), '', 'and all are cleared at once';
    sign_in('john');
};

subtest 'our_cookies_stay_under_1_kb_once_signed_in' => sub {
    %jar = ();
    my $name = 'a-rather-long-name-of-somebody@a-rather-long-name-of-a-department.example.org';
    system("htpasswd -Bb -C 4 '$Server::top/users' $name $name-secret 2>/dev/null") == 0 or die 'htpasswd';
    with_cookies("https://www.example.test:$port", '', '');
    page(page("/app/protected/?$long$_")->header('Location')) for 1 .. 3;
    my $size = sub { my $sum = 0; $sum += length((split ' ')[0]) + length($jar{$_}) + 3 for keys %jar; return $sum };
    cmp_ok $size->(), '<', 200, 'three login pages with long ways back, which are in their URLs: ' . $size->();
    my $in = sign_in($name, "/app/protected/?$long");
    page($in->header('Location'));
    cmp_ok $size->(), '<', 1024, 'signed in, with a PIN offered: ' . $size->();
    page('/login?return=/app/protected/?tab=' . 'x' x 200 . $_) for 4 .. 8;
    cmp_ok $size->(), '<', 1024, 'whatever is visited then: ' . $size->();
};

subtest 'nor does one way back that is longer' => sub {
    %jar = ();
    my $name = 'b' x 100 . '@' . 'c' x 60 . '.example.org';
    system("htpasswd -Bb -C 4 '$Server::top/users' $name $name-secret 2>/dev/null") == 0 or die 'htpasswd';
    my $size = sub { my $sum = 0; $sum += length((split ' ')[0]) + length($jar{$_}) + 3 for keys %jar; return $sum };
    my $in = sign_in($name, '/app/protected/?way=' . 'x' x 480);
    cmp_ok $size->(), '<', 1024, 'signed in: ' . $size->();
    my $offer = page($in->header('Location'));
    like $offer->content, qr{href="/app/protected/\?way=x{480}"}, 'and the way back is whole, as it is in the URL';
    page("/login?return=/app/protected/?tab=$_" . 'x' x 480) for 1 .. 3;
    cmp_ok $size->(), '<', 1024, 'whatever is visited then: ' . $size->();
};

subtest 'two ports of one host' => sub {
    my $conf = sub {
        my ($name, $more) = @_;
        $server->stop if $server;
        Server->new(conf => <<"END");
Listen 127.0.0.1:@{[$port + 3]}
MPinPublicURL http://127.0.0.1:$port
$more
<VirtualHost 127.0.0.1:@{[$port + 3]}>
MPinPublicURL http://127.0.0.1:@{[$port + 3]}
MPinCookieName $name
</VirtualHost>
END
        return `/usr/sbin/apache2 -t -f '$Server::top/httpd.conf' 2>&1`;
    };
    like $conf->('mpin', ''), qr/MPinPublicURL: browsers send the cookies of \S+ here too, .*; write another MPinCookieName/, '-t says how';
    my $by_itself = $conf->('mpin', '') && Server::slurp("$Server::top/httpd.conf") =~ s/^MPinPublicURL .*\n//gmr;
    Server::write_file("$Server::top/httpd.conf", $by_itself);
    like `/usr/sbin/apache2 -t -f '$Server::top/httpd.conf' 2>&1`, qr/write another MPinCookieName/, 'also where each has its own port';
    unlike $conf->('other', ''), qr/MPinCookieName/, 'a name each, and it says nothing';
    unlike $conf->('mpin', 'MPinSessionRealm company'), qr/write another MPinCookieName/, 'nor where both are one realm';
};

is join("\n", Server::complaints()), '', 'no complaints';
done_testing;
