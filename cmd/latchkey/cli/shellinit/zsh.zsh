# latchkey: @LK@, a function that switches this shell to an AWS profile.
builtin export LATCHKEY_SHELL_INIT=@MARK@ # for latchkey doctor
builtin unalias @LK@ @LK@_prompt 2>/dev/null || :

function @LK@ {
    builtin local __lk_code
    if [[ $# == 1 && $1 == --clear ]]; then
        builtin unset @ALL@
        return 0
    elif [[ $# == 1 && ( $1 == --help || $1 == -h ) ]]; then
        command latchkey shell-init --help
        return
    fi
    # What the last switch has set would pass for the user's own choice.
    __lk_code=$(
        if [[ -n ${LATCHKEY_PROFILE-} ]]; then
            builtin unset @ALL@
        elif [[ $# == 0 ]]; then
            builtin unset @IDENTITY@
        fi
        command latchkey env --shell sh "$@"
    ) || return
    case $__lk_code in
    ('export AWS_'* | 'unset AWS_'*)
        if [[ -n ${LATCHKEY_PROFILE-} ]]; then
            builtin unset @ALL@
        fi
        __lk_code=${__lk_code//$'\n'export /$'\n'builtin export }
        __lk_code=${__lk_code//$'\n'unset /$'\n'builtin unset }
        builtin eval "builtin $__lk_code"
        ;;
    (?*) # something else was asked for, such as --help
        builtin print -r -- "$__lk_code"
        ;;
    esac
}

function @LK@_prompt {
    builtin local __lk_text="${LATCHKEY_PROFILE-}" __lk_end="${AWS_CREDENTIAL_EXPIRATION-}" __lk_y __lk_m __lk_left
    # A percent sign would mean something to the prompt.
    __lk_text=${${__lk_text//[[:cntrl:]]/?}//\%/%%}
    case $__lk_end in
    ([0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9](Z|+00:00))
        # Days since 1970 of a year that begins with March.
        __lk_m=$((10#${__lk_end[6,7]}))
        __lk_y=$((10#${__lk_end[1,4]} - (__lk_m <= 2)))
        __lk_m=$(((__lk_m + 9) % 12))
        __lk_left=$((365 * __lk_y + __lk_y / 4 - __lk_y / 100 + __lk_y / 400 + (153 * __lk_m + 2) / 5 + 10#${__lk_end[9,10]} - 719469))
        __lk_left=$((__lk_left * 86400 + 10#${__lk_end[12,13]} * 3600 + 10#${__lk_end[15,16]} * 60 + 10#${__lk_end[18,19]} - ${(%):-%D{%s\}}))
        if [[ $__lk_left -le 0 ]]; then
            __lk_left=expired
        elif [[ $__lk_left -lt 60 ]]; then
            __lk_left=${__lk_left}s
        elif [[ $__lk_left -lt 3600 ]]; then
            __lk_left=$((__lk_left / 60))m
        else
            __lk_left=$((__lk_left / 3600))h${(l:2::0:)$((__lk_left % 3600 / 60))}m
        fi
        __lk_text=${__lk_text:+$__lk_text }$__lk_left
        ;;
    esac
    if [[ -n $__lk_text ]]; then
        builtin printf -- "${1:-%s}" "$__lk_text"
    fi
}

# Puts what can follow the arguments into the array reply; the last of them is
# what has been typed. It fails where that is the name of a file.
function __@LK@_reply {
    reply=(${(f)"$(command latchkey __completeNoDesc env "$@" 2>/dev/null)"})
    # In the last line 8 stands for files, and what is found are their suffixes.
    if [[ ${reply[-1]-} == :8 ]]; then
        reply=()
        return 1
    fi
    reply=("${(@)reply[1,-2]}")
    if [[ $# == 1 && $1 == -* && --clear == ${1}* ]]; then
        reply=(--clear $reply)
    fi
    return 0
}

# For compinit, which matches and quotes by itself.
function _@LK@ {
    builtin local -a reply
    if __@LK@_reply "${(@Q)words[2,CURRENT-1]}" "${(M)PREFIX:#-*}"; then
        compadd -- "${reply[@]}"
    else
        _files
    fi
}

# For a zsh without compinit.
function __@LK@_compctl {
    builtin local -a line
    builtin local -i at
    builtin read -cA line
    builtin read -cn at
    __@LK@_reply "${(@Q)line[2,at-1]}" "${(M)1:#-*}" || :
}

if (( ${+functions[compdef]} )); then
    compdef _@LK@ @LK@
else
    builtin compctl -K __@LK@_compctl @LK@ 2>/dev/null || :
fi
