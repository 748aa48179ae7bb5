# SPDX-License-Identifier: Apache-2.0
package Places;

# What stands at both twins: the same documents, protected by the same lines, under AuthType MPin at one and AuthType
# Basic at the other. Each document has a mark of its own, by which it is recognized wherever it turns up.

use strict;
use warnings;
use Digest::SHA 'sha1_hex';
use File::Basename 'dirname';
use File::Find 'find';
use File::Path qw(make_path remove_tree);

use constant SIDES => qw(mpin basic);
use constant LONG_AGO => 1_700_000_000; # Tue, 14 Nov 2023 22:13:20 GMT

# The vhosts of each side: the first word of a host name, which says in what kind of section the lines stand (the others
# have those of "location", "whole" below a demand for all).
our %vhost = (
    location => '',
    directory => "AllowEncodedSlashes NoDecode\n",
    match => "AllowEncodedSlashes On\nMergeSlashes Off\n",
    htaccess => '',
    if => '',
    cached => "CacheEnable disk /\n",
    'cached-late' => "CacheEnable disk /\nCacheQuickHandler Off\n",
    whole => '',
);
# How strangers are met there, which has nothing to do with who is one.
my %met = (directory => '401', match => 'redirect');

# What a place demands; of two texts the first is for MPin. Below each lie folders of their own demands, %nested.
our %demand = (
    valid => 'Require valid-user',
    john => 'Require user john',
    staff => 'Require group staff',
    any => "<RequireAny>\nRequire user john\nRequire group admins\n</RequireAny>",
    all => "<RequireAll>\nRequire valid-user\nRequire not user jane\n</RequireAll>",
    none => "<RequireAll>\nRequire valid-user\n"
        . "<RequireNone>\nRequire user jane\nRequire group banned\n</RequireNone>\n</RequireAll>",
    expr => q{Require expr "%{REMOTE_USER} == 'john'"},
    'expr-query' => q{Require expr "%{QUERY_STRING} =~ /open/"},
    'expr-any' => qq{<RequireAny>\nRequire expr "req('X-Open') == 'yes'"\nRequire user john\n</RequireAny>},
    options => "<RequireAny>\nRequire method OPTIONS\nRequire valid-user\n</RequireAny>",
    methods => "<RequireAny>\nRequire method HEAD POST PROPFIND\nRequire user john\n</RequireAny>",
    ip => "<RequireAny>\nRequire ip 192.0.2.0/24\nRequire valid-user\n</RequireAny>",
    local => "<RequireAll>\nRequire ip 127.0.0.0/8\nRequire user john\n</RequireAll>",
    env => "<RequireAny>\nRequire env let_in\nRequire valid-user\n</RequireAny>",
    'not-env' => "<RequireAll>\nRequire valid-user\n<RequireNone>\nRequire env shut_out\n</RequireNone>\n</RequireAll>",
    alias => 'Require allowed',
    forbid => "AuthzSendForbiddenOnFailure On\nRequire user john",
    granted => 'Require all granted',
    denied => 'Require all denied',
    limit => "<Limit POST PUT DELETE>\nRequire valid-user\n</Limit>",
    'limit-get' => "<Limit GET>\nRequire user john\n</Limit>",
    except => "<LimitExcept GET OPTIONS>\nRequire user john\n</LimitExcept>",
    'limit-both' => "Require valid-user\n<Limit PUT POST>\nRequire user john\n</Limit>",
    'satisfy-any' => "Order deny,allow\nDeny from all\nSatisfy Any\nRequire valid-user",
    'satisfy-open' => "Order allow,deny\nAllow from 127.0.0.1\nSatisfy Any\nRequire user john",
    'satisfy-all' => "Order allow,deny\nAllow from all\nSatisfy All\nRequire user john",
    pass => ["MPinUnauthenticated pass\nRequire valid-user", 'Require valid-user'],
    recent => ["MPinReauthAfter 12h\nMPinLoginMethods password\nRequire user john", 'Require user john'],
    old => ["Require mpin-max-age 12h", 'Require valid-user'],
    amr => ["<RequireAny>\nRequire mpin-amr pwd\nRequire user nobody\n</RequireAny>", 'Require valid-user'],
    'other-amr' => ["<RequireAny>\nRequire mpin-amr user\nRequire user john\n</RequireAny>", 'Require user john'],
    'satisfy-shut' => "Order deny,allow\nDeny from 127.0.0.0/8\nSatisfy All\nRequire valid-user",
);
our %nested = (
    sub => '',
    and => "AuthMerging And\nRequire user john",
    or => "AuthMerging Or\nRequire user jane",
    off => "AuthMerging Off\nRequire all granted",
    free => "AuthType None\nRequire all granted",
);

