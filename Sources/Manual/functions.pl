#!/usr/bin/perl
# Writes section 3 of the manual from the comments of segmentd.h: libsegmentd(3), and a page for each function.
#
#     functions.pl HEADER DATED-PAGE DIRECTORY
#
# The pages have the date of another page of the manual.
use strict;
use warnings;
use utf8;

my ($header, $dated, $directory) = @ARGV;
my $text   = contents($header);
my ($date) = contents($dated) =~ /^\.Dd (.*)/m or die "$dated has no date\n";

my ($overview) = $text =~ m{\A/\*\n(.*?)\*/}s or die "$header does not begin with a comment\n";
my ($errors)   = $text =~ /^enum segmentd_error \{(.*?)^\};/ms or die "$header has no enum segmentd_error\n";
my (%error, @error_names);
while ($errors =~ m{/\*(.*?)\*/\s*SEGMENTD_ERROR_(\w+) =}gs) {
    my ($comment, $name) = ($1, $2);
    $error{$name} = join ' ', paragraphs($comment);
    push @error_names, $name;
}
my (%function, @function_names);
while ($text =~ m{^/\*((?:(?!\*/).)*)\*/\n(\w[\w ]*?\**)(segmentd_\w+)\(([^;]*)\);}gms) {
    my ($comment, $type, $name, $parameters) = ($1, $2, $3, $4);
    $type =~ s/ $//;
    $function{$name} = { comment => [paragraphs($comment)], type => $type, parameters => [split /,\s*/, $parameters] };
    push @function_names, $name;
}
die "$header declares no function\n" if !@function_names;

# The function whose page is being written, to which the page itself does not refer, and its parameters.
my ($written, %parameter) = ('');
write_page('libsegmentd', overview_page());
write_page($_, function_page($_)) for @function_names;

sub contents {
    open my $file, '<:encoding(UTF-8)', $_[0] or die "$_[0]: $!\n";
    local $/;
    return scalar <$file>;
}

sub write_page {
    my ($name, $page) = @_;
    open my $file, '>:encoding(UTF-8)', "$directory/$name.3" or die "$directory/$name.3: $!\n";
    print $file ".Dd $date\n.Dt \U$name\E 3\n.Os\n$page";
    close $file or die "$directory/$name.3: $!\n";
}

# The paragraphs of a comment, each in one line; an indented one keeps its indentation.
sub paragraphs {
    my ($comment) = @_;
    $comment =~ s/^ *\* ?//mg;
    $comment =~ s/\A\s+|\s+\z//g;
    return map { s/\n\s*/ /gr } split /\n\s*\n/, $comment;
}

sub overview_page {
    my ($title, @paragraphs) = paragraphs($overview);
    my ($name) = $title =~ /– (.*)/ or die "the title is not `NAME – WHAT IT IS'\n";
    my $page = ".Sh NAME\n.Nm libsegmentd\n.Nd $name\n" . library() . ".Sh SYNOPSIS\n.In segmentd.h\n.Sh DESCRIPTION\n";
    my $separator = '';
    for my $paragraph (@paragraphs) {
        if ($paragraph =~ /^    (.*)/) {
            $page .= ".Pp\n.Dl $1\n";
        } elsif ($paragraph =~ /^([A-Z]{4,})(?:\. | (?=is ))/) {
            my $heading = ucfirst lc $1;
            $paragraph =~ s/^[A-Z]{4,}\. //;
            $paragraph =~ s/\b([A-Z]{4,}(?: [A-Z]{4,})*)(?= (?:is|are) )/ucfirst lc $1/eg;
            $page .= ".Ss $heading\n" . prose($paragraph);
        } else {
            $page .= $separator . prose($paragraph);
        }
        $separator = ".Pp\n";
    }
    $page .= ".Sh FUNCTIONS\n.Bl -tag -width Ds\n";
    $page .= ".It Xr $_ 3\n" . prose(ucfirst summary($_) . '.') for @function_names;
    return "$page.El\n" . errors_section(@error_names) . see_also(['segmentctl', 1], ['shmat', 2], ['segmentd', 8]);
}

