# Shells complete the names of live segments, and complete nothing without a daemon.

in_bash() {
    bash -c 'source /usr/share/bash-completion/completions/segmentctl
        COMP_LINE=$1 COMP_POINT=${#1}
        read -ra COMP_WORDS <<< "$1"
        [[ $1 != *" " ]] || COMP_WORDS+=("")
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _segmentctl segmentctl "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        echo "${COMPREPLY[@]}"' _ "$1"
}
for line in "mon monitor" "key te telemetry" "status  session" "run telemetry sc scratch"; do
    expect "bash completes segmentctl $line" "${line##* }" in_bash "segmentctl ${line% *}"
done
key=$(segmentctl key telemetry)
for shell in zsh fish; do
    expect "$shell completes a segment" "$key" timeout 20 zsh -f "$here/checks/tabulator.zsh" $shell "segmentctl key te"
done
for option in "--json=sh" "--json=short --state=rea" "--json sh"; do
    expect "zsh completes $option" '"name":"telemetry"' \
        timeout 20 zsh -f "$here/checks/tabulator.zsh" zsh "segmentctl list $option"
done

systemctl stop segmentd.service segmentd.socket
exits "without the daemon nothing is offered and nothing said" 0 [ -z "$(in_bash "segmentctl key te" 2>&1)" ]
systemctl start segmentd.service