# Places that are wrong on purpose: the line at MPin, the line at Basic, and what must be found (Judge.pm).
our %wrong = (
    'wrong-open' => ['Require all granted', 'Require valid-user', 'lets in'],
    'wrong-user' => ['Require valid-user', 'Require user john', 'lets in'],
    'wrong-shut' => ['Require user nobody', 'Require valid-user', 'keeps out'],
    'wrong-text' => ['Require valid-user', 'Require valid-user', 'differs'],
    'wrong-part' => ['Require all granted', 'Require all granted', 'leaks'],
    'wrong-run' => ['Require all granted', 'Require all granted', 'runs'],
);

# ---- documents ----

sub mark { return 'm' . substr(sha1_hex($_[0]), 0, 12) . 'm' }

sub page { my $path = shift; return "<p>@{[mark($path)]}</p>\n" . "text of a page\n" x 5 . "<p>@{[mark($path)]}</p>\n" }

# It says who asks, and that it has run at all.
sub program {
    my ($path, $ran) = @_;
    return <<"END";
#!/bin/sh
IFS= read -r line
echo "@{[mark($path)]} \$REMOTE_USER" >>'$ran'
printf 'Content-Type: text/plain\\r\\n\\r\\n'
echo "@{[mark($path)]} user=\$REMOTE_USER before=\$REDIRECT_REMOTE_USER told=\$HTTP_X_TOLD" \\
    "\$REQUEST_METHOD path=\$PATH_INFO query=\$QUERY_STRING line=\$line"
END
}