sub function_page {
    my ($name) = @_;
    my $function = $function{$name};
    $written   = $name;
    %parameter = map { /(\w+)$/ ? ($1 => 1) : () } @{ $function->{parameters} };
    my $page = ".Sh NAME\n.Nm $name\n.Nd " . summary($name) . "\n" . library()
        . ".Sh SYNOPSIS\n.In segmentd.h\n.Ft \"$function->{type}\"\n.Fo $name\n"
        . join('', map { ".Fa \"$_\"\n" } @{ $function->{parameters} }) . ".Fc\n";
    # "Returns" begins what belongs to the result.
    my @parts       = map { split /(?<=\.) (?=Returns )/ } @{ $function->{comment} };
    my @description = grep { !/^Returns / } @parts;
    my @returned    = grep { /^Returns / } @parts;
    $page .= ".Sh DESCRIPTION\n" . join ".Pp\n", map { prose($_) } @description;
    $page .= ".Sh RETURN VALUES\n" . join ".Pp\n", map { prose($_) } @returned if @returned;
    my %raised = raised($name, {});
    my @raised = grep { $raised{$_} } @error_names;
    $page .= errors_section(@raised) if @raised;
    my %others = map { $_ => 1 } grep { $_ ne $name } map { /(segmentd_\w+)\(\)/g } @{ $function->{comment} };
    return $page . see_also((map { [$_, 3] } 'libsegmentd', sort keys %others), ['segmentd', 8]);
}

sub library { return ".Sh LIBRARY\nlibsegmentd\n.Pq Fl lsegmentd\n" }

# The first sentence, up to what is only said beside it.
sub summary {
    my ($name) = @_;
    my ($sentence) = $function{$name}{comment}[0] =~ /^(.*?)(?:[.:;](?: |$)|$)/;
    return lcfirst $sentence;
}

# The errors that the comment names, and those of the functions whose errors it refers to.
sub raised {
    my ($name, $seen) = @_;
    return if $seen->{$name}++;
    my $comment = join ' ', @{ $function{$name}{comment} };
    my %raised = map { $_ => 1 } grep { $error{$_} } $comment =~ /\b([A-Z][A-Z_]{2,})\b/g;
    for my $other ($comment =~ /\b(?:what|as|for|of) (segmentd_\w+)\(\)/g) {
        %raised = (%raised, raised($other, $seen)) if $function{$other};
    }
    return %raised;
}

sub errors_section {
    return ".Sh ERRORS\n.Bl -tag -width Ds\n"
        . join('', map { ".It Dv SEGMENTD_ERROR_$_\n" . prose($error{$_}) } @_) . ".El\n";
}

sub see_also {
    my @pages = sort { $a->[1] <=> $b->[1] or $a->[0] cmp $b->[0] } @_;
    return ".Sh SEE ALSO\n" . join(" ,\n", map { ".Xr $_->[0] $_->[1]" } @pages) . "\n";
}

# A paragraph as mdoc(7): a sentence begins a line, and what the field marks up has its macro.
sub prose {
    my ($paragraph) = @_;
    $paragraph =~ s/…/.../g;
    $paragraph =~ s/–/\\(en/g;
    my @lines = ('');
    for my $word (split / /, $paragraph) {
        my ($opening, $core, $closing) = $word =~ /^([("]*)(.*?)((?:\.\.\.)?[.,;:)"]*)$/;
        # The brackets of a call and of a section are the word's own.
        $core .= $1 if $core =~ /\([^)]*$/ && $closing =~ s/^(\))//;
        my $is_subject = $parameter{$core} && $lines[-1] eq '';
        if (my $macro = $is_subject ? ".Fa $core" : macro($core)) {
            my $dots = $closing =~ s/^\.\.\.// ? ' No ...' : '';
            my $line = join ' ', "$macro$dots", split //, $closing;
            push @lines, ($opening ? ".Pf $opening " . $line =~ s/^\.//r : $line), '';
        } else {
            my $escaped = $word;
            $escaped = "\\&$escaped" if $lines[-1] eq '' && $escaped =~ /^[.']/;
            if (length "$lines[-1] $escaped" > 78) { push @lines, $escaped }
            else { $lines[-1] .= ($lines[-1] eq '' ? '' : ' ') . $escaped }
        }
        push @lines, '' if $word =~ /[.!?]\)?$/ && $lines[-1] ne '';
    }
    return join '', map { "$_\n" } grep { $_ ne '' } @lines;
}

sub macro {
    my ($word) = @_;
    return $1 eq $written ? ".Fn $1" : ".Xr $1 3" if $word =~ /^(segmentd_\w+)\(\)$/;
    return ".Xr $1 $2"                     if $word =~ /^([a-z_][\w.]*)\((\d)\)$/;
    return ".Dv SEGMENTD_ERROR_$word"      if $error{$word};
    return ".Dv $word"                     if $word =~ /^(?:SEGMENTD_[A-Z_]+|NULL|SIG[A-Z]+|SHM_[A-Z]+)$/;
    return ".Er $word"                     if $word =~ /^E[A-Z0-9]{3,}$/ && $word ne 'ERROR';
    return ".Ev $1"                        if $word =~ /^\$([A-Z_]+)$/;
    return ".Pa $word"                     if $word =~ m{^\$?[A-Z_]*/[\w./-]+$};
    return ".Fa $1"                        if $word =~ /^`(\w+)`$/;
    return ".Fa $word"                     if $parameter{$word} && $word =~ /_/;
    return;
}
