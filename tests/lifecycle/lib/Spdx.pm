# SPDX-License-Identifier: Apache-2.0
package Spdx;

# What is wrong with an SPDX 2.3 document in JSON, as sentences: keys that SPDX has not or wants, values of another shape,
# ids that stand twice or nowhere. Of SPDX it knows what tools/sbom uses, and nothing else passes.

use strict;
use warnings;

my $ID = qr/^SPDXRef-[A-Za-z0-9.-]+$/;
my $TEXT = qr/\S/;
my $LICENCE = qr/^(?:NOASSERTION|NONE|[A-Za-z0-9.+-]+(?: (?:AND|OR|WITH) [A-Za-z0-9.+-]+)*)$/;
my $DATE = qr/^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/;
my %DIGITS = (SHA1 => 40, SHA256 => 64, SHA512 => 128);
my $RELATIONSHIP = qr/^(?:DESCRIBES|CONTAINS|STATIC_LINK|DYNAMIC_LINK|GENERATED_FROM|BUILD_TOOL_OF|BUILD_DEPENDENCY_OF|RUNTIME_DEPENDENCY_OF)$/;

# Each kind of object: key => its values. A key with "!" is wanted.
my %KINDS = (
    document => {
        'spdxVersion!' => qr/^SPDX-2\.3$/, 'dataLicense!' => qr/^CC0-1\.0$/, 'SPDXID!' => qr/^SPDXRef-DOCUMENT$/, 'name!' => $TEXT,
        'documentNamespace!' => qr{^https://[^\s#]+$}, 'creationInfo!' => 'creation', 'packages!' => ['package'], 'files' => ['file'],
        'relationships!' => ['relationship'],
    },
    creation => {'created!' => $DATE, 'creators!' => [qr/^(?:Tool|Person|Organization): \S/], 'comment' => $TEXT},
    package => {
        'SPDXID!' => $ID, 'name!' => $TEXT, 'downloadLocation!' => qr/^(?:NOASSERTION|NONE|\w+(?:\+\w+)?:\S+)$/, 'versionInfo' => $TEXT,
        'packageFileName' => $TEXT, 'filesAnalyzed!' => qr/^[01]$/, 'packageVerificationCode' => 'verification', 'checksums' => ['checksum'],
        'homepage' => qr{^https?://\S+$}, 'sourceInfo' => $TEXT, 'licenseConcluded!' => $LICENCE, 'licenseDeclared!' => $LICENCE,
        'licenseInfoFromFiles' => [$LICENCE], 'copyrightText!' => $TEXT, 'comment' => $TEXT, 'externalRefs' => ['reference'],
        'primaryPackagePurpose' => qr/^(?:SOURCE|LIBRARY|APPLICATION)$/,
    },
    file => {
        'SPDXID!' => $ID, 'fileName!' => qr{^\./\S+$}, 'checksums!' => ['checksum'], 'licenseConcluded!' => $LICENCE,
        'licenseInfoInFiles!' => [$LICENCE], 'copyrightText!' => $TEXT,
    },
    relationship => {'spdxElementId!' => $ID, 'relatedSpdxElement!' => $ID, 'relationshipType!' => $RELATIONSHIP},
    checksum => {'algorithm!' => qr/^SHA(?:1|256|512)$/, 'checksumValue!' => qr/^(?:[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128})$/},
    verification => {'packageVerificationCodeValue!' => qr/^[0-9a-f]{40}$/},
    reference => {'referenceCategory!' => qr/^PACKAGE-MANAGER$/, 'referenceType!' => qr/^purl$/,
        'referenceLocator!' => qr{^pkg:(?:npm|generic)/(?:%40[\w.-]+/)?[\w.-]+\@[\w.+-]+$}},
);

sub faults
{
    my ($document) = @_;
    my @shape = faults_of($document, 'document', 'the document');
    return @shape ? @shape : (faults_of_ids($document), faults_of_packages($document));
}

# What is wrong in the shape of a value: of an object of that kind, a list of one, or a text.
sub faults_of
{
    my ($value, $kind, $where) = @_;
    if (ref $kind eq 'ARRAY') {
        return "$where is no list with something in it" if ref $value ne 'ARRAY' || !@$value;
        return map { faults_of($value->[$_], $kind->[0], "$where\[$_]") } 0 .. $#$value;
    }
    return defined $value && "$value" =~ $kind ? () : "$where is \"" . ($value // '') . '"' if ref $kind;
    return "$where is no object" if ref $value ne 'HASH';
    my %known = map { tr/!//dr => $KINDS{$kind}{$_} } keys %{$KINDS{$kind}};
    my @wanted = grep { !exists $value->{$_} } map { /^(.+)!$/ } sort keys %{$KINDS{$kind}};
    return ((map { "$where has no $_" } @wanted), (map { "$where has $_, which is unknown" } grep { !$known{$_} } sort keys %$value),
        map { faults_of($value->{$_}, $known{$_}, "$where.$_") } grep { $known{$_} } sort keys %$value);
}

sub faults_of_ids
{
    my ($document) = @_;
    my %seen;
    $seen{$_->{SPDXID}}++ for $document, @{$document->{packages}}, @{$document->{files} // []};
    my @asked = map { @$_{qw(spdxElementId relatedSpdxElement)} } @{$document->{relationships}};
    my %related = map { $_ => 1 } @asked;
    my $describes = grep { $_->{relationshipType} eq 'DESCRIBES' && $_->{spdxElementId} eq 'SPDXRef-DOCUMENT' } @{$document->{relationships}};
    return ((map { "$_ stands twice" } grep { $seen{$_} > 1 } sort keys %seen), (map { "nobody is $_" } grep { !$seen{$_} } sort keys %related),
        (map { "$_ is related to nothing" } grep { !$related{$_} } sort keys %seen), $describes == 1 ? () : 'it describes not one thing');
}

# Files that were looked at want a code, and others must have none; a sum is as long as its algorithm says.
sub faults_of_packages
{
    my ($document) = @_;
    my @faults = map { "$_->{name}: filesAnalyzed and packageVerificationCode disagree" }
        grep { !!$_->{filesAnalyzed} != exists $_->{packageVerificationCode} } @{$document->{packages}};
    my @sums = map { @{$_->{checksums} // []} } @{$document->{packages}}, @{$document->{files} // []};
    return @faults, map { "$_->{checksumValue} is no $_->{algorithm}" } grep { length $_->{checksumValue} != $DIGITS{$_->{algorithm}} } @sums;
}

1;
