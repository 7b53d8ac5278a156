# latchkey: @LK@, a function that switches this shell to an AWS profile.
# The backslashes keep aliases out, "builtin" and "command" functions of the same
# names. "\builtin local" splits words as any command does.
\builtin export LATCHKEY_SHELL_INIT=@MARK@ # for latchkey doctor
\builtin unalias @LK@ @LK@_prompt 2>/dev/null || \builtin :

function @LK@ {
    \builtin local __lk_code
    if [[ $# == 1 && $1 == --clear ]]; then
        \builtin unset @ALL@
        \builtin return 0
    elif [[ $# == 1 && ($1 == --help || $1 == -h) ]]; then
        \builtin command latchkey shell-init --help
        \builtin return
    fi
    # What the last switch has set would pass for the user's own choice.
    __lk_code=$(
        if [[ -n ${LATCHKEY_PROFILE-} ]]; then
            \builtin unset @ALL@
        elif [[ $# == 0 ]]; then
            \builtin unset @IDENTITY@
        fi
        \builtin command latchkey env --shell sh "$@"
    ) || \builtin return
    case $__lk_code in
    'export AWS_'* | 'unset AWS_'*)
        if [[ -n ${LATCHKEY_PROFILE-} ]]; then
            \builtin unset @ALL@
        fi
        __lk_code=${__lk_code//$'\n'export /$'\n'\\builtin export }
        __lk_code=${__lk_code//$'\n'unset /$'\n'\\builtin unset }
        \builtin eval "\\builtin $__lk_code"
        ;;
    ?*) # something else was asked for, such as --help
        \builtin printf '%s\n' "$__lk_code"
        ;;
    esac
}

function @LK@_prompt {
    \builtin local __lk_text="${LATCHKEY_PROFILE-}" __lk_end="${AWS_CREDENTIAL_EXPIRATION-}" __lk_now __lk_y __lk_m __lk_left
    __lk_text=${__lk_text//[[:cntrl:]]/?}
    case $__lk_end in
    [0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z | \
        [0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]+00:00)
        if [[ ${BASH_VERSINFO[0]} -ge 5 ]]; then
            __lk_now=${EPOCHSECONDS-0}
        elif [[ ${BASH_VERSINFO[0]} == 4 && ${BASH_VERSINFO[1]} -ge 2 ]]; then
            \builtin printf -v __lk_now '%(%s)T' -1
        else
            __lk_now=$(\builtin command date +%s)
        fi
        # Days since 1970 of a year that begins with March.
        __lk_m=$((10#${__lk_end:5:2}))
        __lk_y=$((10#${__lk_end:0:4} - (__lk_m <= 2)))
        __lk_m=$(((__lk_m + 9) % 12))
        __lk_left=$((365 * __lk_y + __lk_y / 4 - __lk_y / 100 + __lk_y / 400 + (153 * __lk_m + 2) / 5 + 10#${__lk_end:8:2} - 719469))
        __lk_left=$((__lk_left * 86400 + 10#${__lk_end:11:2} * 3600 + 10#${__lk_end:14:2} * 60 + 10#${__lk_end:17:2} - __lk_now))
        if [[ $__lk_left -le 0 ]]; then
            __lk_left=expired
        elif [[ $__lk_left -lt 60 ]]; then
            __lk_left=${__lk_left}s
        elif [[ $__lk_left -lt 3600 ]]; then
            __lk_left=$((__lk_left / 60))m
        else
            \builtin printf -v __lk_left '%dh%02dm' "$((__lk_left / 3600))" "$((__lk_left % 3600 / 60))"
        fi
        __lk_text=${__lk_text:+$__lk_text }$__lk_left
        ;;
    esac
    if [[ -n $__lk_text ]]; then
        \builtin printf -- "${1:-%s}" "$__lk_text"
    fi
}

# Completes the arguments. The line is cut into words here, because bash cuts at
# colons too and leaves the quotes; nothing of it is evaluated.
function __@LK@_complete {
    \builtin local __lk_line="${COMP_LINE:0:COMP_POINT}" __lk_word= __lk_raw= __lk_before= __lk_quote= __lk_open= __lk_found= __lk_c __lk_i
    \builtin local __lk_cut="${2-}" __lk_sq="'" __lk_esc="'\\''"
    COMPREPLY=()
    \builtin set --
    for ((__lk_i = 0; __lk_i < ${#__lk_line}; __lk_i++)); do
        __lk_c=${__lk_line:__lk_i:1}
        if [[ $__lk_quote == '' && $__lk_c == [[:blank:]] ]]; then
            if [[ -n $__lk_open ]]; then
                \builtin set -- "$@" "$__lk_word"
            fi
            __lk_word= __lk_raw= __lk_open=
            continue
        fi
        __lk_open=1 __lk_raw+=$__lk_c
        if [[ $__lk_c == \\ && $__lk_quote != \' ]]; then
            __lk_i=$((__lk_i + 1))
            __lk_c=${__lk_line:__lk_i:1}
            __lk_raw+=$__lk_c
            if [[ $__lk_quote == \" && $__lk_c != [\"\\\$\`] ]]; then
                __lk_word+=\\
            fi
            __lk_word+=$__lk_c
        elif [[ -n $__lk_quote && $__lk_c == "$__lk_quote" ]]; then
            __lk_quote=
        elif [[ -z $__lk_quote && $__lk_c == [\"\'] ]]; then
            __lk_quote=$__lk_c __lk_before=$__lk_word
        else
            __lk_word+=$__lk_c
        fi
    done
    if [[ $# == 0 ]]; then
        \builtin return 0
    fi
    \builtin shift
    __lk_found=$(\builtin command latchkey __completeNoDesc env "$@" "$__lk_word" 2>/dev/null) || \builtin return 0
    # In the last line 8 stands for files, and what is found are their suffixes.
    __lk_found=$'\n'$__lk_found
    if [[ ${__lk_found##*:} == 8 ]]; then
        \builtin compopt -o default 2>/dev/null || \builtin :
        \builtin return 0
    fi
    __lk_found=${__lk_found%$'\n'*}
    if [[ $# == 0 && -n $__lk_word && --clear == "$__lk_word"* ]]; then
        __lk_found=--clear$'\n'$__lk_found
    fi
    while IFS= \builtin read -r __lk_c; do
        case $__lk_quote$__lk_c in
        '' | [\"\']) ;; # an empty line
        \"*)
            __lk_c=${__lk_c#"$__lk_before"} __lk_word=
            for ((__lk_i = 0; __lk_i < ${#__lk_c}; __lk_i++)); do
                if [[ ${__lk_c:__lk_i:1} == [\"\\\$\`] ]]; then
                    __lk_word+=\\
                fi
                __lk_word+=${__lk_c:__lk_i:1}
            done
            COMPREPLY+=("$__lk_word")
            ;;
        \'*)
            __lk_c=${__lk_c#"$__lk_before"}
            COMPREPLY+=("${__lk_c//$__lk_sq/$__lk_esc}")
            ;;
        *)
            \builtin printf -v __lk_c %q "$__lk_c"
            __lk_before=${__lk_raw%"$__lk_cut"}
            if [[ $__lk_c == "$__lk_before"* ]]; then
                COMPREPLY+=("${__lk_c#"$__lk_before"}")
            fi
            ;;
        esac
    done <<<"$__lk_found"
    \builtin return 0
}
\builtin complete -F __@LK@_complete @LK@ 2>/dev/null || \builtin :
