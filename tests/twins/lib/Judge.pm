# SPDX-License-Identifier: Apache-2.0
package Judge;

# Holds the answers of both twins against each other. A finding is [kind, sentence]; its kinds:
#   leaks      a mark that the Basic twin did not show
#   runs       a program that did not run there
#   lets in    not refused, and the twin refuses
#   keeps out  refused, or without a mark, and the twin is open
#   differs    another status, text or header
#   signs in   a session for nobody

use strict;
use warnings;
use Places;
use Wire;

# Differences that are meant, each with its reason: when->(request, answer of MPin, answer of Basic). What leaks, runs or
# signs in is never one of them.
our @allowed = (
    {
        why => 'a body that cannot be read is refused as such, or as a stranger\'s',
        when => sub {
            my ($request, $mpin, $basic) = @_;
            refused($mpin) && $basic->{status} == 400 && ($basic->{body} =~ /a 401 Unauth/ || $request->{method} eq 'HEAD');
        },
    },
    {
        why => 'Basic believes a name with a wrong password where a rule looks ahead (LA-U)',
        when => sub {
            my ($request, $mpin, $basic, $kind) = @_;
            $kind eq 'keeps out' && !$request->{who}{name} && @{$request->{who}{password}} && $request->{target} =~ /rw|%/i
                && $basic->{body} =~ Places::mark('granted/doc.html');
        },
    },
    {
        why => 'a folder whose first index page is not for strangers leads them to the login, not on to the next index page',
        when => sub {
            my ($request, $mpin, $basic, $kind) = @_;
            my $bare = $basic->{body} eq '' && $request->{target} =~ /idx|%/i; # of HEAD and OPTIONS
            $kind eq 'keeps out' && leads_to_login($mpin)
                && ($bare || has_second_index($basic) || $basic->{status} =~ /^(?:405|501)$/);
        },
    },
    {
        why => 'a handler tells the 401 of a part as it came: mod_dav of a destination, a type map of a variant',
        when => sub {
            my ($request, $mpin, $basic) = @_;
            $mpin->{status} == 401 && $basic->{status} == 401 && !Wire::header($mpin, 'WWW-Authenticate');
        },
    },
    {
        why => 'a request with our cookie is not upgraded; in HTTP/2 httpd tells the status of the ErrorDocument',
        when => sub {
            my ($request, $mpin, $basic) = @_;
            $request->{by} eq 'upgrade' && $mpin->{headers} =~ m{^HTTP/1} && $basic->{headers} =~ m{^HTTP/2} && refused($mpin);
        },
    },
    {
        why => 'a cache answers with what an open program has told a stranger; where Authorization stands it is not asked',
        when => sub { my ($request, $mpin, $basic, $kind) = @_; $kind eq 'differs' && $mpin->{headers} =~ /^Age:/m },
    },
    {
        why => 'where our own pages are, Basic has nothing',
        when => sub {
            my ($request, $mpin, $basic, $kind) = @_;
            is_our_page($mpin) && !marks($mpin->{body}) && !marks($basic->{body})
                && $basic->{status} =~ /^(?:4|501)/ && $kind ne 'keeps out';
        },
    },
);
our %used;

# ---- what an answer is ----

sub marks { my %mark = map { $_ => 1 } join('', @_) =~ /\bm[0-9a-f]{12}m\b/g; return %mark }