sub including { return join '', map { qq{<!--#include virtual="$_" -->\n} } @_ }

# Those that are the same everywhere: path => text.
sub special {
    my $ran = shift;
    my @parts = qw(/valid/doc.html /john/doc.html /staff/sub/doc.html /denied/doc.html /granted/page.cgi?x /john/
        /ssi/inner.shtml /locked/inner.shtml /multi/both /idx/one/);
    my %file = (
        'ssi/all.shtml' => including(@parts) . '<!--#echo var="REMOTE_USER" -->' . page('ssi/all'),
        'ssi/inner.shtml' => including('/john/doc.html', '/valid/page.cgi/more'),
        'ssi/asked.shtml' => '<!--#include virtual="${QUERY_STRING}" -->' . page('ssi/asked'),
        'ssi/size.shtml' => '<!--#fsize virtual="${QUERY_STRING}" --> <!--#flastmod virtual="${QUERY_STRING}" -->',
        'ssi/file.shtml' => '<!--#include file="part.html" --><!--#exec cgi="/valid/page.cgi" -->',
        'ssi/part.html' => page('ssi/part.html'),
        'locked/inner.shtml' => including('/john/doc.html', '/valid/doc.html', '/ssi/all.shtml'),
        'locked/doc.html' => page('locked/doc.html'),
        'idx/one/index.html' => page('idx/one/index.html'),
        'idx/two/index.html' => page('idx/two/index.html'),
        'idx/two/other.html' => page('idx/two/other.html'),
        'idx/far/doc.html' => page('idx/far/doc.html'),
        'idx/away/index.html' => page('idx/away/index.html'),
        'idx/program/page.cgi' => program('idx/program/page.cgi', $ran),
        'multi/both.html.en' => page('multi/both.html.en'),
        'multi/both.html.de' => page('multi/both.html.de'),
        'multi/shut.html.en' => page('multi/shut.html.en'),
        'multi/run.cgi' => program('multi/run.cgi', $ran),
        'multi/map.var' => "URI: map\n\nURI: both.html.en\nContent-Type: text/html\nContent-Language: en\n\n"
            . "URI: both.html.de\nContent-Type: text/html\nContent-Language: de\n\n",
        'actions/file.through' => page('actions/file.through'),
        'actions/file.open' => page('actions/file.open'),
        'actions-locked/file.open' => page('actions-locked/file.open'),
        'fallback/there.html' => page('fallback/there.html'),
        'fallback-locked/there.html' => page('fallback-locked/there.html'),
        'spelling/Protected.html' => page('spelling/Protected.html'),
        'spelling/open.html' => page('spelling/open.html'),
        'with space/a b.html' => page('with space/a b.html'),
        "umlaut-\xc3\xa4/d\xc3\xb6c.html" => page('umlaut'),
        'cased/Doc.html' => page('cased/Doc.html'),
        'files/open.html' => page('files/open.html'),
        'files/secret.html' => page('files/secret.html'),
        'files/secret.html.bak' => page('files/secret.html.bak'),
        'files/run.cgi' => program('files/run.cgi', $ran),
        (map { ("dav/$_" => page("dav/$_")) } 'open.html', "secret-@{[mark('dav secret')]}.html", 'locked/doc.html',
            'sub/doc.html', "sub/secret-@{[mark('dav sub secret')]}.html"),
        'header/doc.html' => page('header/doc.html'),
        'aliased/doc.html' => page('aliased/doc.html'),
        'rw/doc.html' => page('rw/doc.html'),
        'proxied/doc.html' => page('proxied/doc.html'),
        'behind/doc.html' => page('behind/doc.html'),
        'behind/page.cgi' => program('behind/page.cgi', $ran),
    );
    $file{"errors/$_/index.html"} = page("errors/$_") for qw(far page text own status);
    for my $list (qw(list list-shown)) {
        $file{"$list/open-@{[mark(qq{$list open})]}.html"} = page("$list/open");
        $file{"$list/secret-@{[mark(qq{$list secret})]}.html"} = page("$list/secret");
        $file{"$list/below-@{[mark(qq{$list below})]}/doc.html"} = page("$list/below");
    }
    return %file;
}

sub documents {
    my ($side, $ran) = @_;
    my %file = special($ran);
    for my $place (keys %demand, keys %wrong) {
        for my $folder ('', map { "$_/" } keys %nested) {
            $file{"$place/$folder$_"} = page("$place/$folder$_") for qw(index.html doc.html);
        }
        $file{"$place/page.cgi"} = program("$place/page.cgi", $ran);
    }
    if ($side eq 'mpin') {
        $file{'wrong-text/doc.html'} = "another text\n" . page('wrong-text/doc.html');
        $file{'wrong-part/doc.html'} .= page('valid/doc.html');
    }
    my $runs = $side eq 'mpin' ? "echo x >>'$ran'\n" : '';
    $file{'wrong-run/page.cgi'} = "#!/bin/sh\nprintf 'Status: 404\\r\\n\\r\\n'\n$runs";
    return %file;
}

sub write_file {
    my ($name, $text, $mode) = @_;
    make_path($name =~ s{/[^/]+$}{}r);
    open my $out, '>', $name or die "$name: $!";
    print {$out} $text;
    close $out or die "$name: $!";
    chmod $mode, $name or die "$name: $!";
    return;
}

# Where a side's programs write; the name is as long at both, and so are the programs.
sub ran { my ($top, $side) = @_; return "$top/ran-" . substr $side, 0, 1 }

# Writes a side's documents: once plainly, and once with .htaccess files.
sub write_documents {
    my ($top, $side, $demands) = @_;
    my %file = documents($side, ran($top, $side));
    for my $root ("$top/$side/plain", "$top/$side/htaccess") {
        write_file("$root/$_", $file{$_}, /cgi$/ ? 0755 : 0644) for keys %file;
    }
    write_file("$top/$side/htaccess$_/.htaccess", $demands->{$_}, 0644) for keys %$demands;
    write_file(ran($top, $side), '', 0666);
    make_path("$top/$side/cache");
    set_dates("$top/$side");
    return;
}

# The same at both.
sub set_dates { find(sub { utime LONG_AGO, LONG_AGO, $_ }, @_); return }

# What can be changed by WebDAV: names and texts.
sub dav_files {
    my ($top, $side) = @_;
    my @files;
    for my $tree (qw(plain htaccess)) {
        my $root = "$top/$side/$tree/dav";
        find({no_chdir => 1, wanted => sub { push @files, "$tree " . (-d ? "$_/" : "$_ " . (-s)) =~ s/^\Q$root\E//r }}, $root);
    }
    return join "\n", sort @files;
}

# Makes it as it was.
sub restore_dav {
    my ($top, $side) = @_;
    my %file = special('');
    for my $root (map { "$top/$side/$_/dav" } qw(plain htaccess)) {
        remove_tree($root);
        write_file("$root/../$_", $file{$_}, 0644) for grep { m{^dav/} } keys %file;
        set_dates($root);
        utime LONG_AGO, LONG_AGO, "$root/..";
        give($root);
    }
    return;
}

# To httpd's user, who writes there.
sub give { system('chown', '-R', 'www-data:www-data', @_) if !$>; return }

# ---- configuration ----

sub auth {
    my ($top, $side) = @_;
    my $type = $side eq 'mpin' ? "AuthType MPin\n" : "AuthType Basic\nAuthBasicProvider file\nAuthUserFile $top/users\n";
    return "${type}AuthName twins\nAuthGroupFile $top/groups\n";
}

# path => lines, of every place and the folders below it
sub demands {
    my ($auth, $number) = @_;
    my %here = map { ("/$_" => $auth . (ref $demand{$_} ? $demand{$_}[$number] : $demand{$_}) . "\n") } keys %demand;
    for my $place (keys %demand) {
        $here{"/$place/$_"} = "$nested{$_}\n" for grep { $nested{$_} } keys %nested;
    }
    $here{"/$_"} = "$auth$wrong{$_}[$number]\n" for keys %wrong;
    return %here;
}

# One demand in a section of the vhost's kind.
sub section {
    my ($kind, $root, $path, $lines) = @_;
    my $quoted = quotemeta "$root$path";
    return "<Location \"$path\">\n$lines</Location>\n" if $kind =~ /^(?:location|cached|cached-late|whole)$/;
    return "<Directory \"$root$path\">\n$lines</Directory>\n" if $kind eq 'directory';
    return "<DirectoryMatch \"^$quoted(/|\$)\">\n$lines</DirectoryMatch>\n" if $kind eq 'match';
    return "<If \"%{REQUEST_URI} =~ m#^\Q$path\E(/|\$)#\">\n$lines</If>\n" if $kind eq 'if';
    return '';
}

# places.conf for a side.
sub special_config {
    my ($root, $auth, $backend) = @_;
    my %value = (
        root => $root,
        backend => $backend,
        valid => "${auth}Require valid-user",
        john => "${auth}Require user john",
        below => 'below-' . mark('list below'),
    );
    open my $in, '<', dirname(__FILE__) . '/../places.conf' or die "places.conf: $!";
    return join q(), map { s/%\((\w+)\)/$value{$1}/gr } grep { !/^#/ } <$in>;
}

sub all_of_it { return "<Location />\n$_[0]</Location>\n" }

# The backend of a side.
sub behind {
    my ($port, $root) = @_;
    return "<VirtualHost 127.0.0.1:$port>\nMPinEngine Off\nDocumentRoot \"$root\"\n<Directory \"$root\">\n"
        . "Options +ExecCGI\nAddHandler cgi-script .cgi\nRequire all granted\n</Directory>\n</VirtualHost>\n";
}

# A vhost of one side, with its documents.
sub vhost {
    my ($kind, $side, $port, $backend, $top) = @_;
    my $root = "$top/$side/" . ($kind eq 'htaccess' ? 'htaccess' : 'plain');
    my %here = demands(auth($top, $side), $side eq 'mpin' ? 0 : 1);
    write_documents($top, $side, \%here) if $kind eq 'location';
    my $sections = join '', map { section($kind, $root, $_, $here{$_}) } sort keys %here;
    my $override = $kind eq 'htaccess' ? "<Directory \"$root\">\nAllowOverride All\n</Directory>\n" : '';
    my $engine = $side eq 'mpin' ? "MPinEngine On\nMPinPublicURL http://127.0.0.1:$port\n" : "MPinEngine Off\n";
    $engine .= all_of_it(auth($top, $side) . "Require valid-user\n") if $kind eq 'whole';
    # At both: where there is no section httpd asks a subrequest nothing that it has asked its page.
    $engine .= all_of_it($side eq 'mpin' ? "MPinUnauthenticated $met{$kind}\n" : "AuthName twins\n") if $met{$kind};
    my $special = special_config($root, auth($top, $side), $backend);
    return "<VirtualHost 127.0.0.1:$port>\nServerName $kind.twin\nDocumentRoot \"$root\"\nCacheRoot \"$top/$side/cache\"\n"
        . "$engine$vhost{$kind}$special$override$sections</VirtualHost>\n";
}

# All vhosts, of both sides and of the backend behind them: "location" first, which so gets requests for unknown hosts.
sub config {
    my ($top, %port) = @_;
    my @kinds = ('location', grep { $_ ne 'location' } sort keys %vhost);
    my $vhosts = '';
    for my $side (SIDES) {
        my ($port, $backend) = @port{$side, "$side behind"};
        $vhosts .= "Listen 127.0.0.1:$port\nListen 127.0.0.1:$backend\n"
            . join('', map { vhost($_, $side, $port, $backend, $top) } @kinds)
            . behind($backend, "$top/$side/plain");
    }
    return <<"END" . $vhosts;
<AuthzProviderAlias user allowed john>
</AuthzProviderAlias>
CacheIgnoreNoLastMod On
ScriptSock "$top/cgisock"
ServerSignature Off
KeepAliveTimeout 2
Timeout 10
Protocols h2c http/1.1
TypesConfig /dev/null
AddType text/html .html .shtml
LogLevel crit mpm_event:notice core:notice
END
}

# Paths that lead somewhere, for requests to begin with.
sub paths {
    my %file = special('');
    my @paths = map { "/$_" } keys %file;
    push @paths, map { s{[^/]+$}{}r } @paths;
    push @paths, map { "/$_" } map { ($_) x 3 } grep { m{^dav/} } keys %file;
    push @paths, qw(/dav/new.html /dav/locked/new.html /dav/new/ /dav/sub/secret-new.html);
    for my $place (keys %demand) {
        push @paths, map { "/$place/$_" } '', qw(doc.html page.cgi sub/doc.html and/doc.html or/doc.html off/doc.html
            free/doc.html sub/);
    }
    push @paths, qw(/rw/pt/john/doc.html /rw/pt/valid/page.cgi /rw/away/john/ /rw/shut/x /rw/behind/doc.html
        /locked/in/doc.html /locked/in/inner.shtml
        /rw/reached/john/doc.html /rw/reached/valid/ /rw/ahead/x /rw/to/john/doc.html /rw/to/valid/page.cgi /rw/who /rw/nobody
        /rw/can/john/doc.html /rw/can/valid/doc.html /other-way/doc.html /valid/script/x /script/more /redirected/doc.html
        /matched/doc.html /valid/proxied/doc.html /john/sub/proxied/page.cgi /proxied/page.cgi/x /status /multi/both /multi/shut
        /multi/run /multi/map /spelling/protected.html /spelling/Protectd.html /fallback/none /fallback-locked/none
        /errors/far/none /errors/page/none /errors/text/none /errors/own/none /errors/status/none /nothing);
    push @paths, map { "/ssi/$_" } map { ("asked.shtml?$_", "size.shtml?$_") } qw(/john/doc.html /valid/ /staff/page.cgi
        /idx/two/ /multi/both /rw/pt/john/doc.html /rw/to/john/doc.html
        /rw/to/valid/page.cgi /locked/in/doc.html /login /logout /nothing /list/ /proxied/doc.html /redirected/doc.html);
    return sort @paths;
}

1;
