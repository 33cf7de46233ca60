# Prints what an interactive shell does when Tab and then Return are pressed at the end of a command line.
#
#     zsh -f tabulator.zsh SHELL LINE
zmodload zsh/zpty
case $1 in
    zsh) start='zsh -f -i' setup='autoload -U compinit; compinit -u -D; PROMPT=' ;;
    fish) start='fish -i' setup='function fish_prompt; end; set fish_greeting' ;;
esac
zpty shell "TERM=dumb $start"
zpty -w shell "$setup; echo rea''dy"
zpty -r shell text '*ready*'
zpty -n -w shell "$2"$'\t'
sleep 1
zpty -n -w shell $'\n'
zpty -w shell exit
while zpty -r shell text; do print -r -- "$text"; done
