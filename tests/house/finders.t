#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# The house tests can fail: each finder is shown a small house that is wrong, and finds what is wrong with it.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use House;

subtest 'a circle is found through a file and its header, and only there' => sub {
    my %straight = (
        'src/a/one.h' => qq{#include "b/two.h"\n},
        'src/a/one.c' => qq{#include "a/one.h"\n#include <string.h>\n},
        'src/b/two.h' => '',
        'src/b/two.c' => qq{#include "b/two.h"\n#include "b/nowhere.h"\n},
    );
    is_deeply [circles(%straight)], [], 'a straight house has none';

    is_deeply [circles(%straight, 'src/b/two.c' => qq{#include "a/one.h"\n})], [['src/a/one', 'src/b/two']],
        'the header leads down and the other file up';
    is_deeply [circles(%straight, 'src/b/two.h' => qq{#include "c/three.h"\n},
            'src/c/three.h' => '', 'src/c/three.c' => qq{#include "a/one.h"\n})],
        [['src/a/one', 'src/b/two', 'src/c/three']], 'three in a circle are one circle';
    is_deeply [circles('src/a/one.c' => qq{#include "a/one.h"\n}, 'src/a/one.h' => '')], [],
        'a file and its own header are none';
};

subtest 'a file without a header of its name must say what it is' => sub {
    is_deeply [unnamed_units('src/a/one.c' => qq{#include <a.h>\n/* Too late. */\n})], ['src/a/one.c'], 'and does not';
    is_deeply [unnamed_units('src/a/one.c' => qq{/* One of two. */\n#include <a.h>\n})], [], 'and does';
    is_deeply [unnamed_units('src/a/one.c' =>
            qq{/* SPDX-License-Identifier: Apache-2.0 */\n/* One\n * of two. */\n})], [], 'and does below the licence';
    is_deeply [unnamed_units('src/a/one.c' => qq{/* SPDX-License-Identifier: Apache-2.0 */\n#include <a.h>\n})],
        ['src/a/one.c'], 'the licence does not';
    is_deeply [unnamed_units('src/a/one.c' => '', 'src/a/one.h' => '')], [], 'its header does it for it';
};

my $types = <<'C';
/* typedef struct comment_t { int x; } comment_t; */
typedef struct plain_t {
    int a;
    struct { int b; } inner;
    int (*read)(void);
} plain_t;
typedef struct opaque_t opaque_t;
struct opaque_t { int c; };
typedef enum { ONE = 1, TWO } words_t;
typedef void (*caller_fn_t)(void *baton, const char *text);
typedef unsigned char bytes_t[16];
static struct plain_t not_a_layout(struct plain_t *p);
C

subtest 'types are found where they are named and laid out' => sub {
    is_deeply [layouts($types)], [['plain_t', 2], ['opaque_t', 8]], 'layouts';
    is_deeply [map { $_->[0] } typedefs($types)], [qw(plain_t opaque_t words_t caller_fn_t bytes_t)], 'names';
    is((typedefs($types))[2][1], 9, 'with their lines');
};

my $functions = <<'C';
static int one(int x)
{
    return x;
}

/* {
 * } */
const char *two(const char *text, void (*then)(void *baton),
                int more)
{
    /* } */
    if (more) {
        then(NULL);
    }
    return text;
}

static const char *const table[] = {
    "x",
};

__attribute__((constructor)) static void three(void)
{
}
C

subtest 'functions are found with their lengths' => sub {
    is_deeply [functions_of($functions)], [['one', 1, 1], ['two', 9, 5], ['three', 22, 0]], 'three';
    is_deeply [long_functions($functions, 4)], ['two has 5 lines'], 'the long one';
    is_deeply [long_functions($functions, 5)], [], 'at the limit it is not long';
    is_deeply [declared_in("/* f(1); */\nint one(int x);\nconst char *two(const char *text,\n    int more);\n"
            . "typedef void (*type_t)(void);\nstatic inline int three(void)\n{\n    return four();\n}\n")],
        [qw(one two)], 'two are declared';
};

subtest 'headings are found, and bold openings' => sub {
    my $document = <<'MD';
# Title
text **not one** of them
## `MPinX` and more
```
# a comment in an example
```
- **An item.** It says.
**A rule**: it holds.
MD
    is_deeply [headings_of($document)], ['Title', 'MPinX and more', 'An item', 'A rule'], 'four';
};

subtest 'citations are found over line ends, in every language' => sub {
    my $c = qq{/* It holds (docs/security.md,\n * "PIN failures"). */\nchar *x = "(docs/none.md, \\"No\\")";\n};
    is_deeply [cited_headings('src/a/b.c', $c)], [['docs/security.md', 'PIN failures']], 'C';
    is_deeply [cited_headings('tests/t/x.t', qq{# Of two (docs/a.md, "X" and\n# "Y z").\nprint "docs/no.md";\n})],
        [['docs/a.md', 'X'], ['docs/a.md', 'Y z']], 'Perl';
    is_deeply [cited_headings('htdocs/x.js', qq{    /** Shown (docs/a.md, "X"). */\nx(); // docs/b.md\n})],
        [['docs/a.md', 'X'], ['docs/b.md', undef]], 'JavaScript';

    is_deeply [foreign_citations('src/a/b.c', $c)], [], 'that is the shape';
    for my $foreign ('(security model, "PIN failures")', '(protocol: RPS, public)', '(identity model)',
        '(design, "Attempts")', '(docs/security.md)', 'as the security model says')
    {
        ok scalar(foreign_citations('src/a/b.c', "/* It holds $foreign. */")), "that is none: $foreign";
    }
    is_deeply [foreign_citations('src/a/b.c', 'f(protocol); /* (RFC 9380, section 5) */')], [], 'code and RFCs may stay';
};

subtest 'placeholders are found, used and described' => sub {
    my $template = '{{>top}}{{#name}}{{t.mail.text}} {{name}}{{/name}}{{^logo}}x{{/logo}}';
    is_deeply [placeholders_of($template)], [qw(name logo)], 'used';
    is_deeply [texts_asked($template)], ['mail.text'], 'texts';
    my %described = described_placeholders(<<'MD');
## What each page has
| placeholder | where | what |
|---|---|---|
| `name`, `state` | `login.html` | the name |
| `name` | mails | the same |
## Else
| `other` | x |
MD
    is_deeply \%described, {name => '`login.html` mails', state => '`login.html`'}, 'described';
};

subtest 'numbers are found' => sub {
    is_deeply [logged_numbers(qq{/* "MPIN0101" */ log_error(s, "MPIN0102", "x"); ap_log("MPIN0402: y"); "MPIN0000";})],
        [qw(0102 0402)], 'of log lines';
    is_deeply [refused_numbers("/* 1-19 */\nCODE(1, store_full)\nCODE(160, x)\n")], [qw(0001 0160)], 'of refusals';
};

subtest 'a licence is found in the form of its language' => sub {
    my $says = 'SPDX-License-Identifier: Apache-2.0';
    ok licensed('src/a/b.c', "/* $says */\nint x;\n"), 'C';
    ok !licensed('src/a/b.c', "// $says\nint x;\n"), 'C has another form';
    ok !licensed('src/a/b.c', "int x;\n/* $says */\n"), 'it stands first';
    ok licensed('tools/x', "#!/bin/sh\n# $says\n"), 'a script';
    ok !licensed('tools/x', "#!/bin/sh\nset -e\n# $says\n"), 'right after the interpreter';
    ok licensed('tests/browser/x.t', "// $says\n// A test.\n"), 'a test in JavaScript';
    ok licensed('tests/t/x.t', "# $says\n# A test.\n"), 'a test in Perl';
    ok !licensed('Makefile', "# Apache-2.0\n"), 'a Makefile';
    is licence_line($_, 'x'), undef, "$_ gets none"
        for qw(htdocs/pages/login.html htdocs/texts/en.json docs/x.md htdocs/pages/mail.txt);
};

subtest 'sentences without a subject are found in comments' => sub {
    my @found = clause_openings_in_code(<<'C');
/* What the files of this room share. Who asks holds a worker. */
/* What is left out is nothing. */
/* Who may redeem it? What for: nothing. */
char *x = "What is it. Who asks.";
/* It says; who asks is told. What follows
 * is one. */
C
    is_deeply \@found, ['line 1: Who asks holds a worker.', 'line 2: What is left out is nothing.',
        'line 3: What for: nothing.', 'line 5: What follows is one.'], 'four';
};

subtest 'sentences without a subject are found in documents' => sub {
    my @found = clause_openings_in_document(<<'MD');
## Who may register

What a thief gets:

| who | Who asks is told. |
|---|---|

**What counts.** It counts. What is left
does not.
- Who asks is told.
- Is it so? Who knows?

```
Who asks
```
MD
    is_deeply \@found, ['What is left does not.', 'Who asks is told.'], 'two';
};

subtest 'a list of exceptions can only shrink' => sub {
    for (
        ['what is listed passes', ['a'], {a => 'reason'}, 1],
        ['nothing passes where nothing is listed', [], {}, 1],
        ['what is new fails', ['a', 'b'], {a => 'reason'}, 0],
        ['what is gone fails', [], {a => 'reason'}, 0])
    {
        my ($name, $found, $listed, $passes) = @$_;
        my $inner = Test::Builder->create;
        $inner->output(\my $said);
        $inner->failure_output(\my $complained);
        $inner->no_ending(1);
        {
            no warnings 'redefine';
            local *Test::More::ok = sub { $inner->ok(@_) };
            local *Test::More::pass = sub { $inner->ok(1, @_) };
            only_these($found, $listed, 'found');
        }
        is(($said !~ /^not ok/m ? 1 : 0), $passes, $name);
    }
};

done_testing;
