# SPDX-License-Identifier: Apache-2.0
package Polls;

# Desktops that wait for a phone, and what their polls cost.

use strict;
use warnings;
use Httpd;
use MPin;
use Site;

# So many waiting in the store, while the site's httpd is stopped: their webOTTs.
sub waiting {
    my $count = shift;
    my $state = "$Httpd::top/state";
    my @waiting = `$Httpd::build/bench/waiting lmdb:$state/store $state/keys/mpin.keys $count`;
    die 'waiting' if $? || @waiting != $count;
    chomp @waiting;
    return @waiting;
}

# Each poll is another desktop's, with headers that a browser has to send; the answers must be those of codes that live.
sub script {
    my ($cookie, @waiting) = @_;
    my $list = join ',', map { qq("$_") } @waiting;
    Httpd::write_file("$Httpd::top/polls.lua", <<"END");
local waiting, turn, other = {$list}, 0, 0
wrk.method = 'POST'
wrk.headers['Content-Type'] = 'application/json'
wrk.headers['Cookie'] = '$cookie'
request = function()
    turn = turn % #waiting + 1
    return wrk.format(nil, '/rps/access', nil, '{"webOTT":"' .. waiting[turn] .. '"}')
end
response = function(status, headers, body)
    if status ~= 200 or not body:find('"status":"new"', 1, true) then other = other + 1; wrk.thread:set('other', other) end
end
local thread
setup = function(one) thread = one; one:set('other', 0) end
done = function() print('Other answers: ' .. thread:get('other')) end
END
    return "$Httpd::top/polls.lua";
}

# Polls a second at a server that runs, by eight connections.
sub rate {
    my ($port, @waiting) = @_;
    my $browser = MPin::browser($port);
    $browser->settings;
    my $script = script($browser->cookie_header, @waiting);
    my $said = `wrk -t1 -c8 -d3s -s $script http://127.0.0.1:$port`;
    die "wrk: $said" if $said =~ /Non-2xx|Socket errors/ || $said !~ /^Other answers: 0$/m;
    return ($said =~ m{Requests/sec:\s+([\d.]+)})[0];
}

# Instructions of one, at a server that counts them.
sub instructions {
    my ($httpd, $web_ott) = @_;
    my $body = qq({"webOTT":"$web_ott"});
    my $browser = MPin::browser($httpd->{port});
    $browser->settings;
    return $httpd->instructions_of('POST /rps/access', $body, "Content-Length: @{[length $body]}",
        'Content-Type: application/json', 'Cookie: ' . $browser->cookie_header);
}

1;
