# SPDX-License-Identifier: Apache-2.0
package Trusted;

# What tests of trusted logins send and look at.

use strict;
use warnings;
use Exporter 'import';
use MIME::Base64 'encode_base64';

our @EXPORT = qw(basic location page);

# Headers: a name and its password, which is NAME-secret unless it is said; and those of a browser that opens a page.
sub basic { my ($name, $password) = @_; return (Authorization => 'Basic ' . encode_base64("$name:" . ($password // "$name-secret"), '')) }
sub page { return (Accept => 'text/html', 'Sec-Fetch-Mode' => 'navigate', 'Sec-Fetch-Dest' => 'document') }

# Where an answer leads; a place without its word.
sub location { return ($_[0]->header('Location') // '') =~ s{^https?://[^/]+(/.*)[?&]asked=[\w-]{64}$}{$1}r }

1;
