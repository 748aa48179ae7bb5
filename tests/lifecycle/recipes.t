#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# docs/recipes.md: git, svn, WebDAV, curl beside browsers, and authorization by httpd's modules, as they stand there.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use MPin;

my $port = $ENV{PORT};
my $top = $Server::top;
my $modules = Server::modules();
my $text = Server::slurp("$FindBin::Bin/../../docs/recipes.md");

sub examples {
    my $heading = shift;
    my ($part) = $text =~ /^## \Q$heading\E\n(.*?)(?=^## |\z)/ms;
    return map { s{/etc/apache2/}{$top/}gr =~ s{/srv/|/var/lib/}{$top/}gr } $part =~ /^```\n(.*?)^```/msg;
}
sub loads { return join '', map { "LoadModule ${_}_module $modules/mod_$_.so\n" } @_ }
sub curl { return `curl -s -o /dev/null -w '%{http_code} %header{www-authenticate}' @_ 2>&1` }

my ($git, $dav) = examples('git, svn, WebDAV, curl');
my ($groups, $ldap) = examples('Authorization after our login');
Server::write_file("$top/groups", "accounts: john\n");
system("htpasswd -Bb -C 4 '$top/users' anna anna-secret 2>/dev/null") == 0 or die 'htpasswd';
mkdir "$top/site/$_" for qw(accounts staff);
Server::write_file("$top/site/$_/index.html", "$_\n") for qw(accounts staff);
system("git init -q --bare '$top/git/wiki.git' && chmod -R a+rX '$top/git' && chown -R www-data '$top/git'") == 0 or die 'git';
system("mkdir '$top/dav' '$top/files' '$top/svn' && svnadmin create '$top/svn/wiki' && chown -R www-data '$top/dav' '$top/files' '$top/svn'") == 0
    or die 'svn';

my $server = Server->new(conf => loads(qw(cgid alias env auth_basic authz_groupfile ldap authnz_ldap dav dav_fs dav_svn))
    . "ScriptSock $top/cgid\n$git$dav$groups$ldap")->start;

subtest 'git_and_curl_get_in_by_basic_where_browsers_use_a_pin' => sub {
    my $path = '/git/wiki.git/info/refs?service=git-upload-pack';
    is browser($port)->visit($path)->code, 302, 'a browser is sent to the login page';
    is browser($port)->sign_in('john')->visit($path)->code, 200, 'and gets in signed in';
    my $url = "'http://127.0.0.1:$port$path'";
    is curl($url), '401 Basic realm="git"', 'curl is asked for a password';
    is curl("-u john:john-secret $url"), '200 ', 'and gets in with it';
    is curl("-u john:wrong $url"), '401 Basic realm="git"', 'not with another';
    is curl("-A Mozilla/5.0 -u john:wrong $url"), '401 Basic realm="git"', 'whatever it says that it is';
    is curl("-A Mozilla/5.0 -H 'Authorization: Bearer x' $url"), '401 Basic realm="git"', 'nor with another scheme';
    my $clone = sub { `GIT_TERMINAL_PROMPT=0 git clone -q http://john:$_[0]\@127.0.0.1:$port/git/wiki.git $top/$_[0] 2>&1`; $? };
    is $clone->('john-secret'), 0, 'git clones';
    isnt $clone->('wrong'), 0, 'and not without the password';
};

# What a program says, with the file of passwords that it reads.
sub by_program {
    my ($password, $command) = @_;
    Server::write_file("$top/.netrc", "machine 127.0.0.1 login john password $password\n");
    return `export HOME='$top'; cd '$top' && { $command; } 2>&1`;
}

subtest 'webdav_and_subversion_get_in_by_basic_where_browsers_use_a_pin' => sub {
    my $files = "http://127.0.0.1:$port/files";
    my $john = browser($port)->sign_in('john');
    is browser($port)->visit('/files/')->code, 302, 'a browser is sent to the login page';
    for my $agent ('cadaver/0.23.3 neon/0.30.2', 'Microsoft-WebDAV-MiniRedir/10', 'WebDAVFS/3.0.0', 'some other client') {
        is curl("-A '$agent' -X $_ $files/"), '401 Basic realm="files"', "$agent: $_ is asked for a password"
            for qw(OPTIONS PROPFIND PUT MKCOL LOCK DELETE);
    }
    is curl("-u john:wrong -X PROPFIND $files/"), '401 Basic realm="files"', 'and not with another';
    is curl("-u john:john-secret -X PROPFIND -H 'Depth: 0' $files/"), '207 ', 'PROPFIND';
    is curl("-u john:john-secret -X MKCOL $files/folder"), '201 ', 'MKCOL';
    is curl("-u john:john-secret -T '$top/users' $files/folder/users"), '201 ', 'PUT';
    is curl("-u john:john-secret -X MOVE -H 'Destination: $files/moved' $files/folder/users"), '201 ', 'MOVE';
    is $john->visit('/files/moved')->code, 200, 'the browser sees it';
    like by_program('john-secret', "printf 'put users by-cadaver\\nls\\nlock by-cadaver\\nunlock by-cadaver\\n' | cadaver $files/"),
        qr/Uploading.*succeeded.*by-cadaver.*Locking.*succeeded.*Unlocking.*succeeded/s, 'cadaver puts, lists and locks';
    unlike by_program('wrong', "cadaver $files/ </dev/null"), qr/by-cadaver|dav:\/files\/>/, 'and not without the password';

    my $svn = sub { by_program('', "svn --non-interactive --no-auth-cache --username john --password $_[0] $_[1]"); $? };
    my $wiki = "http://127.0.0.1:$port/svn/wiki";
    is $svn->('john-secret', "checkout -q $wiki wc"), 0, 'svn checks out';
    Server::write_file("$top/wc/page.txt", "from svn\n");
    is $svn->('john-secret', 'add -q wc/page.txt'), 0, 'adds';
    is $svn->('john-secret', 'commit -q -m page wc'), 0, 'and commits';
    isnt $svn->('wrong', "cat $wiki/page.txt"), 0, 'not without the password';
    is $john->visit('/svn/wiki/page.txt')->content, "from svn\n", 'the browser sees it';
    is browser($port)->visit('/svn/wiki/page.txt')->code, 302, 'once signed in';
    like by_program('', "svn log --non-interactive --no-auth-cache --username john --password john-secret $wiki"), qr/\| john \|/, 'by john';
};

subtest 'groups_of_a_file_decide_after_our_login' => sub {
    is browser($port)->sign_in('john')->visit('/accounts/')->code, 200, 'john is of the group';
    is browser($port)->sign_in('anna')->visit('/accounts/')->code, 403, 'anna is not, and no login page says so';
    is browser($port)->visit('/accounts/')->code, 302, 'a stranger is asked to sign in';
};

subtest 'a_directory_that_is_away_lets_nobody_in' => sub {
    isnt browser($port)->sign_in('john')->visit('/staff/')->code, 200, 'LDAP is asked, and is not there';
    like Server::log_text(), qr{user john: authorization failure for "/staff/"}, 'with a line in the log';
};

done_testing;
