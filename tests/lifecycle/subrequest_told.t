#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0

# What the parts of a page are told of its user is what we say, whatever the page's directory, its rules and the page itself
# have put in the place of it, or beside it, since the page was told.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib", "$FindBin::Bin/../bench/lib";
use Httpd;
use Ports;
use Site;
use File::Path 'make_path';
use Test::More;

my $port = Ports::take();
system('make', '--no-print-directory', '-s', "BUILD=$Httpd::build", "$Httpd::build/mpin-client") == 0 or die 'make';

my $folder = "$Httpd::top/site/protected";
my $include = join '', map { qq(<!--#include virtual="/protected/parts/told.$_" -->\n) } qw(cgi shtml);
my %planted = (
    nothing => '',
    changed => 'SetEnv MPIN_AMR evil',
    renamed => 'RewriteRule . - [E=MPIN_PROVIDER:evil,E=MPIN_SESSION:evil]',
    beside => 'SetEnv MPIN_CLAIM_ROLE evil',
    spelled => 'RewriteRule . - [E=mpin-amr:evil]',
    redirected => 'SetEnv REDIRECT_MPIN_EMAIL evil@example.org',
    gone => 'RewriteRule . - [E=!MPIN_EMAIL]',
    'last-gone' => 'RewriteRule . - [E=!MPIN_SESSION]',
    oddly => 'SetEnv Mpin.Amr evil',
    'spelled-new' => 'RewriteRule . - [E=mpin-role:evil]',
    'oddly-new' => 'SetEnv Mpin.Role evil',
    'oddly-redirected' => 'SetEnv redirect-Redirect.mpin:role evil',
    header => 'RequestHeader set X-Who evil',
    twice => 'RequestHeader add X-Who evil',
);
make_path("$folder/parts", "$folder/jane", map { "$folder/$_" } keys %planted, 'set');
Httpd::write_file("$folder/parts/told.cgi", "#!/bin/sh\nprintf 'Content-Type: text/html\\n\\n<pre>'; env; printf '</pre>'\n");
chmod 0755, "$folder/parts/told.cgi";
Httpd::write_file("$folder/parts/told.shtml", qq(<!--#include virtual="told.cgi" -->\n));
Httpd::write_file("$folder/jane/page.html", 'only for jane');
for my $name (keys %planted) {
    Httpd::write_file("$folder/$name/page.shtml", "$include<!--#include virtual=\"/protected/jane/page.html\" -->");
    Httpd::write_file("$folder/$name/.htaccess", "RewriteEngine On\n$planted{$name}\n");
}
Httpd::write_file("$folder/set/page.shtml", qq(<!--#set var="MPIN_AMR" value="evil" --><!--#set var="MPIN_NEW" value="evil" -->$include$include));

my $httpd = Httpd->serving($port, join '', (map { Httpd::load_module($_) } qw(mime include env headers rewrite cgi)), Site::conf(), <<"END");
TypesConfig /etc/mime.types
AddType text/html .shtml
AddOutputFilter INCLUDES .shtml
MPinPassHeaders X-Who=user X-How=amr
<Directory "$Httpd::top/site">
AllowOverride All
Options +Includes +FollowSymLinks +ExecCGI
AddHandler cgi-script .cgi
</Directory>
<Location /protected/jane>
Require user jane
</Location>
END
my $browser = Site::signed_in($port);

# Each part's variables of our names, and the headers that applications get: of a program, and of one in a page that is
# a part itself. A variable whose name httpd would spell for a program like that of another one is left out by newer ones, so
# an odd spelling of a name that there is shows nothing.
sub told {
    my $page = $browser->visit("/protected/$_[0]/page.shtml")->content;
    my @parts = $page =~ m{<pre>(.*?)</pre>}gs;
    return ($page, map { join '', sort grep { /^(?:REDIRECT\W|REDIRECT_)*MPIN|^HTTP_X_(?:WHO|HOW)|^REMOTE_USER/i } /^.*\n/mg } @parts);
}

my ($page, $right) = told('nothing');
like $right, qr/^HTTP_X_HOW=pin mfa\nHTTP_X_WHO=person-\d+\@example\.org\nMPIN_AMR=pin mfa\nMPIN_AUTH_TIME=\d+\nMPIN_EMAIL=person-\d+\@example\.org\nMPIN_PROVIDER=local\nMPIN_SESSION=[0-9a-f]{32}\nREMOTE_USER=person-\d+\@example\.org\n\z/,
    'a part is told who its user is';
unlike $page, qr/only for jane/, 'a part that another Require guards is refused';
for my $name (sort(keys %planted), 'set') {
    my ($whole, @parts) = told($name);
    is $_, $right, "planted_variable_reaches_no_part: $name" for @parts;
    ok @parts >= 2, '... which was there';
    unlike $whole, qr/only for jane/, '... nor opens another place';
}

$httpd->stop;
done_testing;
