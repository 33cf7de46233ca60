# Prints the newest version's section of NEWS.md as a Debian changelog: an entry for each paragraph or list item, and
# its headings in brackets.
#
#     awk -v version=VERSION -v date=RFC-5322-DATE -f changelog.awk NEWS.md

# Wraps at 79 characters.
function print_entry(    words, count, i, line) {
    count = split(entry, words, " ")
    line = "  *"
    for (i = 1; i <= count; i++) {
        if (length(line " " words[i]) > 79) {
            print line
            line = "   "
        }
        line = line " " words[i]
    }
    if (count) print line
    entry = ""
}

/^## / && open { exit }
/^## / {
    print "segmentd (" version ") unstable; urgency=medium\n"
    open = 1
    next
}
!open { next }
/^### / {
    print_entry()
    if (headings++) print ""
    print "  [ " substr($0, 5) " ]"
    next
}
/^$/ { print_entry(); next }
/^- / { print_entry(); sub(/^- /, "") }
{ entry = entry " " $0 }
END {
    print_entry()
    print "\n -- The segmentd project <segmentd@segmentd.io>  " date
}