sub leads_to_login {
    my $answer = shift;
    my $location = Wire::header($answer, 'Location') // '';
    return $answer->{status} =~ /^30[23]$/ && $location =~ m{^(?:http://127\.0\.0\.1:\d+)?/login\?};
}

sub has_second_index {
    my %mark = marks($_[0]{body});
    return grep { $mark{Places::mark($_)} } qw(idx/two/other.html idx/far/doc.html);
}

sub is_our_page {
    my $answer = shift;
    return $answer->{headers} =~ /^X-Content-Type-Options: nosniff/mi || $answer->{body} =~ /class="mpin-page"|"id":"MPIN\d/;
}

sub refused { my $answer = shift; return $answer->{status} =~ /^40[13]$/ || leads_to_login($answer) }

# What is left out is another at each side for a reason: ports, what httpd says of who has asked, headers that
# are sent back (TRACE), the line between parts.
sub text_of {
    my ($answer, @ports) = @_;
    my $body = $answer->{body} =~ s/\b\w\w\w, \d\d \w\w\w 20\d\d [\d:]{8} GMT|\b20\d\d-\d\d-\d\dT[\d:]{8}Z/TIME/gr;
    return '' if $answer->{status} == 400 || $body =~ /<title>Apache Status/; # httpd's own, and of the moment
    my ($boundary) = (Wire::header($answer, 'Content-Type') // '') =~ /boundary=(\S+)/;
    $body =~ s/\Q$boundary\E/BOUNDARY/g if defined $boundary;
    $body =~ s/\b$_\b/PORT/g for @ports;
    $body =~ s/^(?:Authorization|[^:\n]*Cookie2?|[^:\n]*Remote[^:\n]*User|Mpin[^:\n]*):.*\n(?:[ \t].*\n)*//gmi
        if (Wire::header($answer, 'Content-Type') // '') eq 'message/http';
    return $body;
}

sub header_of {
    my ($answer, $name, @ports) = @_;
    my $value = Wire::header($answer, $name) // '';
    $value =~ s/\b$_\b/PORT/g for @ports;
    return $value =~ s/boundary=\S+//r;
}

# ---- two answers ----

sub compared {
    my ($who, $mpin, $basic, @ports) = @_;
    my @found;
    my $statuses = "$mpin->{status} where Basic says $basic->{status}";
    if (refused($basic)) {
        return ['lets in', $statuses] if !refused($mpin);
        return ['differs', "$statuses to nobody"] if !$who->{name} && $basic->{status} == 403 && $mpin->{status} != 403;
        return ['differs', "$statuses to who is known"] if $who->{name} && $mpin->{status} != 403;
        return;
    }
    return ['keeps out', $statuses] if refused($mpin);
    return ['differs', $statuses] if $mpin->{status} != $basic->{status};
    my %there = marks($mpin->{body});
    my @missing = grep { !$there{$_} } keys %{{marks($basic->{body})}};
    return ['keeps out', "a part is missing: @missing"] if @missing;
    return ['differs', 'another text'] if text_of($mpin, @ports) ne text_of($basic, @ports);
    return if $mpin->{headers} =~ /^Age:/m; # a cache leaves some out
    for my $name (qw(Location Content-Type Content-Location Content-Language Allow Content-Range Last-Modified ETag Vary)) {
        my ($one, $other) = map { header_of($_, $name, @ports) } $mpin, $basic;
        push @found, ['differs', "$name is '$one', not '$other'"] if $one ne $other;
    }
    return @found;
}

# What is in the first list, and not as often in the second, as text.
sub without {
    my ($list, $other) = @_;
    my %times;
    $times{$_}++ for @$other;
    return join '; ', grep { ($times{$_} // 0) <= 0 || !$times{$_}-- } @$list;
}

sub reason {
    my ($request, $mpin, $basic, $found) = @_;
    for my $case (@allowed) {
        next if !$case->{when}->($request, $mpin, $basic, @$found);
        $used{$case->{why}}++;
        return $case->{why};
    }
    return;
}

# What was sent may come back (a redirect, a program).
sub leaks {
    my ($mpin, $basic, $sent) = @_;
    my %may = (marks($basic), marks($sent));
    my @leaked = grep { !$may{$_} } sort keys %{{marks($mpin)}};
    return @leaked ? ['leaks', "@leaked"] : ();
}

# Of programs. A refusal of ours leads to the login or has a text of its own, where Basic's may have an ErrorDocument made by
# programs; and a cache knows what a program has said.
sub runs {
    my ($seen, $mpin, $basic) = @_;
    my $more = without(@$seen{'ran mpin', 'ran basic'});
    my $less = without(@$seen{'ran basic', 'ran mpin'});
    my $may_be_less = grep { refused($mpin->[$_]) && refused($basic->[$_]) || $mpin->[$_]{headers} =~ /^Age:/m } 0 .. $#$mpin;
    return ($more ne '' ? ['runs', $more] : (), $less ne '' && !$may_be_less ? ['keeps out', "does not run: $less"] : ());
}

# `seen`: {mpin, basic} with what came back as text, and {ran mpin, ran basic} with the lines that programs have written.
#
# Where a part of a page leads inside by an internal redirect and is refused, httpd ends the answer in the middle of the page,
# whoever asks for a password. What follows is no answer any more, and there is nothing to compare but the marks; not even they
# where Basic has gone on in HTTP/2, which ends there.
sub findings {
    my ($request, $seen, $sent, @ports) = @_;
    my @requests = grep { $_ } $request->{before}, $request;
    my @mpin = Wire::answers($seen->{mpin}, map { $_->{method} } @requests);
    my @basic = Wire::answers($seen->{basic}, map { $_->{method} } @requests);
    my @found;
    return $request->{by} eq 'upgrade' ? () : leaks(@$seen{qw(mpin basic)}, $sent) if grep { $_->{follows} } @mpin, @basic;
    push @found, ['differs', @mpin . ' answers, not ' . @basic] if @mpin != @basic;
    for my $i (0 .. ($#mpin < $#basic ? $#mpin : $#basic)) {
        my $this = $requests[$i] // $request;
        push @found, grep { !reason($this, $mpin[$i], $basic[$i], $_) } compared($this->{who}, $mpin[$i], $basic[$i], @ports);
        push @found, leaks($mpin[$i]{body}, $basic[$i]{body}, $sent);
        push @found, ['signs in', 'nobody gets a session']
            if !$this->{who}{name} && $mpin[$i]{headers} =~ /^Set-Cookie:\s*mpin=[^;\s]/mi;
    }
    return (@found, leaks(@$seen{qw(mpin basic)}, $sent), runs($seen, \@mpin, \@basic));
}

1;
