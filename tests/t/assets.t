# SPDX-License-Identifier: Apache-2.0
# Our files: a name that never changes its bytes, a tag for each coding; and pages that are packed (docs/security.md, "Packed pages").
use strict;
use warnings;
use Test::More;
use IO::Uncompress::Gunzip qw(gunzip $GunzipError);
use MPin;

from(26);
my $lasting = 'public, max-age=31536000, immutable';

sub file { return request(mount, 'GET', $_[0], host => $_[1], headers => [@_[2 .. $#_]]) }

sub unpacked {
    my $packed = shift;
    gunzip(\$packed => \my $plain) or die $GunzipError;
    return $plain;
}

sub base_of { return (browser(mount, host => $_[0])->visit('/login')->content =~ m{href="(/mpin/[0-9a-f]{16})/mpin\.css"})[0] }

subtest 'what a page of ours refers to is named by its version, and kept for good' => sub {
    for my $host (qw(passing packing)) {
        my $page = browser(mount, host => $host)->visit('/login')->content;
        my @files = grep { m{^/mpin} } $page =~ /(?:src|href)="([^"]+)"/g;
        cmp_ok scalar @files, '>', 4, "$host: icon, styles, scripts";
        for my $path (@files) {
            like $path, qr{^/mpin/[0-9a-f]{16}/[\w-]+\.\w+$}, $path;
            my $answer = file($path, $host);
            is $answer->code, 200, 'is there';
            is join('|', $answer->header('Cache-Control')), $lasting, 'for good';
            is $answer->content, file($path =~ s{/[0-9a-f]{16}/}{/}r, $host)->content, 'the same bytes as under its own name';
        }
        my $base = base_of($host);
        is file("$base/texts/de.json", $host)->header('Cache-Control'), $lasting, 'and so is what its script fetches from beside it';
        is file("$base/nothing.js", $host)->code, 404, 'a name that is none';
        like file("$base/nothing.js", $host)->header('Cache-Control'), qr/no-store/, 'is not kept';
        is file("$base/$_", $host)->code, 404, $_ for '../mpin.js', 'mpin.js', '', '/', "@{[$base =~ m{(\w+)$}]}/mpin.css";
    }
};

subtest 'a colour of its own makes other names' => sub {
    isnt base_of('packing'), base_of('passing'), 'its mpin.css is another';
    like file(base_of('packing') . '/mpin.css', 'packing')->content, qr/#0b6b4f/i, 'with the colour';
    unlike file(base_of('passing') . '/mpin.css', 'passing')->content, qr/#0b6b4f/i, 'and without';
};

# A page of before the last restart, or of another node behind the same balancer.
subtest 'a name of another version is the file that is here, and nobody keeps it' => sub {
    for my $host (qw(passing packing)) {
        my $other = '/mpin/0123456789abcdef';
        for my $name (qw(login-pad.js mpin-pad.js worker.js mpin.css texts/de.json)) {
            my $answer = file("$other/$name", $host);
            is $answer->content, file("/mpin/$name", $host)->content, $name;
            is $answer->header('Cache-Control'), 'no-cache', 'asked for again each time';
            is file("$other/$name", $host, 'If-None-Match' => $answer->header('ETag'))->code, 304, 'which costs a 304';
        }
        is file("$other/nothing.js", $host)->code, 404, 'what is not here is not';
    }
};

subtest 'a name without a version is kept for minutes' => sub {
    is join('|', file($_, 'passing')->header('Cache-Control')), 'max-age=300', $_ for qw(/mpin.js /mpin/mpin-pad.js /mpin/mpin.css /mpin/worker.js);
    is file($_, 'passing')->code, 404, $_ for '/mpin/0123456789abcde/mpin.css', '/mpin/0123456789ABCDEF/mpin.css', '/mpin/0123456789abcdef0/mpin.css';
};

subtest 'each coding has a tag, and a 304, of its own' => sub {
    for my $host (qw(passing packing)) {
        for my $path ('/mpin.js', '/mpin/mpin.css', base_of($host) . '/mpin.css', '/mpin/0123456789abcdef/mpin.css') {
            my $plain = file($path, $host);
            my %tag = ('' => $plain->header('ETag'));
            for my $takes ('gzip', 'gzip, deflate, br', 'br;q=1.0, gzip;q=0.8') {
                my $packed = file($path, $host, 'Accept-Encoding' => $takes);
                is join('|', $packed->header('Content-Encoding')), 'gzip', "$host $path for $takes";
                cmp_ok length $packed->content, '<', length($plain->content) / 2, 'is smaller';
                is $packed->header('Content-Length'), length $packed->content, 'of the length that it says';
                ok unpacked($packed->content) eq $plain->content, 'and the same';
                $tag{$takes} = $packed->header('ETag');
                isnt $tag{$takes}, $tag{''}, 'with a tag of its own';
            }
            is file($path, $host, 'Accept-Encoding' => $_)->header('Content-Encoding'), undef, "plain for $_"
                for 'identity', 'gzip;q=0', 'br', 'deflate';
            for my $takes (sort keys %tag) {
                my @takes = $takes eq '' ? () : ('Accept-Encoding' => $takes);
                my ($own, $others) = $takes eq '' ? ($tag{''}, $tag{gzip}) : ($tag{gzip}, $tag{''});
                for my $asks ($own, "W/$own", "\"x\", $own", '*', $own =~ s/"$/-gzip"/r, 'W/' . $own =~ s/"$/-br"/r) {
                    my $answer = file($path, $host, @takes, 'If-None-Match' => $asks);
                    is $answer->code, 304, "'$takes' $asks";
                    is $answer->content, '', 'without bytes';
                    like join(', ', $answer->header('Vary')), qr/^Accept-Encoding$/, 'of what was asked for';
                    is $answer->header('Content-Encoding'), undef, 'and no coding';
                    my ($tag) = $asks =~ /("[0-9a-f][^"]*")$/;
                    is $answer->header('ETag'), $tag // $own, 'under the tag that the client has';
                    like $answer->header('Cache-Control'), qr/^(?:max-age=300|no-cache|\Q$lasting\E)$/, 'and as long as before';
                }
                for my $asks ($others, '"x"', 'x', '"x-gzip"') {
                    my $answer = file($path, $host, @takes, 'If-None-Match' => $asks);
                    is $answer->code, 200, "'$takes' $asks: another one";
                    is $answer->header('ETag'), $own, 'with its tag';
                    like join(', ', $answer->header('Vary')), qr/^Accept-Encoding$/, 'and what it depends on';
                }
            }
            my $head = request(mount, 'HEAD', $path, host => $host, headers => ['Accept-Encoding' => 'gzip']);
            is $head->header('ETag'), $tag{gzip}, 'HEAD says the same';
            is $head->content, '', 'with no bytes';
        }
    }
};

subtest 'no_packed_page_holds_a_secret_that_another_one_holds' => sub {
    for my $host (qw(passing packing)) {
        my $browser = browser(mount, host => $host);
        $browser->visit('/login');
        my $get = sub { $browser->visit('/login?return=/protected/&x=' . ($_[0] // '')) };
        my $plain = $get->();
        is $plain->header('Content-Encoding'), undef, "$host: who takes nothing packed gets nothing packed";
        my $ask = sub { $browser->get($_[0], Accept => 'text/html', 'Accept-Encoding' => 'gzip, br', 'Sec-Fetch-Mode' => 'navigate', 'Sec-Fetch-Dest' => 'document') };
        my $packed = $ask->('/login?return=/protected/');
        is $packed->header('Content-Encoding'), 'gzip', 'the login page is packed';
        like join(', ', $packed->header('Vary')), qr/Accept-Encoding/, 'and says what that depends on';
        my %seen;
        for (1 .. 5) {
            my ($token) = unpacked($ask->('/login?return=/protected/')->content) =~ /name="csrf" value="([\w-]+)"/;
            ok !grep({ $seen{$_}++ } $token =~ /(?=([\w-]{8}))/g), 'no part of its token stood in another one';
        }
        $browser->sign_in('john');
        for my $path ('/login?return=/protected/', '/login?fresh=1', '/login?switch=1', '/logout', '/account', '/mpin/nothing', '/rps/clientSettings') {
            my $answer = $ask->($path);
            is $answer->header('Content-Encoding'), undef, "$path for who is signed in is not (" . $answer->code . ')';
        }
        $browser = browser(mount, host => $host);
        $browser->visit('/login');
        my ($token) = $get->()->content =~ /name="csrf" value="([\w-]+)"/;
        my $answer = $browser->post_form('/login', {csrf => $token, username => 'john', password => 'wrong'}, 'Accept-Encoding' => 'gzip, br');
        is $answer->code, 401, 'nor is what a refusal says';
        is $answer->header('Content-Encoding'), undef, 'with the name that was typed';
    }
};

done;
