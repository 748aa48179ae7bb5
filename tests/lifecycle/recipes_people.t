#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# docs/recipes.md, where people are and what stands around httpd: conf/recipes as it is shipped, with OpenLDAP, SQLite,
# nginx before it with TLS, and two hosts.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib", "$FindBin::Bin/../lib";
use Debian;
use Server;
use MPin;
use Providers;
use Recipe;

my $port = $ENV{PORT};
my $top = $Server::top;
add_person('anna');
folder("www/html/$_", 'index.html' => "$_\n") for qw(staff accounts members);

# By password, and back with a PIN.
sub signs_in {
    my ($name, @how) = @_;
    my $person = browser($port, @how)->sign_in($name);
    my $device = $person->enrol($name, 1234);
    my $pad = browser($port, @how);
    $pad->settings;
    is $pad->pin_login($device, 1234)->code, 200, "$name signs in by password, then by PIN";
    return $pad;
}

subtest 'a_directory_has_people_and_their_groups' => sub {
    shown_in_recipes('LDAP with groups', 'ldap');
    start_directory('memberof');
    directory_entry($_) for qw(anna john);
    directory_change("dn: cn=$_,dc=example,dc=org\nchangetype: add\nobjectClass: groupOfNames\ncn: $_\nmember: uid=anna,dc=example,dc=org\n\n")
        for qw(staff editors);
    my $directory = '127.0.0.1:' . ($port + 18);
    recipe('ldap', change => sub {
        $_[0] =~ s{ldap://127\.0\.0\.1/ou=people,}{ldap://$directory/}gr =~ s{ou=groups,}{}gr
            . qq{<Location />\nHeader always set X-Heard "expr=%{req:X-Groups}%{req:X_Groups}"\n</Location>\n};
    });
    is browser($port)->visit('/staff/')->code, 302, 'a stranger is sent to the login page';
    my $anna = signs_in('anna');
    is browser($port)->get('/', 'X-Groups' => 'root', 'x_groups' => 'root')->header('X-Heard') // '', '', 'what browsers say is nowhere heard';
    my $answer = $anna->get('/staff/', 'X-Groups' => 'root');
    is $answer->code, 200, 'who is of the group comes in';
    is join(' ', sort $answer->header('X-Heard') =~ /cn=(\w+)/g), 'editors staff', 'with all that memberOf lists';
    unlike $answer->header('X-Heard'), qr/root/, 'and nothing that a browser says';
    is browser($port)->sign_in('john')->visit('/staff/')->code, 403, 'who is not of it does not';
    is browser($port)->post_password('john', 'wrong')->code, 401, 'a wrong password is one';
    stop_directory();
};

subtest 'a_database_has_people_and_their_groups' => sub {
    shown_in_recipes('SQL', 'sql');
    my $people = folder('srv/app') . '/people.db';
    my $sql = sub { system('sqlite3', $people, '.timeout 5000', $_[0]) == 0 or die 'sqlite3' };
    $sql->('CREATE TABLE people (name TEXT PRIMARY KEY, password TEXT)');
    $sql->('CREATE TABLE members (name TEXT, team TEXT)');
    for my $name (qw(anna john)) {
        my ($hash) = `htpasswd -nbB -C 4 x $name-secret` =~ /^x:(\S+)/;
        $sql->("INSERT INTO people VALUES ('$name', '$hash')");
    }
    $sql->("INSERT INTO members VALUES ('anna', 'accounts')");
    recipe('sql');
    my $anna = signs_in('anna');
    is $anna->visit('/accounts/')->code, 200, 'who is of the group comes in';
    is browser($port)->sign_in('john')->visit('/accounts/')->code, 403, 'who is not of it does not';
    $sql->('DELETE FROM members');
    is $anna->visit('/accounts/')->code, 403, 'and who is not any more is out';
};

subtest 'one_login_is_good_at_all_hosts_of_the_domain' => sub {
    shown_in_recipes('Several hosts with one login', 'hosts');
    folder("www/$_", 'index.html' => "$_\n") for qw(wiki files);
    recipe('hosts');
    my %cookies;
    my ($wiki, $files) = map { browser($port, host => "$_.example.com", origin => "https://$_.example.com", cookies => \%cookies) } qw(wiki files);
    is $files->visit('/')->code, 302, 'a stranger is sent to the login page';
    my $answer = $wiki->sign_in('anna')->visit('/');
    is $answer->content, "wiki\n", 'who signs in at one is there';
    is $files->visit('/')->content, "files\n", 'and at the other';
    my $device = $wiki->enrol('anna', 1234);
    %cookies = ();
    $wiki->settings;
    is $wiki->pin_login($device, 1234)->code, 200, 'a PIN signs in';
    is $files->visit('/')->content, "files\n", 'at both';
    is $files->sign_out->code, 303, 'who signs out at one';
    is $wiki->visit('/')->code, 302, 'is out at the other';
};

# nginx with TLS on a port of its own, as a load balancer is before httpd.
sub start_tls_proxy {
    my ($nginx, $front) = @_;
    system(qq{openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=www.example.com -keyout "$top/tls.key" -out "$top/tls.crt" 2>/dev/null}) == 0
        or die 'openssl';
    my $temp = join '', map { "${_}_temp_path $top/$_;\n" } qw(client_body proxy fastcgi uwsgi scgi);
    Server::write_file("$top/tls.conf", <<"END");
pid $top/nginx.pid;
error_log $top/logs/nginx.log;
daemon off;
events {}
http {
access_log off;
${temp}server {
    listen 127.0.0.1:$front ssl;
    ssl_certificate $top/tls.crt;
    ssl_certificate_key $top/tls.key;
    location / {
        proxy_pass http://127.0.0.1:$port;
        proxy_set_header Host \$http_host;
        proxy_set_header X-Forwarded-For \$remote_addr;
    }
}
}
END
    return beside($front, "$nginx/usr/sbin/nginx", '-e', "$top/logs/nginx.log", '-p', $top, '-c', "$top/tls.conf");
}

subtest 'behind_a_tls_proxy_the_client_counts_by_its_own_address' => sub {
    my $nginx = Debian::unpacked('nginx') or plan skip_all => 'no nginx to be had';
    shown_in_recipes('TLS ends before httpd', 'tls-proxy');
    my $front = $port + 4;
    start_tls_proxy($nginx, $front);
    recipe('tls-proxy', change => sub { $_[0] =~ s{https://www\.example\.com}{https://www.example.com:$front}r });
    my $curl = sub {
        my ($from, @more) = @_;
        open my $said, '-|', 'curl', '-sk', '--interface', $from, '--connect-to', "www.example.com:$front:127.0.0.1:$front", '-b', "$top/jar", '-c', "$top/jar",
            '-H', "Origin: https://www.example.com:$front", '-w', '%{http_code} %{redirect_url}', @more or die "curl: $!";
        local $/;
        return scalar <$said>;
    };
    my $site = "https://www.example.com:$front";
    like $curl->('127.0.0.21', '-H', 'Accept: text/html', "$site/members/"), qr{302 https://www\.example\.com:$front/login}, 'the login is at the address that people see';
    my ($csrf) = $curl->('127.0.0.21', "$site/login") =~ /name="csrf" value="([^"]+)"/;
    my @form = ('-H', 'X-Forwarded-For: 192.0.2.99', '--data-urlencode', "csrf=$csrf", '-d', 'username=anna&password=anna-secret', "$site/login");
    like $curl->('127.0.0.21', @form), qr/303 /, 'anna signs in, over TLS';
    like Server::slurp("$top/jar"), qr/#HttpOnly_.*TRUE.*__Host-mpin/, 'with a cookie for https only';
    like $curl->('127.0.0.21', "$site/members/"), qr/^members\n200/, 'and is in';
    my $audit = sub { (grep { /"login_password"/ } split /\n/, Server::slurp("$top/logs/mpin-audit.log"))[-1] // '' };
    ok MPin::until_true(sub { $audit->() =~ /127\.0\.0\.21/ }), 'the audit log has her own address';
    unlike $audit->(), qr/192\.0\.2\.99/, 'not one that she says';
    my $past = browser($port, host => "www.example.com:$front", origin => $site, from => '127.0.0.22', headers => ['X-Forwarded-For' => '192.0.2.98']);
    $past->post_password('john', 'john-secret');
    ok MPin::until_true(sub { $audit->() =~ /127\.0\.0\.22/ }), 'who is no proxy is not believed either';
};

is join("\n", grep { !/AH01631: user|authnz_ldap:error|authz_dbd:error|AH0\d+: user \w+: (?:password|authentication)/ } Server::complaints()), '', 'nothing to complain of';
done_testing;
